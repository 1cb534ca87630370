//! What a change does to the live state, as far as files tell.

use std::collections::BTreeSet;

use super::activation::of_interfaces;
use super::drift::{Drift, drift};
use super::file::FileChange;
use super::moment::Moment;
use super::subject::INTERFACES;
use crate::network::effect::{Change, Flavour, Foreseen, after, makes};
use crate::network::live::{Difference, Fact, Live, differences};
use crate::network::sysctl;
use crate::observed::{Ifupdown, NftWanted, Observation};
use crate::remote::request::Apply;

/// The state before a change, and the one after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct States {
    /// As it was read.
    pub before: Live,
    /// As it is foreseen.
    pub after: Live,
    /// Links on which there may be more than is foreseen.
    pub vague: Vec<String>,
}

/// What is foreseen of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) effect: Vec<Difference>,
    pub(super) unforeseen: Vec<String>,
    pub(super) drift: Vec<Drift>,
    pub(super) off: Vec<Difference>,
    /// Of what drift nothing is known, a phrase each.
    pub(super) not_compared: Vec<String>,
    pub(super) states: States,
    pub(super) own_ports: Vec<String>,
    pub(super) stand_ins: Vec<String>,
}

/// Foresees what applying a request leaves behind.
pub(super) fn foresee(files: &[FileChange], observed: &Observation, request: &Apply) -> Effect {
    let (old, new) = (Moment::of(observed, &[]), Moment::of(observed, files));
    let seen = after(&Change {
        live: &observed.live,
        old: old.files(),
        new: new.files(),
        down: &request.down,
        up: &request.up,
        hooks_run: !request.hook_for.is_empty(),
        flavour: flavour(observed),
    });
    let mut unforeseen = seen.unforeseen.clone();
    unforeseen.extend(beyond(request, observed));
    unforeseen.extend(not_understood(&old));
    let touched = files.iter().any(of_interfaces);
    if touched || !request.down.is_empty() || !request.up.is_empty() {
        for what in new.unforeseen.iter().chain(&old.unforeseen) {
            if !unforeseen.contains(what) {
                unforeseen.push(what.clone());
            }
        }
    }
    let states = states(observed, request, &seen);
    let from = |files| drift(&observed.live, &states.after, files);
    let drift = from(old.files());
    // Without changed files both moments are the same one.
    let wanted = if files.is_empty() { drift.clone() } else { from(new.files()) };
    let off = wanted.into_iter().map(|drift| drift.difference).collect();
    let without_values = |live: &Live| {
        live.facts.iter().filter(|f| !matches!(f, Fact::Sysctl { .. })).cloned().collect()
    };
    Effect {
        effect: differences(&without_values(&states.before), &without_values(&states.after)),
        unforeseen,
        drift,
        off,
        not_compared: not_compared(&new),
        states,
        own_ports: [own_ports(&old), own_ports(&new)].concat(),
        stand_ins: stand_ins(&observed.live, &[&old, &new]),
    }
}

/// The links that the files speak of and do not make.
fn stand_ins(live: &Live, moments: &[&Moment]) -> Vec<String> {
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for moment in moments {
        let texts = moment.texts.iter().map(String::as_str);
        let texts = texts.chain(moment.hooks.iter().filter_map(|hook| hook.text.as_deref()));
        let odd = |c: char| !(c.is_alphanumeric() || ".:_-@".contains(c));
        words.extend(texts.flat_map(|text| text.split(odd)));
    }
    // A VLAN names the link below it in its own name.
    let bases: Vec<&str> = words.iter().filter_map(|w| Some(w.rsplit_once('.')?.0)).collect();
    let named = |name: &str| words.contains(name) || bases.contains(&name);
    let names = live.facts.iter().filter_map(|fact| match fact {
        Fact::Link { name, .. } if name != "lo" && named(name) => Some(name.clone()),
        _ => None,
    });
    names.filter(|name| !moments.iter().any(|m| makes(m.files(), name))).collect()
}

fn own_ports(moment: &Moment) -> Vec<String> {
    let stanzas = moment.interfaces.stanzas();
    stanzas.flat_map(|s| [s.ports().unwrap_or_default(), s.slaves()].concat()).collect()
}

fn flavour(observed: &Observation) -> Flavour {
    match observed.ifupdown {
        Ifupdown::Ifupdown2 => Flavour::Ifupdown2,
        Ifupdown::Ifupdown | Ifupdown::None => Flavour::Ifupdown,
    }
}

/// That the present file is one that nobody understands.
fn not_understood(old: &Moment) -> Option<String> {
    let mistake = &old.broken.as_ref()?.mistake;
    let place = mistake.place.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(format!("anything from the present {INTERFACES}: {place}: {}", mistake.message))
}

/// What may be live by files that nobody read or understood: it cannot be called drift.
fn not_compared(new: &Moment) -> Vec<String> {
    let unread = new.unforeseen.iter().cloned().chain(not_understood(new));
    unread.map(|what| format!("what is live and in no file: {what}")).collect()
}

/// What a request does that no file of the network's tells.
fn beyond(request: &Apply, observed: &Observation) -> Vec<String> {
    let mut found: Vec<String> =
        request.reload.iter().map(|command| format!("what `{command}` does")).collect();
    if !request.live_from.is_empty() {
        found.push("the kernel values and nft tables of earlier generations".to_owned());
    }
    found.extend(nft_not_loaded(observed));
    found
}

/// A phrase for the rules that the host could not load aside, so that nothing is known of them.
pub(super) fn nft_not_loaded(observed: &Observation) -> Option<String> {
    let NftWanted::Unable(why) = &observed.nft_wanted else { return None };
    Some(format!("the nft rules, which the host cannot load aside ({why})"))
}

fn states(observed: &Observation, request: &Apply, seen: &Foreseen) -> States {
    let mut after = Live { facts: seen.facts.clone(), nft: observed.live.nft.clone() };
    for line in &request.sysctl {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let key = sysctl::canonical(key);
        after.facts.retain(|f| !matches!(f, Fact::Sysctl { key: k, .. } if *k == key));
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        after.facts.insert(Fact::Sysctl { key, value });
    }
    for table in &request.nft_own {
        after.nft.remove(table);
        if let NftWanted::Tables(wanted) = &observed.nft_wanted
            && let Some(rules) = wanted.get(table)
        {
            after.nft.insert(table.clone(), rules.clone());
        }
    }
    States { before: observed.live.clone(), after, vague: seen.vague.iter().cloned().collect() }
}
