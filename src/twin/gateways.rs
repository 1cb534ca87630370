//! Which gateways are really there.
//!
//! The hosts' word for it is all that there is. Of a host that was read, or that another
//! inventory configures today, it is taken as it is: the host is reached by it. What is only
//! wanted is weighed: where several hosts share a network, the one that most of them name is
//! the one that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::links::is_single;
use crate::network::live::family;

/// A host that says where its gateway is.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// Which.
    pub host: String,
    /// On which wire.
    pub segment: usize,
    /// Its network in the gateway's family.
    pub net: Option<IpNet>,
    /// The gateway.
    pub gateway: IpAddr,
    /// Whether the host has it today.
    pub known: bool,
}

/// Those who have to agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// All in one network.
    Net(usize, IpNet),
    /// Nobody else is in this host's network.
    Alone(usize, String, &'static str),
    /// All of a wire whose networks say nothing.
    Wire(usize, &'static str),
}

/// The gateways that are there, and what was assumed.
#[derive(Debug, Clone, Default)]
pub(super) struct Gateways {
    /// With the wire they are on.
    pub there: BTreeSet<(usize, IpAddr)>,
    /// The one for each host and family.
    pub of: BTreeMap<(String, &'static str), IpAddr>,
    /// Sentences.
    pub assumptions: Vec<String>,
}

/// Weighs all claims.
pub(super) fn weigh(claims: &[Claim]) -> Gateways {
    let mut groups: BTreeMap<Group, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        groups.entry(group(claim, claims)).or_default().push(claim);
    }
    let mut found = Gateways::default();
    for (group, claims) in groups {
        let known: Vec<&Claim> = claims.iter().copied().filter(|claim| claim.known).collect();
        let winner = match known.is_empty() {
            true => elect(&group, &claims, &mut found.assumptions),
            false => most(&known).0,
        };
        for claim in &claims {
            let own = if claim.known { claim.gateway } else { winner };
            found.there.insert((claim.segment, own));
            found.of.insert((claim.host.clone(), family(own)), own);
        }
        let odd: Vec<&Claim> = claims
            .iter()
            .copied()
            .filter(|claim| !claim.known && !found.there.contains(&(claim.segment, claim.gateway)))
            .collect();
        if !known.is_empty() {
            found
                .assumptions
                .extend(odd.iter().map(|claim| nobody_there(&claim.host, claim.gateway)));
        }
    }
    found
}

/// A gateway that a host is to have and none has.
pub(super) fn nobody_there(host: &str, gateway: IpAddr) -> String {
    format!(
        "{host} is to have the gateway {gateway}, which no host of its network has today: nobody \
         answers there"
    )
}

fn group(claim: &Claim, all: &[Claim]) -> Group {
    let inet = family(claim.gateway);
    match claim.net.filter(|net| !is_single(*net)).map(|net| net.trunc()) {
        None => Group::Wire(claim.segment, inet),
        Some(net) => {
            let shared = all.iter().any(|other| {
                other.host != claim.host
                    && other.segment == claim.segment
                    && other.net.is_some_and(|own| own.trunc() == net)
            });
            match (shared, net.contains(&claim.gateway)) {
                (true, _) => Group::Net(claim.segment, net),
                (false, true) => Group::Alone(claim.segment, claim.host.clone(), inet),
                (false, false) => Group::Wire(claim.segment, inet),
            }
        }
    }
}

/// What most say, how many they are, and whether others are as many.
fn most(claims: &[&Claim]) -> (IpAddr, usize, bool) {
    let mut count: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for claim in claims {
        *count.entry(claim.gateway).or_default() += 1;
    }
    let highest = count.values().copied().max().unwrap_or(0);
    let mut first = count.iter().filter(|(_, votes)| **votes == highest).map(|(via, _)| *via);
    let winner = first.next().unwrap_or_else(|| claims[0].gateway);
    (winner, highest, first.next().is_some())
}

fn elect(group: &Group, claims: &[&Claim], assumptions: &mut Vec<String>) -> IpAddr {
    let (winner, votes, tied) = most(claims);
    let hosts: BTreeSet<&str> = claims.iter().map(|claim| claim.host.as_str()).collect();
    let place = match group {
        Group::Net(_, net) => format!("of {net}"),
        Group::Alone(_, host, inet) => format!("of {host} ({inet})"),
        Group::Wire(_, inet) => format!("({inet}) of {}", some(&hosts)),
    };
    if hosts.len() < 2 {
        assumptions.push(format!(
            "the gateway {place} is {winner}: only the playbook that is rehearsed says so, and a \
             mistake there would not be found"
        ));
        return winner;
    }
    let others: Vec<String> = claims
        .iter()
        .filter(|claim| claim.gateway != winner)
        .map(|claim| format!("{} names {}", claim.host, claim.gateway))
        .collect();
    let of = hosts.len();
    assumptions.push(match (tied, others.is_empty()) {
        (true, _) => format!(
            "the gateway {place} is {winner}, though as many hosts name another: {}",
            others.join(", ")
        ),
        (false, true) => format!(
            "the gateway {place} is {winner}, as all {of} hosts say: a mistake that they share \
             would not be found"
        ),
        (false, false) => format!(
            "the gateway {place} is {winner}, as {votes} of {of} hosts say; nobody answers where {}",
            others.join(", ")
        ),
    });
    winner
}

fn some(hosts: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 4;
    let first: Vec<&str> = hosts.iter().take(SHOWN).copied().collect();
    match hosts.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Claim, weigh};

    fn claim(host: &str, net: &str, gateway: &str, known: bool) -> Claim {
        Claim {
            host: host.to_owned(),
            segment: 0,
            net: Some(net.parse().unwrap()),
            gateway: gateway.parse().unwrap(),
            known,
        }
    }

    fn there(claims: &[Claim]) -> Vec<String> {
        weigh(claims).there.into_iter().map(|(_, gateway)| gateway.to_string()).collect()
    }

    #[test]
    fn the_one_that_most_name_is_there() {
        let claims = [
            claim("a", "203.0.113.1/24", "203.0.113.254", false),
            claim("b", "203.0.113.2/24", "203.0.113.253", false),
            claim("c", "203.0.113.3/24", "203.0.113.254", false),
        ];
        assert_eq!(there(&claims), ["203.0.113.254"]);
        let said = weigh(&claims).assumptions;
        assert!(
            said[0].contains("2 of 3") && said[0].contains("b names 203.0.113.253"),
            "{said:?}"
        );
    }

    #[test]
    fn what_a_host_has_today_outweighs_all_wishes() {
        let claims = [
            claim("a", "203.0.113.1/24", "203.0.113.1", true),
            claim("b", "203.0.113.2/24", "203.0.113.254", false),
            claim("c", "203.0.113.3/24", "203.0.113.254", false),
        ];
        assert_eq!(there(&claims), ["203.0.113.1"]);
        assert_eq!(weigh(&claims).assumptions.len(), 2);
    }

    #[test]
    fn a_gateway_outside_of_its_network_stands_alone_for_nothing() {
        let claims = [
            claim("a", "203.0.113.1/32", "100.64.0.1", false),
            claim("b", "198.51.100.1/32", "100.64.0.1", false),
            claim("c", "192.0.2.1/24", "100.64.0.2", false),
        ];
        assert_eq!(there(&claims), ["100.64.0.1"]);
    }

    #[test]
    fn hosts_with_networks_of_their_own_are_believed_and_that_is_said() {
        let claims = [
            claim("a", "2001:db8:1::1/64", "2001:db8:1::ffff", false),
            claim("b", "2001:db8:2::1/64", "2001:db8:2::ffff", false),
        ];
        assert_eq!(there(&claims), ["2001:db8:1::ffff", "2001:db8:2::ffff"]);
        assert!(weigh(&claims).assumptions[0].contains("would not be found"));
    }
}
