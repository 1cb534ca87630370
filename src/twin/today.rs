//! A host as it is today, as far as anybody knows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::links::{Links, is_single};
use super::{Basis, Known, Subject};
use crate::desired::{ArtifactKind, Desired};
use crate::network::live::family;
use crate::plan::pictured;

/// The file that ifupdown starts from.
pub(super) const INTERFACES: &str = "/etc/network/interfaces";
/// What Debian ships there.
const SHIPPED: &str = "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n";

/// Files with their permission bits, by path.
pub(super) type Files = BTreeMap<String, (u32, String)>;

/// A host as it is.
#[derive(Debug, Clone)]
pub(super) struct Today {
    /// Where that comes from.
    pub basis: Basis,
    /// Whether ifupdown2 configures its network.
    pub ifupdown2: bool,
    /// Where it is reached today.
    pub address: Option<IpAddr>,
    /// Where the inventory reaches it.
    pub named: Option<IpAddr>,
    /// Its links now.
    pub links: Links,
    /// Its links once it is as wanted.
    pub wanted: Links,
    /// MAC addresses by NIC.
    pub macs: BTreeMap<String, String>,
    /// Its files.
    pub files: Files,
}

impl Today {
    /// A host by what is known of it. Of one of which nothing is known, neither its network
    /// nor its files are there yet.
    pub fn of(subject: &Subject<'_>) -> Self {
        let wanted = pictured(subject.desired);
        let wanted = Links::of(&wanted.facts, &wanted.below);
        let host = &subject.desired.host;
        let named = host.connection.address.parse().ok().or(subject.named);
        // A host that moves is still there.
        let old = host.vars.get("rappel_old_host").and_then(|old| old.as_str()?.parse().ok());
        let mut today = Self {
            basis: Basis::Assumed,
            ifupdown2: subject.ifupdown2,
            address: old.or(named),
            named,
            links: wanted.bare(),
            wanted,
            macs: macs(subject.desired),
            files: Files::new(),
        };
        match &subject.known {
            Known::Recorded(record) => {
                today.basis = Basis::Recorded;
                today.ifupdown2 = record.ifupdown2;
                today.links = Links::of(&record.live.facts, &BTreeMap::new());
                today.macs.clone_from(&record.macs);
                today.files.clone_from(&record.files);
            }
            Known::Baseline(desired) => {
                let now = pictured(desired);
                today.basis = Basis::Baseline;
                today.links = Links::of(&now.facts, &now.below);
                today.macs.extend(macs(desired));
                today.files = files(desired);
            }
            Known::Nothing => {}
        }
        let main = || today.links.gateways.first().map(|(dev, _)| dev.clone());
        if today.address.is_none()
            && let Some(dev) = main()
        {
            let own = today.links.nets.iter().find(|(own, _)| *own == dev);
            today.address = own.map(|(_, net)| net.addr());
        }
        today
    }

    /// The addresses that are its own today.
    pub fn own(&self) -> Vec<IpAddr> {
        let nets = self.links.nets.iter().map(|(_, net)| net.addr());
        self.address.into_iter().chain(nets).collect()
    }

    /// All NICs, those that only tomorrow's files name as well.
    pub fn nics(&self) -> Vec<String> {
        let mut nics: Vec<String> = self.links.nics.iter().cloned().collect();
        nics.extend(self.wanted.nics.iter().filter(|nic| !self.links.nics.contains(*nic)).cloned());
        let main = self.main_nic();
        nics.sort_by_key(|nic| *nic != main);
        nics
    }

    /// The NIC with the address at which the host is reached.
    pub fn main_nic(&self) -> String {
        let of = |links: &Links| {
            let holds = |net: &IpNet| self.address.is_some_and(|address| net.contains(&address));
            let by_address = links.outer().find(|(_, net)| holds(net)).map(|(nic, _)| nic);
            let by_gateway = || links.ways_out().next().map(|(nic, _)| nic);
            by_address.or_else(by_gateway).map(str::to_owned)
        };
        let first = || self.wanted.nics.iter().next().cloned();
        of(&self.links)
            .or_else(|| of(&self.wanted))
            .or_else(first)
            .unwrap_or_else(|| "eth0".to_owned())
    }

