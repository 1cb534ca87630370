//! What happens during a run, as it happens. `report` shows it to people, or writes it
//! as JSON lines; nothing below `cli` prints anything else.

use serde::Serialize;

use super::outcome::Outcome;
use crate::plan::{HostPlan, Restored};

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// The run's id.
        run: String,
        /// The hosts it concerns.
        hosts: Vec<String>,
    },
    /// A host's turn begins.
    HostStarted {
        /// Which.
        host: String,
    },
    /// A host was read and a plan made.
    HostPlanned {
        /// Which.
        host: String,
        /// What would change.
        plan: Box<HostPlan>,
    },
    /// A rescue has found a host's root and shows what it is going to restore there.
    RescuePlanned {
        /// Of which host.
        host: String,
        /// The device of its root.
        root: String,
        /// What the files are to become, in words.
        target: String,
        /// The files that change.
        files: Vec<Restored>,
    },
    /// A named step of the transaction is done.
    Step {
        /// On which host.
        host: String,
        /// The step's name, as in the scripts.
        step: String,
    },
    /// A check came in.
    Check {
        /// On which host.
        host: String,
        /// Whether before the change.
        baseline: bool,
        /// What was checked.
        title: String,
        /// `pass`, `fail` or `unknown`.
        result: &'static str,
        /// By which means.
        how: String,
    },
    /// Something worth knowing that is no step.
    Note {
        /// About which host.
        host: String,
        /// What.
        message: String,
    },
    /// A host's turn is over.
    HostFinished {
        /// Which.
        host: String,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
        /// How long it took.
        seconds: f64,
    },
    /// The run is over.
    RunFinished {
        /// The run's id.
        run: String,
        /// Exit code.
        exit_code: u8,
    },
}
