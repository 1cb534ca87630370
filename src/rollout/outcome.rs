//! How it ended for one host. Nothing is claimed here that was not read back from it.

use serde::Serialize;

use crate::desired::Masks;

/// The end of one host's part in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Files and live state are as wanted already; nothing was done.
    Unchanged,
    /// Nothing is to be changed, but the live state is not as the files say.
    Drifted,
    /// There are changes to make; nothing was done (a plan).
    Planned,
    /// The change is in force, and the host said so after it had been verified.
    Confirmed {
        /// The generation it became.
        generation: u32,
    },
    /// The old configuration is back: files and live state were read back equal.
    RolledBack {
        /// Why.
        reason: String,
    },
    /// A revert was made, but something is not as it was before.
    RevertIncomplete {
        /// Why it was reverted.
        reason: String,
        /// What is not as it was.
        residue: Vec<String>,
    },
    /// The change was refused before it began; the host is as it was.
    Refused {
        /// Why.
        reason: String,
        /// What to do about it.
        remedy: Option<String>,
    },
    /// The change could not be begun because something failed; the host is as it was.
    Failed {
        /// What.
        reason: String,
        /// What to do about it.
        remedy: Option<String>,
    },
    /// Its turn never came; the host is as it was.
    Skipped {
        /// Why.
        reason: String,
    },
    /// The host could not be reached before anything was begun.
    Unreachable {
        /// Why.
        reason: String,
        /// What to do about it.
        remedy: Option<String>,
    },
    /// A lost host is back: its files were restored in its provider's rescue system, it
    /// booted from its own disk, and took a new connection.
    Rescued {
        /// The files that were restored, as read back from the disk.
        restored: Vec<String>,
        /// Checks that do not pass all the same.
        failing: Vec<String>,
    },
    /// A rescue did not come to its end.
    Stranded {
        /// Why.
        reason: String,
        /// Where the machine stands: what it boots from, what was done.
        stands: String,
        /// How a person goes on, step by step.
        by_hand: Vec<String>,
    },
    /// The host was not heard of again. Its watchdog was armed and reverts on its own,
    /// but nobody has read that back.
    Unknown {
        /// What was last known.
        reason: String,
    },
}

/// What an outcome means for the exit code of the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// All well.
    Fine,
    /// Changes are planned.
    Changes,
    /// Something failed, hosts are as they were.
    Failed,
    /// Refused before it began.
    Refused,
    /// Rolled back; the host is safe.
    RolledBack,
    /// Unreachable, lost, or not known.
    Lost,
}

impl Outcome {
    /// Its word, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Drifted => "drifted",
            Self::Planned => "planned",
            Self::Confirmed { .. } => "confirmed",
            Self::RolledBack { .. } => "rolled_back",
            Self::RevertIncomplete { .. } => "revert_incomplete",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
            Self::Unreachable { .. } => "unreachable",
            Self::Rescued { .. } => "rescued",
            Self::Stranded { .. } => "stranded",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The generation that was confirmed.
    pub fn generation(&self) -> Option<u32> {
        match self {
            Self::Confirmed { generation } => Some(*generation),
            _ => None,
        }
    }

