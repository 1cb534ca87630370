//! What every run did, kept where rappel runs: which hosts, when, by whom, and how each
//! one ended. A broken-off run is taken up from it, and history is read from it.
//!
//! Nothing that a file contains is written, and no value that the inventory calls a secret.
//! The tables and questions are the same in SQLite and in PostgreSQL (`tables`); what differs
//! between the two is behind one small trait (`database`).

mod database;
mod entry;
mod look;
mod open;
mod part;
mod postgres;
mod record;
mod recorder;
mod sqlite;
mod tables;

use thiserror::Error;

pub use entry::{Entry, now};
pub use look::{DifferenceRecord, Found, Look, Looked, PastRecord};
pub use open::{Place, open};
pub use part::{Begun, Claim, LAPSE, Part, PartRecord, Snapshot};
pub use record::{Filter, Head, HostRecord, HostState, Line, RunRecord, Wanted};
pub use recorder::{Recorder, Started, Writer, patiently};

/// Keeps runs. What is written is durable when the call returns.
pub trait Journal: Send {
    /// Writes that a run begins, and which hosts it concerns; or that a part joins the
    /// rollout that others have begun.
    ///
    /// # Errors
    /// The journal cannot be written.
    fn begin(&mut self, head: &Head) -> Result<Begun, JournalError>;

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

    /// The parts of a rollout that have begun; none of a run that is whole.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn parts(&self, run: &str) -> Result<Vec<PartRecord>, JournalError>;

    /// Writes that the part that began here is still there.
    ///
    /// # Errors
    /// The journal cannot be written.
    fn beat(&mut self, run: &str) -> Result<(), JournalError>;

    /// Writes that the part that began here has read its hosts, and which of them it is to
    /// change.
    ///
    /// # Errors
    /// The journal cannot be written.
    fn ready(&mut self, run: &str, changing: &[String]) -> Result<(), JournalError>;

    /// How a rollout stands, all parts together.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn snapshot(&self, run: &str) -> Result<Snapshot, JournalError>;

    /// The hosts that a rollout is to change, of all parts, in the order of the run.
    ///
    /// # Errors
    /// The journal cannot be read.
    fn turns(&self, run: &str) -> Result<Vec<(String, HostState)>, JournalError>;

    /// Takes the turn of a host, if the rollout as a whole still goes on: with this budget
    /// of failures, in all parts together.
    ///
    /// # Errors
    /// The journal cannot be written; then the turn is not taken.
    fn claim(&mut self, run: &str, host: &str, budget: usize) -> Result<Claim, JournalError>;
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
#[error("the journal {place} cannot be {action}: {reason}")]
pub struct JournalError {
    /// Which journal: a file, or a server's address without a password.
    pub place: String,
    /// `opened`, `read` or `written`.
    pub action: &'static str,
    /// Why.
    pub reason: String,
    /// Whether it may work a little later: somebody else holds it.
    pub busy: bool,
}
