//! What a change can do to whom, named before anybody says yes.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Fate, HostPlan, LiveChange};
use crate::network::live::{Fact, Live, Route, Sign};
use crate::network::nft;
use crate::observed::{NftWanted, Observation};

/// One risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "risk", rename_all = "snake_case")]
pub enum Risk {
    /// The address that we are connected through changes its link.
    OwnAddressMoves {
        /// The address.
        address: IpAddr,
        /// The link that has it now.
        from: String,
        /// The link that is to have it; none if that is not foreseen.
        to: Option<String>,
    },
    /// The link that we are connected through is taken down for a while.
    OwnLinkDown {
        /// The link.
        dev: String,
    },
    /// A bridge with ports that no file names is taken down.
    GuestsCutOff {
        /// The bridge.
        bridge: String,
        /// Its ports that are not the files' own.
        guests: Vec<String>,
    },
    /// The way out changes its link or its gateway, or goes.
    DefaultRoute {
        /// `inet` or `inet6`.
        family: String,
        /// The route now.
        from: Option<String>,
        /// The route afterwards.
        to: Option<String>,
    },
    /// What somebody set by hand goes with the link that is cycled.
    DropsByHand {
        /// What.
        what: String,
    },
    /// A firewall that drops what it does not know says nothing of our port.
    SshFiltered {
        /// The port.
        port: u16,
        /// `FAMILY NAME`.
        table: String,
        /// The chain.
        chain: String,
    },
    /// Nothing is forwarded any more, and guests are on bridges.
    ForwardingOff {
        /// The key.
        key: String,
    },
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnAddressMoves { address, from, to } => {
                write!(f, "this moves the address that you are connected through: {address} ")?;
                match to {
                    Some(to) => write!(f, "goes from {from} to {to}"),
                    None => write!(f, "goes from {from}"),
                }
            }
            Self::OwnLinkDown { dev } => {
                write!(f, "this takes down {dev}, which you are connected through, for a while")
            }
            Self::GuestsCutOff { bridge, guests } => {
                let many = if guests.len() == 1 { "guest" } else { "guests" };
                write!(f, "this takes down the bridge {bridge} with {} {many}", guests.len())
            }
            Self::DefaultRoute { family, from, to } => {
                let none = || "none".to_owned();
                write!(
                    f,
                    "the way out over {} changes: {}, then {}",
                    if family == "inet6" { "IPv6" } else { "IPv4" },
                    from.clone().unwrap_or_else(none),
                    to.clone().unwrap_or_else(none)
                )
            }
            Self::DropsByHand { what } => {
                write!(f, "this drops what somebody set by hand: {what}")
            }
            Self::SshFiltered { port, table, chain } => write!(
                f,
                "SSH may be filtered: chain {chain} of {table} drops by default and no rule \
                 accepts port {port}"
            ),
            Self::ForwardingOff { key } => {
                write!(f, "{key} is turned off, and there are guests on bridges")
            }
        }
    }
}

/// The plan with the risks that it names by itself.
pub(super) fn named(mut plan: HostPlan, observed: &Observation) -> HostPlan {
    let mut risks = guests(&plan);
    risks.extend(ways_out(&plan.states.before, &plan.states.after));
    let dropped = plan.drift.iter().filter(|drift| {
        drift.fate == Fate::Ends
            && drift.difference.sign == Sign::New
            && !matches!(drift.difference.fact, Fact::Up { .. })
    });
    risks
        .extend(dropped.map(|drift| Risk::DropsByHand { what: drift.difference.fact.to_string() }));
    risks.extend(forwarding(&plan, observed));
    plan.risks = risks;
    plan
}

/// The risks for the connection over which the host was read: to `peer`, on `port`.
pub fn peer_risks(plan: &mut HostPlan, peer: IpAddr, port: u16, observed: &Observation) {
    let on =
        |live: &Live| live.addresses().find(|(_, a)| *a == peer).map(|(dev, _)| dev.to_owned());
    let (before, after) = (on(&plan.states.before), on(&plan.states.after));
    let mut risks = Vec::new();
    match (before, after) {
        (Some(from), to) if to.as_deref() != Some(&from) => {
            risks.push(Risk::OwnAddressMoves { address: peer, from, to });
        }
        (Some(dev), _) if plan.down.contains(&dev) => risks.push(Risk::OwnLinkDown { dev }),
        _ => {}
    }
    if !plan.request.nft_load.is_empty() {
        risks.extend(filtered(port, observed));
    }
    risks.append(&mut plan.risks);
    plan.risks = risks;
}

fn guests(plan: &HostPlan) -> Vec<Risk> {
    let before = &plan.states.before;
    let cut = |bridge: &String| {
        let all = before.ports(bridge);
        // The files' own ports are cycled on purpose, or stay; what hangs there besides
        // belongs to guests.
        let named = &plan.own_ports;
        let guests: Vec<String> = all.into_iter().filter(|port| !named.contains(port)).collect();
        (!guests.is_empty()).then(|| Risk::GuestsCutOff { bridge: bridge.clone(), guests })
    };
    plan.down.iter().filter_map(cut).collect()
}

