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
    /// A host could not be read, or no plan can be made for it. Its turn ends later, so.
    HostUnplanned {
        /// Which.
        host: String,
        /// How its turn will end.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The plans are to be carried out now, in this order.
    RolloutStarted {
        /// The run's id.
        run: String,
        /// The hosts of each batch; a canary is a batch of its own.
        batches: Vec<Vec<String>>,
        /// Failed hosts that are put up with.
        budget: usize,
    },
    /// The rollout waits for parts that have not read their hosts yet.
    PartsAwaited {
        /// Which, as in `2/3`.
        parts: Vec<String>,
    },
    /// A batch begins.
    BatchStarted {
        /// Which, from 1.
        batch: usize,
        /// Of how many.
        of: usize,
        /// Its hosts.
        hosts: Vec<String>,
    },
    /// The rollout waits before the next batch.
    Paused {
        /// How long; until somebody says so without.
        seconds: Option<u64>,
    },
    /// A host's change begins.
    ChangeStarted {
        /// Which.
        host: String,
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
    /// The user wants the run to end.
    StopAsked {
        /// `finish`: what is open goes to its end; `revert`: it is reverted; `leave`: it is
        /// left to its watchdogs.
        how: &'static str,
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
