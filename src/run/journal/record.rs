//! What a journal holds, as values.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Part;

/// A run that begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The run's id.
    pub run: String,
    /// `plan`, `apply`, `rollback`, `rescue`, `drift` or `report`.
    pub command: String,
    /// The playbook as it was named; none for a rollback and for a rescue.
    pub playbook: Option<String>,
    /// Who started it: `user@host`.
    pub who: String,
    /// The first run of which this one takes up the rest.
    pub resumes: Option<String>,
    /// The hosts that it concerns, in its order; of a rollout in parts those of all parts.
    pub hosts: Vec<Wanted>,
    /// Which part of a rollout it is, if it is one.
    pub part: Option<Part>,
}

/// A host of a run, and what is wanted of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The host.
    pub host: String,
    /// A digest of everything that is rendered for it; none for a rollback.
    pub digest: Option<String>,
    /// The part of the rollout that it is in, from 1.
    pub shard: Option<u32>,
}

impl Wanted {
    /// Of a run that is whole.
    pub fn of(host: &str, digest: Option<String>) -> Self {
        Self { host: host.to_owned(), digest, shard: None }
    }
}

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Runs whose id begins so.
    pub id: Option<String>,
    /// Runs of this command.
    pub command: Option<String>,
    /// Runs of this playbook.
    pub playbook: Option<String>,
    /// Runs that concern this host.
    pub host: Option<String>,
    /// A run, and those that took up its rest.
    pub chain: Option<String>,
    /// Only those that just look at hosts, as `drift`; or, if false, only all others.
    pub looks: Option<bool>,
    /// At most so many, 0 for all.
    pub limit: usize,
}

/// A run as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// Its id.
    pub run: String,
    /// `plan`, `apply`, `rollback`, `rescue`, `drift` or `report`.
    pub command: String,
    /// The playbook as it was named.
    pub playbook: Option<String>,
    /// Who started it.
    pub who: String,
    /// The first run of which this one takes up the rest.
    pub resumes: Option<String>,
    /// The name of the rollout whose parts share this run.
    pub rollout: Option<String>,
    /// How many parts it has.
    pub shards: Option<u32>,
    /// When it began, in milliseconds since 1970.
    pub started: u64,
    /// When it ended; none if it was broken off, or goes on still.
    pub ended: Option<u64>,
    /// Its exit code.
    pub exit_code: Option<u8>,
    /// Whether it came to change hosts.
    pub changing: bool,
    /// How many hosts it concerns.
    pub hosts: usize,
    /// How many of them ended how, by the outcome's word.
    pub outcomes: BTreeMap<String, usize>,
}

/// How far a host's turn had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Nothing was begun.
    Waiting,
    /// Its change was begun, and no end of it is known.
    Begun,
    /// Its turn was over.
    Finished,
}

impl HostState {
    /// The word that the journal keeps.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Finished => "finished",
        }
    }

    /// From the word; one that is not known counts as begun, which is looked into.
    pub fn of(word: &str) -> Self {
        match word {
            "waiting" => Self::Waiting,
            "finished" => Self::Finished,
            _ => Self::Begun,
        }
    }
}

/// A host of a run as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostRecord {
    /// The host.
    pub host: String,
    /// The part of the rollout that it is in, from 1; none where there are no parts.
    pub shard: Option<u32>,
    /// How far its turn had come.
    pub state: HostState,
    /// The digest of what was wanted of it.
    pub digest: Option<String>,
    /// The machine's id, if it was read.
    pub machine_id: Option<String>,
    /// How it ended, by the outcome's word.
    pub outcome: Option<String>,
    /// The generation that was confirmed.
    pub generation: Option<u32>,
    /// Why it ended so.
    pub reason: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// When its turn was over, in milliseconds since 1970.
    pub ended: Option<u64>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// When, in milliseconds since 1970.
    pub time: u64,
    /// On which host, if on one.
    pub host: Option<String>,
    /// The event as an object, as `--output json` has it, without what files contain.
    pub event: serde_json::Value,
}
