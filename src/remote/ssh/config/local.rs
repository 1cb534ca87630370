//! What the local machine and user are called, for patterns, tokens and `~`.

use std::env;
use std::path::PathBuf;

/// The user who runs the program, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Login name.
    pub user: String,
    /// Numeric id of the user.
    pub uid: u32,
    /// Home directory.
    pub home: PathBuf,
    /// Name of this machine.
    pub host: String,
}

impl Local {
    /// As the environment and the system say.
    pub fn from_env() -> Self {
        let name = ["USER", "LOGNAME"].into_iter().find_map(|name| env::var(name).ok());
        Self {
            user: name.filter(|name| !name.is_empty()).unwrap_or_else(|| "root".to_owned()),
            uid: uid(),
            home: env::home_dir().unwrap_or_else(|| PathBuf::from("/")),
            host: host(),
        }
    }
}

#[cfg(unix)]
fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
fn uid() -> u32 {
    0
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}
