//! What was assumed of hosts, and what the lab lacks, a sentence each.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Basis;
use super::build::Draft;
use super::gateways::{Gateways, nobody_there};
use super::wiring::Card;
use crate::network::live::family;

/// What is assumed of the hosts themselves.
pub(super) fn based(drafts: &[Draft<'_>]) -> Vec<String> {
    let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for draft in drafts {
        by.entry(draft.today.basis.word()).or_default().push(&draft.subject.desired.host.name);
    }
    let Some(assumed) = by.get(Basis::Assumed.word()) else { return Vec::new() };
    let (which, has) = match assumed.len() {
        1 => (assumed[0].to_owned(), "has"),
        many if many == drafts.len() => (format!("all {many} hosts"), "have"),
        many => (format!("{many} hosts ({}, …)", assumed[0]), "have"),
    };
    vec![format!(
        "today {which} {has} the address where the inventory reaches it, its gateway, and nothing \
         else: no record and no --baseline tells (rappel lab record)"
    )]
}

/// Gateways that hosts are to have instead of those that they have, and that are not there.
pub(super) fn wishes(drafts: &[Draft<'_>], cards: &[Card], gateways: &Gateways) -> Vec<String> {
    let mut found = Vec::new();
    for card in cards {
        let today = &drafts[card.host].today;
        let known = |via: IpAddr| {
            let same = |(_, own): (&str, IpAddr)| family(own) == family(via);
            today.links.ways_out().any(same)
        };
        let missing = today.wanted.ways_out().filter(|(nic, via)| {
            *nic == card.nic && known(*via) && !gateways.there.contains(&(card.segment, *via))
        });
        let host = &drafts[card.host].subject.desired.host.name;
        found.extend(missing.map(|(_, via)| nobody_there(host, via)));
    }
    found
}

/// What of the hosts' networks the lab does not have.
pub(super) fn not_modelled(drafts: &[Draft<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for draft in drafts {
        let (now, then) = (&draft.today.links, &draft.today.wanted);
        for links in [now, then] {
            for (dev, _) in links.gateways.iter().filter(|(dev, _)| links.is_tagged(dev)) {
                let host = &draft.subject.desired.host.name;
                let words = format!(
                    "{host} reaches its gateway over the VLAN of {dev}: the lab's gateway does \
                     not tag, so nobody answers there"
                );
                if !found.contains(&words) {
                    found.push(words);
                }
            }
        }
    }
    found
}