    /// Gives a host of which nothing is known the network of its address.
    pub fn assume(&mut self, net: IpNet) {
        let nic = self.main_nic();
        self.links.nics.insert(nic.clone());
        self.links.nets.push((nic, net));
    }

    /// The gateways that it has, or is to get in a family in which it has nothing yet, with
    /// their NICs; and whether that is known.
    pub fn gateways(&self) -> Vec<(String, IpAddr, bool)> {
        let known = self.basis != Basis::Assumed;
        let has = |wanted: IpAddr| {
            let same = |(_, own): (&str, IpAddr)| family(own) == family(wanted);
            known && self.links.ways_out().any(same)
        };
        let now = self.links.ways_out().map(|(nic, via)| (nic.to_owned(), via, true));
        let then = self.wanted.ways_out().filter(|(_, via)| !has(*via));
        now.chain(then.map(|(nic, via)| (nic.to_owned(), via, false))).collect()
    }

    /// Its networks on NICs: those it has, and those it is to get where it has none of the
    /// family on that NIC.
    pub fn nets(&self) -> Vec<(String, IpNet)> {
        let has = |nic: &str, net: IpNet| {
            self.links
                .outer()
                .any(|(own, known)| own == nic && family(known.addr()) == family(net.addr()))
        };
        let now = self.links.outer().map(|(nic, net)| (nic.to_owned(), net));
        let then = self.wanted.outer().filter(|(nic, net)| !has(nic, *net));
        now.chain(then.map(|(nic, net)| (nic.to_owned(), net))).collect()
    }

