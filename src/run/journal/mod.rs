//! What every run did, kept where rappel runs: which hosts, when, by whom, and how each
//! one ended. A broken-off run is taken up from it, and history is read from it.
//!
//! Nothing that a file contains is written, and no value that the inventory calls a secret.
//! A backend is one file with one implementation of [`Journal`].

mod entry;
mod look;
mod open;
mod record;
mod recorder;
mod sqlite;

use std::path::PathBuf;

use thiserror::Error;

pub use entry::Entry;
pub use look::{DifferenceRecord, Found, Look, Looked, PastRecord};
pub use open::{Place, open};
pub use record::{Filter, Head, HostRecord, HostState, Line, RunRecord, Wanted};
pub use recorder::{Recorder, Writer, patiently};

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

    /// Writes a look at hosts, from its beginning to its end: all of it, or nothing.
    ///
    /// # Errors
    /// The journal cannot be written.
    fn look(&mut self, look: &Look) -> Result<(), JournalError>;

    /// The differences that looks have found, of one host only, if one is named; of each host
    /// those first that were still there at the last look.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn differences(&self, host: Option<&str>) -> Result<Vec<DifferenceRecord>, JournalError>;

    /// How runs ended for a host, plans left out, the last run first.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn past(&self, host: &str, limit: usize) -> Result<Vec<PastRecord>, JournalError>;
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
