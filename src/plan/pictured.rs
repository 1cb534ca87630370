//! What a host would be like with its files, without anybody having seen it.

use std::collections::{BTreeMap, BTreeSet};

use super::subject::{INTERFACES, source};
use crate::desired::{ArtifactKind, Desired, Host};
use crate::diagnostic::Source;
use crate::network::effect::{Files, Hook, expected, makes};
use crate::network::interfaces::{Interfaces, Tree};
use crate::network::live::{Fact, Live};
use crate::network::picture::Guest;

/// Facts, and which link others are made on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pictured {
    /// What would be so.
    pub facts: BTreeSet<Fact>,
    /// The link below each VLAN.
    pub below: BTreeMap<String, String>,
}

/// What the wanted interfaces files and hooks come to, on a host that has just the NICs that
/// they name.
pub fn pictured(desired: &Desired) -> Pictured {
    let artifacts = desired.artifacts.iter();
    let mut read: BTreeMap<&str, Interfaces> = artifacts
        .clone()
        .filter(|artifact| artifact.kind == ArtifactKind::Interfaces)
        .map(|artifact| (artifact.path.as_str(), Interfaces::read(&source(artifact)).0))
        .collect();
    // Who manages parts alone leaves the main file as Debian ships it.
    read.entry(INTERFACES).or_insert_with(|| Interfaces::read(&shipped()).0);
    let hooks: Vec<Hook> = artifacts
        .filter_map(|artifact| match artifact.kind {
            ArtifactKind::Hook(phase) => Some(Hook {
                directory: phase.directory().to_owned(),
                name: artifact.path.rsplit('/').next().unwrap_or_default().to_owned(),
                text: Some(artifact.content.clone()),
            }),
            _ => None,
        })
        .collect();
    let mut names: BTreeSet<String> = BTreeSet::from(["lo".to_owned()]);
    let mut below = BTreeMap::new();
    for stanza in read.values().flat_map(Interfaces::stanzas) {
        names.insert(stanza.name.split(':').next().unwrap_or(&stanza.name).to_owned());
        names.extend(stanza.ports().unwrap_or_default().into_iter().chain(stanza.slaves()));
        if let Some(base) = stanza.below().filter(|_| !stanza.name.contains(':')) {
            names.insert(base.clone());
            below.insert(stanza.name.clone(), base);
        }
    }
    let tree = Tree::new(read.iter().map(|(path, file)| (*path, file)), INTERFACES);
    let Some(interfaces) = tree.joined(&names) else { return Pictured::default() };
    let files = Files { interfaces: &interfaces, hooks: &hooks, partial: false };
    let mut live = Live::default();
    for name in names.into_iter().filter(|name| !makes(files, name)) {
        live.facts.insert(Fact::Link { name, kind: "device".to_owned() });
    }
    Pictured { facts: expected(&live, files).facts, below }
}

fn shipped() -> Source {
    Source::new(INTERFACES, "source /etc/network/interfaces.d/*\n")
}

/// The guests that a host's vars name.
pub fn guests(host: &Host) -> Vec<Guest> {
    let lists = ["network", "rappel_lint"]
        .iter()
        .filter_map(|var| host.vars.get(*var)?.get("guests")?.as_array());
    let mut found: Vec<Guest> = Vec::new();
    for vars in lists.flatten() {
        let text = |key: &str| vars.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        let address = |key: &str| text(key)?.split('/').next()?.parse().ok();
        let Some(name) = text("name") else { continue };
        if !found.iter().any(|guest| guest.name == name) {
            found.push(Guest {
                name,
                mac: text("mac"),
                bridge: text("bridge"),
                addresses: ["ipv4", "ipv6"].iter().filter_map(|key| address(key)).collect(),
            });
        }
    }
    found
}
