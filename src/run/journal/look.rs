//! A look at hosts that changes nothing, and what came and went from look to look.
//!
//! What a host differs in is kept once, with the times of the looks that found it: a check
//! every hour writes what is new, not the same again.

use serde::Serialize;

use super::{Head, HostState};
use crate::desired::Masks;
use crate::plan::Drifted;
use crate::rollout::outcome::Outcome;

/// A look at hosts, when it is over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// The run. Of its hosts the names and digests count.
    pub head: Head,
    /// When it began, in milliseconds since 1970.
    pub started: u64,
    /// When it was over; what was found counts from then.
    pub ended: u64,
    /// Its exit code.
    pub exit_code: u8,
    /// What was found on each host.
    pub hosts: Vec<Looked>,
}

/// One host of a look.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The host.
    pub host: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What differs; none where it could not be read.
    pub found: Option<Vec<Found>>,
    /// Whether everything was compared. If not, what was not found may still be there.
    pub whole: bool,
}

/// A difference without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its kind, a word.
    pub what: &'static str,
    /// What it is about.
    pub subject: String,
    /// How it differs.
    pub how: String,
}

impl Found {
    /// Differences as they are kept. What is about the same thing twice, as owner and mode
    /// of a file, is one.
    pub fn all(drift: &[Drifted], masks: &Masks) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for drifted in drift {
            let (subject, how) = (masks.hide(&drifted.subject), masks.hide(&drifted.how));
            let what = drifted.what.word();
            match all.iter_mut().find(|own| own.what == what && own.subject == subject) {
                Some(own) if own.how.split("; ").any(|part| part == how) => {}
                Some(own) => own.how = format!("{}; {how}", own.how),
                None => all.push(Self { what, subject, how }),
            }
        }
        all
    }
}

/// A difference as looks have found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceRecord {
    /// On which host.
    pub host: String,
    /// From what which playbook wants.
    pub playbook: String,
    /// Its kind, a word.
    pub what: String,
    /// What it is about.
    pub subject: String,
    /// How it differed when it was seen last.
    pub how: String,
    /// When the host was last seen without it, in milliseconds since 1970; none where the
    /// first look found it already.
    pub before: Option<u64>,
    /// When it was first seen.
    pub first: u64,
    /// When it was last seen.
    pub last: u64,
    /// When the host was first seen without it again; none while it is there.
    pub gone: Option<u64>,
}

/// How a run ended for a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastRecord {
    /// The run.
    pub run: String,
    /// Its command.
    pub command: String,
    /// When it began, in milliseconds since 1970.
    pub started: u64,
    /// How it ended, by the outcome's word; none if that is not known.
    pub outcome: Option<String>,
    /// The generation that was confirmed.
    pub generation: Option<u32>,
    /// Why it ended so.
    pub reason: Option<String>,
}

impl DifferenceRecord {
    /// Whether it is about the same thing as a difference that was found now.
    pub fn is_about(&self, drifted: &Drifted, masks: &Masks) -> bool {
        self.what == drifted.what.word() && self.subject == masks.hide(&drifted.subject)
    }
}

impl Looked {
    /// Its state as the journal keeps it: a look leaves nothing half-way.
    pub(super) const STATE: HostState = HostState::Finished;

    /// Why it ended so, or how much was found.
    pub(super) fn reason(&self) -> Option<String> {
        let count = self.found.as_ref().map_or(0, Vec::len);
        match &self.outcome {
            Outcome::Drifted => Some(format!("{count} difference(s)")),
            other => other.reason().map(str::to_owned),
        }
    }
}
