//! `ssh_config`: what OpenSSH's client is told about a host, read as it reads it.
//!
//! The first value of a keyword counts. A parser that gets `Host` or `Match` wrong sends a
//! connection somewhere else than `ssh` would, so nothing is guessed here: what is not
//! known is an error with file and line, and `tests/ssh/config.rs` compares with `ssh -G`.

mod arguments;
mod criteria;
mod evaluate;
mod expand;
mod file;
mod jump;
mod keyword;
mod line;
mod local;
mod options;
mod pattern;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use evaluate::{Evaluation, Reading};
use file::Files;

pub use arguments::Overrides;
pub use jump::Hop;
pub use local::Local;
pub use options::{AgentChoice, IdentityFile, Options, Proxy, Strict};

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or where else the option comes from.
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

impl ConfigError {
    fn new(path: &Path, line: usize, message: String, remedy: &str) -> Self {
        let file = path.display().to_string();
        Self { file, line, message, remedy: remedy.to_owned() }
    }
}

/// The configuration of the user and of the machine.
#[derive(Debug, Clone)]
pub struct Config {
    local: Local,
    files: Files,
    sources: Vec<Source>,
    commands: criteria::Commands,
    /// What was remarked on so far.
    remarks: Arc<Mutex<BTreeSet<String>>>,
}

/// A file to begin with.
#[derive(Debug, Clone)]
struct Source {
    path: PathBuf,
    /// Relative names in it are below `~/.ssh`, else below `/etc/ssh`.
    user: bool,
    /// Nobody else may be able to write it.
    private: bool,
}

impl Config {
    /// What OpenSSH reads: `~/.ssh/config` and `/etc/ssh/ssh_config`; or the one file that
    /// is given, or nothing for `none`.
    ///
    /// # Errors
    /// A file that was given and does not exist; one that cannot be read or split.
    pub fn load(file: Option<&Path>, local: Local) -> Result<Self, ConfigError> {
        let sources = match file {
            None => vec![
                Source { path: local.home.join(".ssh/config"), user: true, private: true },
                Source { path: PathBuf::from("/etc/ssh/ssh_config"), user: false, private: false },
            ],
            Some(file) => given(file),
        };
        let config = Self { sources, ..Self::empty(local) };
        config.check(&config.sources, file.is_some())?;
        Ok(config)
    }

    /// Only what is given with a host.
    pub fn empty(local: Local) -> Self {
        let (files, commands) = (Files::default(), criteria::Commands::default());
        Self { local, files, sources: Vec::new(), commands, remarks: Arc::default() }
    }

    /// Whether this was not remarked on yet: a fleet has one configuration, and one remark
    /// on each line of it is enough.
    pub fn is_news(&self, remark: &str) -> bool {
        let mut known = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(remark.to_owned())
    }

    /// Who runs the program.
    pub fn local(&self) -> &Local {
        &self.local
    }

    fn check(&self, sources: &[Source], must_exist: bool) -> Result<(), ConfigError> {
        for source in sources {
            if self.files.read(&source.path, source.private)?.is_none() && must_exist {
                let message = "there is no such file".to_owned();
                return Err(ConfigError::new(&source.path, 0, message, "check the path"));
            }
        }
        Ok(())
    }

    /// What is said about a host, which is named as `ssh` would be given it.
    ///
    /// It may run the commands of `Match exec`, so it may block.
    ///
    /// # Errors
    /// The first mistake in a file or in the overrides.
    pub fn resolve(&self, host: &str, overrides: &Overrides) -> Result<Options, ConfigError> {
        let given_file = overrides.file.as_deref().map(given);
        if let Some(sources) = &given_file {
            self.check(sources, true)?;
        }
        let sources = given_file.as_deref().unwrap_or(&self.sources);
        let mut reading = Reading::new(self, host);
        reading.overrides(overrides)?;
        self.pass(sources, &mut reading)?;
        reading.settle_host()?;
        if reading.wants_final {
            reading.begin_final();
            self.pass(sources, &mut reading)?;
        }
        let evaluation: Evaluation = reading.finish();
        let options = Options::new(evaluation, host, &self.local)?;
        Ok(Options { file: overrides.file.clone(), ..options })
    }

    fn pass(&self, sources: &[Source], reading: &mut Reading<'_>) -> Result<(), ConfigError> {
        for source in sources {
            if let Some(file) = self.files.read(&source.path, source.private)? {
                reading.file(&file, source.user)?;
            }
        }
        Ok(())
    }
}

/// The one file that a user names, or none.
fn given(file: &Path) -> Vec<Source> {
    if file == Path::new("none") {
        return Vec::new();
    }
    vec![Source { path: file.to_owned(), user: true, private: false }]
}
