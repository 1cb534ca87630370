//! What of a host's network a twin has to be given: its NICs, and what is on them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::network::live::Fact;

/// A host's links, from facts.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    /// Links that no file makes.
    pub nics: BTreeSet<String>,
    /// Addresses with their networks, by link.
    pub nets: Vec<(String, IpNet)>,
    /// Default gateways, by link.
    pub gateways: Vec<(String, IpAddr)>,
    /// Addresses that are answered for on behalf of others.
    pub proxied: Vec<IpAddr>,
    /// The links that a bridge or bond is made of.
    ports: BTreeMap<String, Vec<String>>,
    /// The link below a VLAN.
    below: BTreeMap<String, String>,
}

impl Links {
    /// From what is so, or would be.
    pub fn of(facts: &BTreeSet<Fact>, below: &BTreeMap<String, String>) -> Self {
        let mut links = Self { below: below.clone(), ..Self::default() };
        for fact in facts {
            match fact {
                Fact::Link { name, kind } => links.link(name, kind),
                Fact::Port { name, master } => {
                    links.ports.entry(master.clone()).or_default().push(name.clone());
                }
                Fact::Address { dev, address, .. } if dev != "lo" && !is_local(address.addr()) => {
                    links.nets.push((dev.clone(), *address));
                }
                Fact::Route(route) if route.is_default() => {
                    let both = route.dev.clone().zip(route.via);
                    links.gateways.extend(both);
                }
                Fact::Proxy { address, .. } => links.proxied.push(*address),
                _ => {}
            }
        }
        links
    }

    /// The NICs alone, with nothing on them.
    pub fn bare(&self) -> Self {
        Self { nics: self.nics.clone(), ..Self::default() }
    }

    fn link(&mut self, name: &str, kind: &str) {
        // What a hypervisor's own tools make for its guests.
        const WIRES: [&str; 5] = ["tap", "vnet", "veth", "fwpr", "fwln"];
        let wire = WIRES.iter().any(|start| name.starts_with(start));
        match (kind, name.rsplit_once('.')) {
            ("device" | "veth", None) if name != "lo" && !wire => {
                self.nics.insert(name.to_owned());
            }
            ("vlan", Some((base, _))) => {
                self.below.entry(name.to_owned()).or_insert_with(|| base.to_owned());
            }
            _ => {}
        }
    }

    /// The NICs that a link is made of, itself if it is one; none of a bridge for guests.
    pub fn nics_of<'a>(&'a self, dev: &'a str) -> Vec<&'a str> {
        let mut found = Vec::new();
        let mut open = vec![dev];
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            if self.nics.contains(name) {
                found.push(name);
            }
            open.extend(self.ports.get(name).into_iter().flatten().map(String::as_str));
            open.extend(self.below.get(name).map(String::as_str));
        }
        found.sort_unstable();
        found
    }

    /// Whether frames of a link are tagged on their NIC.
    pub fn is_tagged(&self, dev: &str) -> bool {
        self.below.contains_key(dev)
            || self.ports.get(dev).into_iter().flatten().any(|port| self.is_tagged(port))
    }

    /// Addresses with their networks on links that reach a NIC, with that NIC.
    pub fn outer(&self) -> impl Iterator<Item = (&str, IpNet)> {
        self.nets.iter().filter_map(|(dev, net)| Some((*self.nics_of(dev).first()?, *net)))
    }

    /// Addresses with their networks on links that lead to no NIC: for guests.
    pub fn inner(&self) -> impl Iterator<Item = (&str, IpNet)> {
        let inner = |(dev, _): &&(String, IpNet)| self.nics_of(dev).is_empty();
        self.nets.iter().filter(inner).map(|(dev, net)| (dev.as_str(), *net))
    }

    /// Default gateways, with the NIC that they are reached over.
    pub fn ways_out(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.gateways.iter().filter_map(|(dev, via)| Some((*self.nics_of(dev).first()?, *via)))
    }

    /// The link with the most special network that an address is in.
    pub fn home(&self, address: IpAddr) -> Option<(&str, IpNet)> {
        let holds = self.nets.iter().filter(|(_, net)| net.contains(&address));
        holds.max_by_key(|(_, net)| net.prefix_len()).map(|(dev, net)| (dev.as_str(), *net))
    }
}

fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local(),
    }
}

/// Whether a network is of one address only.
pub(super) fn is_single(net: IpNet) -> bool {
    net.prefix_len() == net.max_prefix_len()
}

/// Whether everybody may know the way to a network.
pub(super) fn is_public(net: IpNet) -> bool {
    match net.addr() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private() || v4.is_link_local() || shared)
        }
        IpAddr::V6(v6) => !v6.is_unique_local() && !v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::Links;
    use crate::network::live::Fact;

    fn link(name: &str, kind: &str) -> Fact {
        Fact::Link { name: name.to_owned(), kind: kind.to_owned() }
    }

    fn port(name: &str, master: &str) -> Fact {
        Fact::Port { name: name.to_owned(), master: master.to_owned() }
    }

    fn address(dev: &str, address: &str) -> Fact {
        let address = address.parse().unwrap();
        Fact::Address { dev: dev.to_owned(), address, peer: None, dynamic: false }
    }

    #[test]
    fn addresses_lead_to_nics_or_to_guests() {
        let facts = BTreeSet::from([
            link("eno1", "device"),
            link("eno2", "device"),
            link("bond0", "bond"),
            link("bond0.7", "vlan"),
            link("vmbr0", "bridge"),
            link("vmbr1", "bridge"),
            link("tap101i0", "device"),
            port("eno1", "bond0"),
            port("eno2", "bond0"),
            port("bond0.7", "vmbr0"),
            address("vmbr0", "203.0.113.10/24"),
            address("vmbr1", "10.42.0.1/24"),
            address("vmbr1", "fe80::1/64"),
        ]);
        let links = Links::of(&facts, &BTreeMap::new());
        assert_eq!(links.nics_of("vmbr0"), ["eno1", "eno2"]);
        assert_eq!(links.outer().count(), 1);
        assert!(links.is_tagged("vmbr0") && !links.is_tagged("bond0"));
        let inner: Vec<&str> = links.inner().map(|(dev, _)| dev).collect();
        assert_eq!(inner, ["vmbr1"]);
        assert!(!links.nics.contains("tap101i0"));
        assert_eq!(links.home("10.42.0.9".parse().unwrap()).unwrap().0, "vmbr1");
    }
}
