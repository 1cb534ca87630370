//! A plan that is kept in a file, to be applied later exactly as it was shown.
//!
//! It is bound to what each host was when it was planned: the fingerprint of its files and
//! live state, its machine id, its generation. [`Saved::stale`] says what has changed since.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::effect::States;
use super::kept::Kept;
use super::{Action, Compared, Drift, FileChange, HostPlan, Leaving, LiveChange, Rehearsal, Risk};
use crate::desired::{Host, Settings};
use crate::network::live::{Difference, Fact, Live, Sign, differences};
use crate::network::nft::rule_differences;
use crate::observed::{FileState, Observation};
use crate::remote::digest::sha256sum;
use crate::remote::request::{Apply, File};

/// The version of the format; another one is refused.
pub const VERSION: u32 = 3;
/// More lines than anybody reads of why a plan is stale.
const MANY: usize = 12;

/// A whole plan as it stands in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedPlan {
    /// [`VERSION`].
    pub rappel_plan: u32,
    /// When it was made, for people.
    pub made: String,
    /// Who made it.
    pub by: String,
    /// The terms on which it is rolled out, as `rollout` writes them.
    pub terms: serde_json::Value,
    /// The hosts.
    pub hosts: Vec<Saved>,
}

/// One host of a saved plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    /// Its name in the inventory.
    pub host: String,
    machine_id: String,
    generation: u32,
    settings: Windows,
    addresses: Vec<IpAddr>,
    files: Vec<SavedFile>,
    live: Vec<LiveChange>,
    effect: Vec<Difference>,
    unforeseen: Vec<String>,
    drift: Vec<Drift>,
    risks: Vec<Risk>,
    warnings: Vec<String>,
    leaving: SavedLeaving,
    own_ports: Vec<String>,
    rehearsal: Option<Rehearsal>,
    elsewhere: Kept,
    /// The hosts of the inventory as it is now, among them who makes checks elsewhere.
    #[serde(skip)]
    peers: Vec<Host>,
    /// What each file was, as a digest of content, owner and mode.
    digests: BTreeMap<String, String>,
    /// When each was written, in seconds since 1970.
    written: BTreeMap<String, u64>,
    /// The live state that it was made from.
    pub before: Live,
    /// The live state that is foreseen.
    pub after: Live,
    /// Links on which there may be more than is foreseen.
    pub vague: Vec<String>,
    request: Apply,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Windows {
    confirm_window: Duration,
    activation_timeout: Duration,
    settle: Duration,
    #[serde(default)]
    reboot_as_last_resort: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SavedFile {
    path: String,
    action: Action,
    diff: String,
    attributes: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SavedLeaving {
    addresses: Vec<IpAddr>,
    families: Vec<String>,
    to_dynamic: bool,
}

impl Saved {
    /// A plan to be kept, with what it was made from.
    pub fn of(plan: &HostPlan, settings: &Settings, observed: &Observation) -> Self {
        let plan = plan.clone();
        let files = plan.files.into_iter().map(|change| SavedFile {
            path: change.path,
            action: change.action,
            diff: change.diff,
            attributes: change.attributes,
        });
        Self {
            host: plan.host,
            machine_id: plan.machine_id,
            generation: plan.generation,
            settings: Windows {
                confirm_window: settings.confirm_window,
                activation_timeout: settings.activation_timeout,
                settle: settings.settle,
                reboot_as_last_resort: settings.reboot_as_last_resort,
            },
            addresses: observed.addresses.clone(),
            files: files.collect(),
            live: plan.live,
            effect: plan.effect,
            unforeseen: plan.unforeseen,
            drift: plan.drift,
            risks: plan.risks,
            warnings: plan.warnings,
            leaving: SavedLeaving {
                addresses: plan.leaving.addresses,
                families: plan.leaving.gateways.iter().map(|&f| f.to_owned()).collect(),
                to_dynamic: plan.leaving.to_dynamic,
            },
            own_ports: plan.own_ports,
            rehearsal: plan.rehearsal,
            elsewhere: Kept::of(&plan.elsewhere),
            peers: Vec::new(),
            digests: digests(observed),
            written: observed.file_times.clone(),
            before: plan.states.before,
            after: plan.states.after,
            vague: plan.states.vague,
            request: plan.request,
        }
    }

    /// The same, with the hosts that the inventory has now.
    #[must_use]
    pub fn among(mut self, hosts: &[Host]) -> Self {
        self.peers = hosts.iter().filter(|host| self.elsewhere.names(host)).cloned().collect();
        self
    }

    /// What has to be read of the host to see whether the plan still holds.
    pub fn subject(&self) -> &crate::remote::request::Observe {
        &self.request.observed
    }

    /// The play's settings.
    pub fn settings(&self) -> Settings {
        Settings {
            confirm_window: self.settings.confirm_window,
            activation_timeout: self.settings.activation_timeout,
            settle: self.settings.settle,
            reboot_as_last_resort: self.settings.reboot_as_last_resort,
        }
    }

    /// The addresses that the host had.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// The plan again.
    pub fn plan(&self) -> HostPlan {
        let Self { leaving, .. } = self.clone();
        let family = |family: &String| if family == "inet" { "inet" } else { "inet6" };
        HostPlan {
            host: self.host.clone(),
            files: self.files.iter().filter_map(|file| self.file(file)).collect(),
            live: self.live.clone(),
            down: self.request.down.clone(),
            up: self.request.up.clone(),
            leaving: Leaving {
                gateways: leaving.families.iter().map(family).collect(),
                addresses: leaving.addresses,
                to_dynamic: leaving.to_dynamic,
            },
            effect: self.effect.clone(),
            unforeseen: self.unforeseen.clone(),
            drift: self.drift.clone(),
            compared: Compared::default(),
            risks: self.risks.clone(),
            warnings: self.warnings.clone(),
            states: States {
                before: self.before.clone(),
                after: self.after.clone(),
                vague: self.vague.clone(),
            },
            own_ports: self.own_ports.clone(),
            stand_ins: Vec::new(),
            rehearsal: self.rehearsal.clone(),
            machine_id: self.machine_id.clone(),
            elsewhere: self.elsewhere.again(&self.peers),
            generation: self.generation,
            request: self.request.clone(),
        }
    }

    fn file(&self, saved: &SavedFile) -> Option<FileChange> {
        let file: &File = self.request.files.iter().find(|file| file.path == saved.path)?;
        Some(FileChange {
            path: saved.path.clone(),
            action: saved.action,
            diff: saved.diff.clone(),
            attributes: saved.attributes.clone(),
            before: None,
            file: file.clone(),
        })
    }

    /// What has changed on the host since the plan was made, a line each; empty if nothing.
    pub fn stale(&self, now: &Observation) -> Vec<String> {
        let mut found = Vec::new();
        if now.machine_id != self.machine_id {
            return vec!["another machine answers there".to_owned()];
        }
        if now.generation != self.generation {
            found.push(format!("generation {} has become {}", self.generation, now.generation));
        }
        if now.fingerprint == self.request.fingerprint {
            return found;
        }
        let present = digests(now);
        for (path, digest) in &self.digests {
            if present.get(path) != Some(digest) {
                found.push(format!("{path} is another file now"));
            } else if now.file_times.get(path) != self.written.get(path) {
                found.push(format!("{path} was written again, as it was"));
            }
        }
        let new = present.keys().filter(|path| !self.digests.contains_key(*path));
        found.extend(new.map(|path| format!("{path} is new")));
        found.extend(live_changes(&self.before, &now.live));
        if found.is_empty() {
            found.push("the live state is another one, in something that has no name".to_owned());
        }
        let more = found.len().saturating_sub(MANY);
        found.truncate(MANY);
        if more > 0 {
            found.push(format!("and {more} more"));
        }
        found
    }
}

fn live_changes(before: &Live, now: &Live) -> Vec<String> {
    let lasting = |live: &Live| live.facts.iter().filter(|f| !f.is_dynamic()).cloned().collect();
    let said = |difference: &Difference| match (difference.sign, &difference.fact) {
        (Sign::Gone, Fact::Sysctl { .. }) => None,
        (Sign::New, Fact::Sysctl { key, value }) => Some(format!("sysctl {key} is {value} now")),
        (Sign::Gone, fact) => Some(format!("gone: {fact}")),
        (Sign::New, fact) => Some(format!("new: {fact}")),
    };
    let mut found: Vec<String> =
        differences(&lasting(before), &lasting(now)).iter().filter_map(said).collect();
    for (table, rules) in &before.nft {
        match now.nft.get(table) {
            None => found.push(format!("gone: nft table {table}")),
            Some(present) => found
                .extend(rule_differences(table, rules, present).iter().map(ToString::to_string)),
        }
    }
    let new = now.nft.keys().filter(|table| !before.nft.contains_key(*table));
    found.extend(new.map(|table| format!("new: nft table {table}")));
    found
}

fn digests(observed: &Observation) -> BTreeMap<String, String> {
    observed.files.iter().map(|(path, state)| (path.clone(), digest(state))).collect()
}

fn digest(state: &FileState) -> String {
    match state {
        FileState::Absent => "absent".to_owned(),
        FileState::Link { target } => format!("link {target}"),
        FileState::Other => "other".to_owned(),
        FileState::File { mode, owner, group, content } => {
            format!("{mode:04o} {owner} {group} {}", sha256sum(content))
        }
    }
}
