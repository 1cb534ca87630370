//! Rules over the hosts of a whole inventory.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::network::interfaces::Stanza;

use super::address::{is_local, is_private};
use super::files::Files;
use super::{Finding, Rule};

pub(super) const AD11: Rule = Rule {
    id: "AD11",
    title: "one address or MAC on two hosts",
    severity: Severity::Warning,
    reason: "both answer ARP for it, and traffic flaps between them",
    remedy: "give each host its own",
    check: None,
};

/// What must be one host's alone.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Public(IpAddr),
    /// A private address means the same host only behind the same gateway.
    Private(IpAddr, IpAddr),
    Mac(String),
}

/// What the files of several hosts say together: the number of the host, and the finding.
pub(super) fn check(hosts: &[(&str, &Files<'_>)]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<Identity, &str> = BTreeMap::new();
    for (at, (host, files)) in hosts.iter().enumerate() {
        for (identity, what, place) in identities(files) {
            match owners.get(&identity) {
                Some(other) if other != host => {
                    let message = format!("{what} of {host} is also {other}'s");
                    found.push((at, AD11.diagnostic(Finding::new(&place, message))));
                }
                Some(_) => {}
                None => {
                    owners.insert(identity, host);
                }
            }
        }
    }
    found.extend(shared_networks(hosts));
    found
}

pub(super) const AD14: Rule = Rule {
    id: "AD14",
    title: "one public network behind two hosts",
    severity: Severity::Warning,
    reason: "the provider routes it to one of them: guests of the other are not reached",
    remedy: "give each host a part of its own",
    check: None,
};

/// Public networks of guests, which only one host can have.
fn shared_networks(hosts: &[(&str, &Files<'_>)]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<IpNet, &str> = BTreeMap::new();
    for (at, (host, files)) in hosts.iter().enumerate() {
        for stanza in files.stanzas().filter(|own| own.method == "static") {
            let inner = files.ports_of(&stanza.name).is_some_and(|ports| ports.is_empty());
            for address in stanza.addresses().into_iter().filter(|_| inner) {
                let net = address.net.trunc();
                if is_private(net.addr()) || net.prefix_len() == net.max_prefix_len() {
                    continue;
                }
                if let Some((other, owner)) = overlapping(&seen, net, host) {
                    let message = format!("{net} of {host} overlaps with {other} of {owner}");
                    found.push((at, AD14.diagnostic(Finding::new(&address.place, message))));
                }
                seen.entry(net).or_insert(host);
            }
        }
    }
    found
}

/// A network of another host that a network lies in, or that lies in it.
fn overlapping<'h>(
    seen: &BTreeMap<IpNet, &'h str>,
    net: IpNet,
    host: &str,
) -> Option<(IpNet, &'h str)> {
    let around = std::iter::successors(Some(net), IpNet::supernet)
        .filter_map(|wider| seen.get(&wider.trunc()).map(|owner| (wider.trunc(), *owner)));
    let inside = seen.range(net..).take_while(|(other, _)| net.contains(*other));
    let mut all = around.chain(inside.map(|(other, owner)| (*other, *owner)));
    all.find(|(_, owner)| *owner != host)
}

fn identities(files: &Files<'_>) -> Vec<(Identity, String, Place)> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        for opt in stanza.all("hwaddress") {
            if let Some(mac) = opt.value.split_whitespace().find(|word| word.contains(':')) {
                let mac = mac.to_lowercase();
                found.push((Identity::Mac(mac.clone()), mac, opt.value_place.clone()));
            }
        }
        // What no wire carries may be the same everywhere: a bridge without ports, an
        // anycast address on the loopback.
        let base = stanza.name.split(':').next().unwrap_or(&stanza.name);
        let inner = files.ports_of(base).is_some_and(|ports| ports.is_empty());
        if inner || base.starts_with("lo") || base.starts_with("dummy") || stanza.method != "static"
        {
            continue;
        }
        for address in stanza.addresses() {
            let ip = address.net.addr();
            if let Some(identity) = identity(files, stanza, ip) {
                found.push((identity, ip.to_string(), address.place));
            }
        }
    }
    found
}

fn identity(files: &Files<'_>, stanza: &Stanza, ip: IpAddr) -> Option<Identity> {
    if is_local(ip) {
        return None;
    }
    if !is_private(ip) {
        return Some(Identity::Public(ip));
    }
    let gateway = files
        .stanzas_of(&stanza.name)
        .flat_map(Stanza::gateways)
        .find(|(gateway, _)| gateway.is_ipv4() == ip.is_ipv4() && !is_local(*gateway))?;
    Some(Identity::Private(ip, gateway.0))
}