    /// Why it ended so.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Unchanged
            | Self::Drifted
            | Self::Planned
            | Self::Confirmed { .. }
            | Self::Rescued { .. } => None,
            Self::RolledBack { reason }
            | Self::RevertIncomplete { reason, .. }
            | Self::Refused { reason, .. }
            | Self::Failed { reason, .. }
            | Self::Skipped { reason }
            | Self::Unreachable { reason, .. }
            | Self::Stranded { reason, .. }
            | Self::Unknown { reason } => Some(reason),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Refused { remedy, .. }
            | Self::Failed { remedy, .. }
            | Self::Unreachable { remedy, .. } => remedy.as_deref(),
            _ => None,
        }
    }

    /// The same with its secrets hidden.
    pub fn without_secrets(&self, masks: &Masks) -> Self {
        let text = |text: &String| masks.hide(text);
        let remedy = |remedy: &Option<String>| remedy.as_ref().map(text);
        match self {
            Self::Unchanged | Self::Drifted | Self::Planned | Self::Confirmed { .. } => {
                self.clone()
            }
            Self::RolledBack { reason } => Self::RolledBack { reason: text(reason) },
            Self::RevertIncomplete { reason, residue } => Self::RevertIncomplete {
                reason: text(reason),
                residue: residue.iter().map(text).collect(),
            },
            Self::Refused { reason, remedy: help } => {
                Self::Refused { reason: text(reason), remedy: remedy(help) }
            }
            Self::Failed { reason, remedy: help } => {
                Self::Failed { reason: text(reason), remedy: remedy(help) }
            }
            Self::Skipped { reason } => Self::Skipped { reason: text(reason) },
            Self::Unreachable { reason, remedy: help } => {
                Self::Unreachable { reason: text(reason), remedy: remedy(help) }
            }
            Self::Rescued { restored, failing } => Self::Rescued {
                restored: restored.clone(),
                failing: failing.iter().map(text).collect(),
            },
            Self::Stranded { reason, stands, by_hand } => Self::Stranded {
                reason: text(reason),
                stands: text(stands),
                by_hand: by_hand.iter().map(text).collect(),
            },
            Self::Unknown { reason } => Self::Unknown { reason: text(reason) },
        }
    }

    /// Whether the host does not have the change that it was to get.
    pub fn is_failure(&self) -> bool {
        self.weight() > Weight::Changes
    }

    /// What it means for the exit code; of several hosts the heaviest counts.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Unchanged | Self::Confirmed { .. } => Weight::Fine,
            Self::Rescued { failing, .. } if failing.is_empty() => Weight::Fine,
            Self::Rescued { .. } => Weight::Failed,
            Self::Planned | Self::Drifted => Weight::Changes,
            Self::RolledBack { .. } => Weight::RolledBack,
            Self::Refused { .. } => Weight::Refused,
            Self::Failed { .. } | Self::Skipped { .. } => Weight::Failed,
            Self::RevertIncomplete { .. }
            | Self::Stranded { .. }
            | Self::Unreachable { .. }
            | Self::Unknown { .. } => Weight::Lost,
        }
    }
}

/// Whether a host that ended so, by the outcome's word, counts against the failure budget. One
/// whose turn never came does not: it is the end of a budget and no part of it.
pub fn spends_budget(word: &str) -> bool {
    const FAILURES: [&str; 7] = [
        "rolled_back",
        "revert_incomplete",
        "refused",
        "failed",
        "unreachable",
        "stranded",
        "unknown",
    ];
    FAILURES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, spends_budget};

    #[test]
    fn the_word_is_that_of_json() {
        let all = [
            Outcome::Unchanged,
            Outcome::Drifted,
            Outcome::Planned,
            Outcome::Confirmed { generation: 1 },
            Outcome::RolledBack { reason: String::new() },
            Outcome::RevertIncomplete { reason: String::new(), residue: Vec::new() },
            Outcome::Refused { reason: String::new(), remedy: None },
            Outcome::Failed { reason: String::new(), remedy: None },
            Outcome::Skipped { reason: String::new() },
            Outcome::Unreachable { reason: String::new(), remedy: None },
            Outcome::Rescued { restored: Vec::new(), failing: Vec::new() },
            Outcome::Stranded { reason: String::new(), stands: String::new(), by_hand: Vec::new() },
            Outcome::Unknown { reason: String::new() },
        ];
        for outcome in all {
            let json = serde_json::to_value(&outcome).expect("JSON");
            assert_eq!(json["outcome"], outcome.word());
            let turn = !matches!(outcome, Outcome::Skipped { .. } | Outcome::Rescued { .. });
            assert_eq!(spends_budget(outcome.word()), turn && outcome.is_failure());
        }
    }
}
