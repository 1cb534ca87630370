//! What a change does to the live state, as far as files tell.

use std::collections::BTreeSet;

use super::drift::{Drift, drift};
use super::file::FileChange;
use super::subject::INTERFACES;
use crate::diagnostic::Source;
use crate::network::effect::{Change, Files, Flavour, Foreseen, Hook, after, makes};
use crate::network::interfaces::{Directive, Interfaces};
use crate::network::live::{Difference, Fact, Live, differences};
use crate::network::sysctl;
use crate::observed::{FileState, Ifupdown, NftWanted, Observation};
use crate::remote::request::Apply;

/// Where the main file usually sources others from.
const SOURCED: &str = "/etc/network/interfaces.d/";

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
    pub(super) states: States,
    pub(super) own_ports: Vec<String>,
    pub(super) stand_ins: Vec<String>,
}

/// The interfaces files and hooks of one moment.
struct Moment {
    interfaces: Vec<Interfaces>,
    hooks: Vec<Hook>,
    unforeseen: Vec<String>,
}

/// Foresees what applying a request leaves behind.
pub(super) fn foresee(files: &[FileChange], observed: &Observation, request: &Apply) -> Effect {
    let (old, new) = (moment(observed, &[]), moment(observed, files));
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
    if !request.down.is_empty() || !request.up.is_empty() {
        unforeseen.extend(new.unforeseen.iter().cloned());
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
        states,
        own_ports: [own_ports(&old), own_ports(&new)].concat(),
        stand_ins: stand_ins(&observed.live, &[&old, &new]),
    }
}

/// The links that the files speak of and do not make.
fn stand_ins(live: &Live, moments: &[&Moment]) -> Vec<String> {
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for moment in moments {
        let texts = moment.interfaces.iter().map(|file| file.source().text.as_ref());
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
    let stanzas = moment.interfaces.iter().flat_map(Interfaces::stanzas);
    stanzas.flat_map(|s| [s.ports().unwrap_or_default(), s.slaves()].concat()).collect()
}

fn flavour(observed: &Observation) -> Flavour {
    match observed.ifupdown {
        Ifupdown::Ifupdown2 => Flavour::Ifupdown2,
        Ifupdown::Ifupdown | Ifupdown::None => Flavour::Ifupdown,
    }
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

impl Moment {
    fn files(&self) -> Files<'_> {
        Files { interfaces: &self.interfaces, hooks: &self.hooks }
    }
}

/// The files as they stand, with changes laid over them.
fn moment(observed: &Observation, changes: &[FileChange]) -> Moment {
    let mut unforeseen = Vec::new();
    let mut interfaces = Vec::new();
    if let Some(text) = text(observed, changes, INTERFACES) {
        match Interfaces::parse(&Source::new(INTERFACES, text)) {
            Ok(main) => {
                let more = sourced(&main, observed, changes, &mut unforeseen);
                interfaces.push(main);
                interfaces.extend(more);
            }
            Err(_) => unforeseen.push(format!("what {INTERFACES} means: it has mistakes")),
        }
    }
    Moment { interfaces, hooks: hooks(observed, changes), unforeseen }
}

/// The text of a file after the changes.
fn text(observed: &Observation, changes: &[FileChange], path: &str) -> Option<String> {
    if let Some(change) = changes.iter().find(|c| c.path == path) {
        let kept = change.file.kind != "remove";
        return kept.then(|| String::from_utf8_lossy(&change.file.content).into_owned());
    }
    match observed.files.get(path) {
        Some(FileState::File { content, .. }) => {
            Some(String::from_utf8_lossy(content).into_owned())
        }
        _ => None,
    }
}

fn sourced(
    main: &Interfaces,
    observed: &Observation,
    changes: &[FileChange],
    unforeseen: &mut Vec<String>,
) -> Vec<Interfaces> {
    let mut usual = false;
    for directive in main.directives() {
        let Directive::Source { path, .. } = directive else { continue };
        let whole =
            if path.starts_with('/') { path.clone() } else { format!("/etc/network/{path}") };
        if whole.trim_end_matches('*').trim_end_matches('/') == SOURCED.trim_end_matches('/') {
            usual = true;
        } else {
            unforeseen.push(format!("what `source {path}` brings in"));
        }
    }
    let mut paths: Vec<&str> = observed.files.keys().map(String::as_str).collect();
    paths.extend(changes.iter().map(|change| change.path.as_str()));
    paths.sort_unstable();
    paths.dedup();
    let there = paths.into_iter().filter(|path| usual && path.starts_with(SOURCED));
    let texts = there.filter_map(|path| Some((path, text(observed, changes, path)?)));
    texts.filter_map(|(path, text)| Interfaces::parse(&Source::new(path, text)).ok()).collect()
}

/// The hooks of the host; of those that are managed, the texts are known.
fn hooks(observed: &Observation, changes: &[FileChange]) -> Vec<Hook> {
    let path = |name: &str| format!("/etc/network/{name}");
    let of_changes = changes.iter().filter_map(|c| c.path.strip_prefix("/etc/network/"));
    let mut names: Vec<&str> = observed.hooks.iter().map(String::as_str).collect();
    names.extend(of_changes.filter(|name| name.starts_with("if-")));
    names.sort_unstable();
    names.dedup();
    let gone = |name: &str| changes.iter().any(|c| c.path == path(name) && c.file.kind == "remove");
    names
        .into_iter()
        .filter(|name| !gone(name))
        .filter_map(|full| {
            let (directory, name) = full.split_once('/')?;
            Some(Hook {
                directory: directory.to_owned(),
                name: name.to_owned(),
                text: text(observed, changes, &path(full)),
            })
        })
        .collect()
}
