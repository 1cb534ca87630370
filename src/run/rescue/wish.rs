//! What the user wants of a rescue, and how they are asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::desired::{CheckSpec, Host};
use crate::provider::Provider;
use crate::remote::request::Target;

/// Asks the user while a rescue runs. Calls block until there is an answer.
pub trait Ask: Send + Sync {
    /// A question that is answered by yes or no; an error says why nobody can be asked.
    ///
    /// # Errors
    /// Nobody can be asked.
    fn yes(&self, question: &str) -> Result<bool, String>;

    /// One of several; none if the user wants none of them.
    ///
    /// # Errors
    /// Nobody can be asked.
    fn which(&self, question: &str, choices: &[String]) -> Result<Option<usize>, String>;

    /// Runs a program at the user's terminal, until the user is done with it.
    ///
    /// # Errors
    /// It cannot be run.
    fn shell(&self, argv: &[String]) -> Result<(), String>;
}

/// A rescue as the user wants it.
#[derive(Clone)]
pub struct Wish {
    /// The host.
    pub host: Host,
    /// Its machine.
    pub provider: Arc<dyn Provider>,
    /// The line of `authorized_keys` that is to open the rescue system.
    pub key: Option<String>,
    /// Where journals are kept.
    pub journals: PathBuf,
    /// The device of the root, instead of looking for it.
    pub root: Option<String>,
    /// What the files are to become.
    pub target: Target,
    /// What the machine is to boot from in the end, where the provider cannot tell.
    pub boot: Option<String>,
    /// Whether to ask before anything is done.
    pub yes: bool,
    /// Whether a host key that nobody has told is taken as it comes.
    pub accept_key: bool,
    /// Whether a person wants to work in the mounted root instead of restoring files.
    pub shell: bool,
    /// How long a restart, and the system after it, may take.
    pub patience: Duration,
    /// The checks at the end.
    pub checks: Vec<CheckSpec>,
    /// How to ask.
    pub ask: Arc<dyn Ask>,
}

impl std::fmt::Debug for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wish")
            .field("host", &self.host.name)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}
