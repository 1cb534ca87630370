//! Which NICs are on one wire.

use std::net::IpAddr;

use ipnet::IpNet;

use super::links::is_single;

/// A NIC, with all that tells on which wire it is.
#[derive(Debug, Clone)]
pub(super) struct Card {
    /// The host, by its number.
    pub host: usize,
    /// The NIC.
    pub nic: String,
    /// Its networks.
    pub nets: Vec<IpNet>,
    /// The gateways that are reached over it.
    pub gateways: Vec<IpAddr>,
    /// Its wire, by its number.
    pub segment: usize,
}

/// Numbers the wires: cards in the same network, or with the same gateway, are on one.
/// Returns how many there are.
pub(super) fn join(cards: &mut [Card]) -> usize {
    let mut parent: Vec<usize> = (0..cards.len()).collect();
    for one in 0..cards.len() {
        for other in 0..one {
            if together(&cards[one], &cards[other]) {
                let (a, b) = (root(&parent, one), root(&parent, other));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    let mut numbers: Vec<usize> = Vec::new();
    for (at, card) in cards.iter_mut().enumerate() {
        let own = root(&parent, at);
        card.segment = numbers.iter().position(|known| *known == own).unwrap_or_else(|| {
            numbers.push(own);
            numbers.len() - 1
        });
    }
    numbers.len()
}

fn root(parent: &[usize], mut at: usize) -> usize {
    while parent[at] != at {
        at = parent[at];
    }
    at
}

fn together(one: &Card, other: &Card) -> bool {
    // Two NICs of one host in one network are rare, and a bridge over both would loop.
    if one.host == other.host {
        return false;
    }
    let overlap = |a: &IpNet, b: &IpNet| {
        !is_single(*a) && !is_single(*b) && (a.contains(&b.addr()) || b.contains(&a.addr()))
    };
    let near = |net: &IpNet, nets: &[IpNet]| {
        is_single(*net) && nets.iter().any(|other| other.contains(&net.addr()))
    };
    one.nets.iter().any(|net| other.nets.iter().any(|other| overlap(net, other)))
        || one.nets.iter().any(|net| near(net, &other.nets))
        || other.nets.iter().any(|net| near(net, &one.nets))
        || one.gateways.iter().any(|gateway| other.gateways.contains(gateway))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Card, join};

    fn card(host: usize, nets: &[&str], gateways: &[&str]) -> Card {
        Card {
            host,
            nic: "eth0".to_owned(),
            nets: nets.iter().map(|net| net.parse().unwrap()).collect(),
            gateways: gateways.iter().map(|via| via.parse().unwrap()).collect(),
            segment: 0,
        }
    }

    #[test]
    fn networks_and_gateways_tell_the_wire() {
        let mut cards = [
            card(0, &["203.0.113.1/24"], &["203.0.113.254"]),
            card(1, &["198.51.100.1/32"], &["100.64.0.1"]),
            card(2, &["203.0.113.2/24"], &["203.0.113.253"]),
            card(3, &["192.0.2.1/32"], &["100.64.0.1"]),
            card(4, &[], &[]),
        ];
        assert_eq!(join(&mut cards), 3);
        let segments: Vec<usize> = cards.iter().map(|card| card.segment).collect();
        assert_eq!(segments, [0, 1, 0, 1, 2]);
    }
}