    /// Networks for guests, now or tomorrow, with their bridges.
    pub fn inner(&self) -> Vec<(String, IpNet)> {
        let mut all: Vec<(String, IpNet)> = Vec::new();
        for (dev, net) in self.links.inner().chain(self.wanted.inner()) {
            let one = (dev.to_owned(), net);
            if !is_single(net) && !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }

    /// Whether the host answers on the wire for addresses in a network behind it.
    pub fn proxies(&self, net: IpNet) -> bool {
        let all = self.links.proxied.iter().chain(&self.wanted.proxied);
        all.into_iter().any(|address| net.contains(address))
    }

    /// The text of its interfaces file, once its gateways are known; the other files stay.
    pub fn interfaces(&mut self, gateways: &[IpAddr]) -> String {
        match self.basis {
            Basis::Assumed => plain(&self.links, gateways),
            _ => self.files.remove(INTERFACES).map_or_else(|| SHIPPED.to_owned(), |(_, text)| text),
        }
    }
}

/// The MAC addresses that a host's vars tell.
fn macs(desired: &Desired) -> BTreeMap<String, String> {
    let uplink = desired.host.vars.get("network").and_then(|network| network.get("uplink"));
    let text = |key: &str| uplink?.get(key)?.as_str().map(str::to_owned);
    text("name").zip(text("mac")).into_iter().collect()
}

/// The files that an inventory in force has rendered.
fn files(desired: &Desired) -> Files {
    let plain = |kind: &ArtifactKind| !matches!(kind, ArtifactKind::Object(_));
    let artifacts = desired.artifacts.iter().filter(|artifact| plain(&artifact.kind));
    artifacts
        .map(|artifact| (artifact.path.clone(), (artifact.mode, artifact.content.clone())))
        .collect()
}

/// Addresses and ways out, and nothing else: a host as its provider hands it over.
fn plain(links: &Links, gateways: &[IpAddr]) -> String {
    let mut text = SHIPPED.to_owned();
    let mut named: Vec<&str> = Vec::new();
    for (nic, net) in &links.nets {
        let inet = family(net.addr());
        let first = !named.contains(&nic.as_str());
        if first {
            text.push_str(&format!("\nauto {nic}\n"));
            named.push(nic);
        }
        text.push_str(&format!("iface {nic} {inet} static\n    address {net}\n"));
        if !links.nics.contains(nic) {
            // A bridge for guests, who have no way out by themselves.
            text.push_str(if first { "    bridge_ports none\n" } else { "" });
            continue;
        }
        if net.addr().is_ipv6() {
            text.push_str("    dad-attempts 0\n");
        }
        let own = gateways.iter().find(|gateway| family(**gateway) == inet);
        match own {
            // ifupdown would refuse it: nothing says yet on which wire it is.
            Some(gateway) if gateway.is_ipv4() && !net.contains(gateway) => {
                text.push_str(&format!(
                    "    up ip route add {gateway} dev {nic}\n    up ip route add default via {gateway} dev {nic}\n"
                ));
            }
            Some(gateway) => text.push_str(&format!("    gateway {gateway}\n")),
            None => {}
        }
    }
    text
}

/// The network of an address that nobody has told: the host's own wish if it keeps the
/// address, else that of hosts beside it, else a usual one.
pub(super) fn network_of(address: IpAddr, wanted: &Links, fleet: &[IpNet]) -> IpNet {
    let at = |prefix: u8| IpNet::new(address, prefix).ok();
    let exact = wanted.outer().find(|(_, net)| net.addr() == address);
    if let Some((_, net)) = exact {
        return net;
    }
    let around = |nets: &mut dyn Iterator<Item = IpNet>| {
        let mut count: BTreeMap<u8, usize> = BTreeMap::new();
        nets.filter(|net| net.contains(&address) && !is_single(*net))
            .for_each(|net| *count.entry(net.prefix_len()).or_default() += 1);
        count.into_iter().max_by_key(|(prefix, count)| (*count, *prefix)).map(|(prefix, _)| prefix)
    };
    let own = around(&mut wanted.outer().map(|(_, net)| net));
    let usual = if address.is_ipv4() { 24 } else { 64 };
    let prefix = own.or_else(|| around(&mut fleet.iter().copied())).unwrap_or(usual);
    at(prefix).unwrap_or_else(|| IpNet::from(address))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{network_of, plain};
    use crate::twin::links::Links;

    #[test]
    fn an_address_is_in_the_network_of_those_beside_it() {
        let mut wanted = Links::default();
        wanted.nics.insert("eth0".to_owned());
        let net = |text: &str| text.parse::<ipnet::IpNet>().unwrap();
        let fleet = [net("203.0.113.1/25"), net("203.0.113.2/25"), net("203.0.113.3/24")];
        let of = |wanted: &Links, address: &str| {
            network_of(address.parse().unwrap(), wanted, &fleet).to_string()
        };
        assert_eq!(of(&wanted, "203.0.113.9"), "203.0.113.9/25");
        assert_eq!(of(&wanted, "198.51.100.9"), "198.51.100.9/24");
        wanted.nets.push(("eth0".to_owned(), net("203.0.113.9/32")));
        assert_eq!(of(&wanted, "203.0.113.9"), "203.0.113.9/32");
    }

    #[test]
    fn a_gateway_beside_the_network_gets_a_route_of_its_own() {
        let mut links = Links::default();
        links.nics.insert("eth0".to_owned());
        links.nets.push(("eth0".to_owned(), "203.0.113.9/32".parse().unwrap()));
        links.nets.push(("br1".to_owned(), "10.42.0.1/24".parse().unwrap()));
        let text = plain(&links, &["100.64.0.1".parse().unwrap()]);
        assert!(
            text.ends_with("static\n    address 10.42.0.1/24\n    bridge_ports none\n"),
            "{text}"
        );
        assert!(text.contains("up ip route add 100.64.0.1 dev eth0\n"), "{text}");
        assert!(!text.contains("gateway"), "{text}");
    }
}
