//! The addresses of a stanza, with the prefix that ifupdown would give them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::diagnostic::Place;

use super::{Dialect, Opt, Stanza};

/// An address of a stanza.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address (host bits kept) and its prefix.
    pub net: IpNet,
    /// The literal in the text.
    pub place: Place,
}

impl Stanza {
    /// The addresses in order, the `netmask` folded in. What is no address is left out.
    ///
    /// Without any mask the prefix is what ifupdown takes: 128 for IPv6, and for IPv4 the
    /// class of the address, as in 1985. A `netmask` wins over the prefix in `address`.
    pub fn addresses(&self) -> Vec<Address> {
        let mask = self.get("netmask").map(|opt| opt.value.as_str());
        self.all("address").filter_map(|opt| address(opt, mask)).collect()
    }

    /// The addresses as a certain program gives them. For ifupdown2 a `netmask` is for the
    /// last address above it, and an address without any mask is a single one.
    pub fn addresses_as(&self, dialect: Dialect) -> Vec<Address> {
        match dialect {
            Dialect::Any => self.addresses(),
            Dialect::Ifupdown => self.addresses().into_iter().take(1).collect(),
            Dialect::Ifupdown2 => self.addresses_of_ifupdown2(),
        }
    }

    fn addresses_of_ifupdown2(&self) -> Vec<Address> {
        let mut found: Vec<(&Opt, Option<&str>)> = Vec::new();
        for opt in &self.options {
            match (opt.canonical().as_str(), found.last_mut()) {
                ("address", _) => found.push((opt, None)),
                ("netmask", Some((_, mask))) => *mask = Some(&opt.value),
                _ => {}
            }
        }
        let single = |opt: &Opt| if opt.value.contains(':') { "128" } else { "32" };
        found
            .into_iter()
            .filter_map(|(opt, mask)| {
                let own = opt.value.contains('/');
                address(opt, mask.or((!own).then(|| single(opt))))
            })
            .collect()
    }
}

fn address(opt: &Opt, mask: Option<&str>) -> Option<Address> {
    let literal = opt.value.split_whitespace().next()?;
    let (ip, own) = match literal.split_once('/') {
        Some((ip, prefix)) => (ip, Some(prefix)),
        None => (literal, None),
    };
    Some(Address { net: fold(ip, mask.or(own))?, place: opt.value_place.clone() })
}

/// An address and its mask as one, the mask guessed as ifupdown does where there is none.
pub(super) fn fold(ip: &str, mask: Option<&str>) -> Option<IpNet> {
    let ip: IpAddr = ip.parse().ok()?;
    let prefix = match mask {
        Some(mask) => prefix_length(mask, ip)?,
        None => default_prefix(ip),
    };
    IpNet::new(ip, prefix).ok()
}

/// The prefix length that a mask means for an address: `24`, or `255.255.255.0`.
pub(crate) fn prefix_length(mask: &str, ip: IpAddr) -> Option<u8> {
    let longest = if ip.is_ipv4() { 32 } else { 128 };
    if let Ok(length) = mask.parse::<u8>() {
        return (length <= longest).then_some(length);
    }
    let mask: Ipv4Addr = mask.parse().ok()?;
    if !ip.is_ipv4() {
        return None;
    }
    ipnet::ipv4_mask_to_prefix(mask).ok()
}

fn default_prefix(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V6(_) => 128,
        IpAddr::V4(ip) => match ip.octets()[0] {
            0..=127 => 8,
            128..=191 => 16,
            192..=223 => 24,
            _ => 32,
        },
    }
}
