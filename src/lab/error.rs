//! What can go wrong with a lab.

use std::io;

/// Why a lab did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// Namespaces, mounts and containers need root.
    #[error("labs need root: run it with sudo, as in `sudo -E env \"PATH=$PATH\" …`")]
    NotRoot,
    /// A program that labs are made of is not installed.
    #[error("the program {0} is missing: run scripts/install-lab")]
    Missing(String),
    /// A program that the lab called failed.
    #[error("`{command}` failed: {output}")]
    Command {
        /// The command line.
        command: String,
        /// Exit status and what it printed.
        output: String,
    },
    /// The base image could not be found or built.
    #[error("the Debian root for labs could not be built: {0}")]
    Base(String),
    /// The specification contradicts itself.
    #[error("this lab cannot exist: {0}")]
    Spec(String),
    /// Somebody or something has connected the lab to a network outside.
    #[error("refused: this lab could reach a real network: {0}")]
    WayOut(String),
    /// Nobody of that name is in the lab.
    #[error("no host named '{0}' in this lab")]
    NoHost(String),
    /// The host is powered off or still booting.
    #[error("host '{0}' is not running: switch it on first")]
    Off(String),
    /// Something did not happen in time.
    #[error("{what} did not happen within {seconds} s{evidence}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What the host last printed on its console, if anything.
        evidence: String,
    },
    /// The lab's daemon is gone.
    #[error("the lab has ended{0}")]
    Ended(String),
    /// The daemon answered with an error.
    #[error("{0}")]
    Daemon(String),
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: io::Error,
    },
}

impl LabError {
    /// A way out, from its own text or from another one.
    pub(super) fn way_out(text: &str) -> Self {
        let start = Self::WayOut(String::new()).to_string();
        Self::WayOut(text.strip_prefix(&start).unwrap_or(text).to_owned())
    }

    /// Turns an I/O error into one that says what was tried.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