fn ways_out(before: &Live, after: &Live) -> Vec<Risk> {
    let mut risks = Vec::new();
    for family in ["inet", "inet6"] {
        let first = |live: &Live| {
            let of = live.defaults().filter(|route| route.family == family);
            of.min_by_key(|route| route.metric).map(Route::to_string)
        };
        let (from, to) = (first(before), first(after));
        // A first way out is what one wants, not a risk.
        if from.is_some() && from != to {
            risks.push(Risk::DefaultRoute { family: family.to_owned(), from, to });
        }
    }
    risks
}

fn forwarding(plan: &HostPlan, observed: &Observation) -> Vec<Risk> {
    let guests = observed
        .live
        .facts
        .iter()
        .any(|fact| matches!(fact, Fact::Port { name, .. } if !plan.own_ports.contains(name)));
    let off = |change: &LiveChange| match change {
        LiveChange::Sysctl { key, from: Some(from), to }
            if guests && key.ends_with("forward") | key.ends_with("forwarding") =>
        {
            (from == "1" && to == "0").then(|| Risk::ForwardingOff { key: key.clone() })
        }
        _ => None,
    };
    plan.live.iter().filter_map(off).collect()
}

/// Chains of the wanted rules that drop what comes in unless a rule accepts it, and have
/// none for the port.
fn filtered(port: u16, observed: &Observation) -> Vec<Risk> {
    let NftWanted::Tables(tables) = &observed.nft_wanted else { return Vec::new() };
    let mut risks = Vec::new();
    for (table, text) in tables {
        for (chain, rules) in nft::chains(text) {
            let drops = rules.iter().any(|r| r.contains("hook input") && r.contains("policy drop"));
            let accepts = rules.iter().any(|rule| accepts_port(rule, port));
            if drops && !accepts {
                risks.push(Risk::SshFiltered { port, table: table.clone(), chain });
            }
        }
    }
    risks
}

/// Whether a rule may accept a new connection to a port: by name of the port, by a set of
/// ports, by jumping elsewhere, or without asking for any port at all.
fn accepts_port(rule: &str, port: u16) -> bool {
    if rule.contains(" jump ")
        || rule.contains(" goto ")
        || rule.starts_with("jump ")
        || rule.contains("vmap")
    {
        return true;
    }
    if !rule.ends_with("accept") && !rule.contains(" accept ") {
        return false;
    }
    let Some((_, ports)) = rule.split_once("dport ") else {
        let narrow = ["ct state", "ct status", "icmp", "iifname", "iif ", "udp", "l4proto"];
        return !narrow.iter().any(|word| rule.contains(word));
    };
    if ports.starts_with('@') || ports.starts_with("!=") {
        return true;
    }
    let words = ports.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    rule.contains("tcp") | rule.contains("th ")
        && words.filter(|w| !w.is_empty()).any(|word| match word.split_once('-') {
            Some((low, high)) => {
                let number = |text: &str| text.parse::<u16>().ok();
                number(low).zip(number(high)).is_some_and(|(l, h)| (l..=h).contains(&port))
            }
            None => word.parse() == Ok(port),
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Risk, accepts_port, ways_out};
    use crate::network::live::{Fact, Live, Route};

    fn live(via: &str, dev: &str) -> Live {
        let route = Route::default_via(via.parse().expect("an address"), dev, None);
        Live { facts: BTreeSet::from([Fact::Route(route)]), ..Live::default() }
    }

    #[test]
    fn a_way_out_that_changes_is_named() {
        let found = ways_out(&live("203.0.113.254", "eno1"), &live("203.0.113.254", "vmbr0"));
        assert_eq!(
            found[0].to_string(),
            "the way out over IPv4 changes: default via 203.0.113.254 dev eno1, then default via 203.0.113.254 dev vmbr0"
        );
        assert!(ways_out(&Live::default(), &live("fe80::1", "eth0")).is_empty(), "a first one");
        assert!(matches!(
            &ways_out(&live("fe80::1", "eth0"), &Live::default())[..],
            [Risk::DefaultRoute { to: None, .. }]
        ));
    }

    #[test]
    fn rules_that_let_ssh_in() {
        for rule in [
            "tcp dport 22 accept",
            "tcp dport { 22, 443 } counter accept",
            "ip saddr 10.0.0.0/8 tcp dport 20-30 accept",
            "tcp dport @open accept",
            "ip saddr 10.0.0.0/8 accept",
            "jump ssh",
            "tcp dport vmap { 22 : accept }",
        ] {
            assert!(accepts_port(rule, 22), "{rule}");
        }
    }

    #[test]
    fn rules_that_do_not() {
        for rule in [
            "tcp dport 2222 accept",
            "tcp dport 22 drop",
            "udp dport 22 accept",
            "ct state established,related accept",
            "iifname \"lo\" accept",
            "meta l4proto { icmp, ipv6-icmp } accept",
        ] {
            assert!(!accepts_port(rule, 22), "{rule}");
        }
    }
}
