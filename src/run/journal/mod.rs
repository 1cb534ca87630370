//! What every run did, kept where rappel runs: which hosts, when, by whom, and how each
//! one ended. A broken-off run is taken up from it, and history is read from it.
//!
//! Nothing that a file contains is written, and no value that the inventory calls a secret.
//! A backend is one file with one implementation of [`Journal`].

mod entry;
mod open;
mod record;
mod recorder;
mod sqlite;

use std::path::PathBuf;

use thiserror::Error;

pub use entry::Entry;
pub use open::{Place, open};
pub use record::{Filter, Head, HostRecord, HostState, Line, RunRecord, Wanted};
pub use recorder::{Recorder, Writer};

/// Keeps runs. What is written is durable when the call returns.
pub trait Journal: Send {
    /// Writes that a run begins, and which hosts it concerns.
    ///
    /// # Errors
    /// The journal cannot be written.
    fn begin(&mut self, head: &Head) -> Result<(), JournalError>;

    /// Writes what happened during a run, in order: all of it, or nothing.
    ///
    /// # Errors
    /// The journal cannot be written.
    fn write(&mut self, run: &str, entries: &[Entry]) -> Result<(), JournalError>;

    /// Runs, the last one first.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn runs(&self, filter: &Filter) -> Result<Vec<RunRecord>, JournalError>;

    /// A run's hosts, in the order of the run.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn hosts(&self, run: &str) -> Result<Vec<HostRecord>, JournalError>;

    /// What happened during a run, in order; of one host only, if one is named.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn lines(&self, run: &str, host: Option<&str>) -> Result<Vec<Line>, JournalError>;
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
#[error("the journal {} cannot be {action}: {reason}", path.display())]
pub struct JournalError {
    /// Which journal.
    pub path: PathBuf,
    /// `opened`, `read` or `written`.
    pub action: &'static str,
    /// Why.
    pub reason: String,
    /// Whether it may work a little later: somebody else holds it.
    pub busy: bool,
}
