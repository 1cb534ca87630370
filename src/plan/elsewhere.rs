//! Checks that are made from elsewhere: from here, by witnesses, by guests; and which
//! hosts of the inventory can be those.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use super::checks::line;
use crate::desired::{CheckSpec, Host, Peer, Vantage};

/// How many hosts are tried as witnesses, or guests, of one host.
const PROBERS: usize = 3;

/// Everything that is found out about a host from elsewhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Elsewhere {
    /// Checks that are made from where rappel runs.
    pub controller: Vec<CheckSpec>,
    /// Proxied addresses: an echo from here makes somebody upstream ask for them.
    pub upstream: Vec<Ipv6Addr>,
    /// Checks that other hosts make.
    pub errands: Vec<Errand>,
}

/// Checks that another host makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// What the other host is to this one: a witness or a guest.
    pub vantage: Vantage,
    /// The checks, a line each.
    pub lines: Vec<String>,
    /// Who can make them, the best first.
    pub probers: Vec<Host>,
    /// Why there is nobody, if there is nobody.
    pub nobody: String,
}

/// What is to be found out from elsewhere about a host with these addresses.
pub fn elsewhere(host: &Host, checks: &[CheckSpec], peers: &[Peer], nets: &[IpNet]) -> Elsewhere {
    let errands = [Vantage::Witness, Vantage::Guest].map(|vantage| {
        let lines: Vec<String> = of(checks, vantage).filter_map(line).collect();
        let (probers, nobody) = match vantage {
            _ if lines.is_empty() => return None,
            Vantage::Guest => {
                (guests(host, peers), "no guest of it is in the inventory".to_owned())
            }
            _ => (witnesses(host, peers, nets), no_witness(nets)),
        };
        Some(Errand { vantage, lines, probers, nobody })
    });
    let upstream = checks.iter().filter_map(|check| match check {
        CheckSpec::NdpProxy { addresses, never, .. } => Some(addresses.iter().chain(never)),
        _ => None,
    });
    Elsewhere {
        controller: of(checks, Vantage::Controller).cloned().collect(),
        upstream: upstream.flatten().copied().collect(),
        errands: errands.into_iter().flatten().collect(),
    }
}

fn of(checks: &[CheckSpec], from: Vantage) -> impl Iterator<Item = &CheckSpec> {
    checks.iter().filter_map(move |check| match check {
        CheckSpec::From { vantage, check } if *vantage == from => Some(&**check),
        _ => None,
    })
}

/// Other hosts with an address in a network of this one, those that stand behind it in
/// the inventory first: so that a fleet does not ask its first host for everything.
fn witnesses(host: &Host, peers: &[Peer], nets: &[IpNet]) -> Vec<Host> {
    let near = |peer: &&Peer| {
        peer.host.name != host.name
            && peer
                .addresses
                .iter()
                .any(|a| nets.iter().any(|net| net.contains(a) && net.addr() != *a))
    };
    let at = peers.iter().position(|peer| peer.host.name == host.name).unwrap_or(0);
    let (before, after) = peers.split_at(at.min(peers.len()));
    let found = after.iter().chain(before).filter(near).take(PROBERS);
    found.map(|peer| peer.host.clone()).collect()
}

fn no_witness(nets: &[IpNet]) -> String {
    let wide = nets.iter().filter(|net| net.prefix_len() < net.max_prefix_len());
    let names: Vec<String> = wide.map(|net| net.trunc().to_string()).collect();
    format!("no other host of the inventory has an address in {}", names.join(", "))
}

/// Hosts of the inventory that are named as, or have an address of, a guest of this one.
fn guests(host: &Host, peers: &[Peer]) -> Vec<Host> {
    let guests = host.vars.get("network").and_then(|network| network.get("guests"));
    let guests = guests.and_then(|guests| guests.as_array()).into_iter().flatten();
    let mut found: Vec<Host> = Vec::new();
    for guest in guests {
        let word = |key: &str| guest.get(key).and_then(|value| value.as_str());
        let address = |key| -> Option<IpAddr> { word(key)?.split('/').next()?.trim().parse().ok() };
        let own = [address("ipv4"), address("ipv6")];
        let is = |peer: &&Peer| {
            word("name") == Some(peer.host.name.as_str())
                || peer.addresses.iter().any(|a| own.contains(&Some(*a)))
        };
        if let Some(peer) = peers.iter().find(is)
            && found.len() < PROBERS
        {
            found.push(peer.host.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Peer, elsewhere};
    use crate::desired::{CheckSpec, Host, Vantage};

    fn peer(name: &str, address: &str, vars: Value) -> Peer {
        let Value::Object(vars) = vars else { panic!("no object") };
        let mut host = Host { vars, ..Host::plain(name) };
        host.connection.address = address.to_owned();
        Peer { host, addresses: address.parse().into_iter().collect() }
    }

    fn probers(of: usize, vantage: Vantage, peers: &[Peer]) -> Vec<String> {
        let ping = CheckSpec::Ping { target: "a".to_owned(), family: None, source: None };
        let checks = [CheckSpec::From { vantage, check: Box::new(ping) }];
        let nets = ["203.0.113.11/24".parse().expect("a net"), "10.0.0.1/32".parse().expect("one")];
        let found = elsewhere(&peers[of].host, &checks, peers, &nets);
        assert_eq!(found.errands.len(), 1);
        found.errands[0].probers.iter().map(|host| host.name.clone()).collect()
    }

    #[test]
    fn witnesses_are_on_the_segment_and_the_next_ones_come_first() {
        let peers = [
            peer("a", "203.0.113.10", json!({})),
            peer("b", "203.0.113.11", json!({})),
            peer("far", "198.51.100.1", json!({})),
            peer("c", "203.0.113.12", json!({})),
            peer("name", "c.example", json!({})),
        ];
        assert_eq!(probers(1, Vantage::Witness, &peers), ["c", "a"]);
    }

    #[test]
    fn guests_are_known_by_name_or_address() {
        let network = json!({"network": {"guests": [
            {"name": "g1"}, {"name": "other", "ipv6": "2001:db8::12/64"}, {"name": "none"},
        ]}});
        let peers = [
            peer("hv", "203.0.113.11", network),
            peer("vm", "2001:db8::12", json!({})),
            peer("g1", "10.0.0.5", json!({})),
        ];
        assert_eq!(probers(0, Vantage::Guest, &peers), ["g1", "vm"]);
    }
}
