//! How sessions are made: files of known keys, time limits, bounds.

use std::path::PathBuf;
use std::time::Duration;

use super::algorithms::Algorithms;
use super::keyring::Keyring;
use super::known_hosts::Shelf;

/// What all sessions of a run have in common.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What was read of `known_hosts` files; those are read again only where they change.
    pub shelf: Shelf,
    /// The user's `known_hosts` files; keys accepted as new are appended to the first.
    pub known_hosts: Vec<PathBuf>,
    /// The machine's `known_hosts` files, only read.
    pub global_known_hosts: Vec<PathBuf>,
    /// Record the key of a host of which none is known, instead of refusing it.
    pub accept_new: bool,
    /// Write the names of hosts as hashes when their keys are recorded.
    pub hash_known_hosts: bool,
    /// A file of host keys that are never accepted.
    pub revoked: Option<PathBuf>,
    /// Private keys tried where a target names none; those that do not exist are skipped.
    pub default_identities: Vec<PathBuf>,
    /// Socket of the SSH agent.
    pub agent: Option<PathBuf>,
    /// Algorithms other than the usual ones.
    pub algorithms: Algorithms,
    /// Encrypted keys that were unlocked, and whom to ask.
    pub keyring: Keyring,
    /// Limit for name resolution, TCP and key exchange together, retries included.
    pub connect_timeout: Duration,
    /// Limit for logging in, which may have to wait for a touch of a hardware key.
    pub auth_timeout: Duration,
    /// Silence after which a peer is asked whether it is alive.
    pub keepalive: Duration,
    /// Unanswered questions after which a peer is taken for dead, one interval later.
    pub keepalive_max: usize,
    /// Default limit for one command from start to end; see `Exec::time_limit`.
    pub exec_timeout: Duration,
    /// Default limit for the bytes that one command may print; see `Exec::output_limit`.
    pub output_limit: usize,
}

impl Default for Settings {
    /// Settings that know no file and no agent, with the usual limits.
    fn default() -> Self {
        Self {
            shelf: Shelf::default(),
            known_hosts: Vec::new(),
            global_known_hosts: Vec::new(),
            accept_new: false,
            hash_known_hosts: false,
            revoked: None,
            default_identities: Vec::new(),
            agent: None,
            algorithms: Algorithms::default(),
            keyring: Keyring::default(),
            connect_timeout: Duration::from_secs(10),
            auth_timeout: Duration::from_secs(30),
            keepalive: Duration::from_secs(5),
            keepalive_max: 3,
            exec_timeout: Duration::from_secs(600),
            output_limit: 64 << 20,
        }
    }
}

impl Settings {
    /// The longest silence of a peer that is still taken for alive.
    pub fn silence_limit(&self) -> Duration {
        let rounds = u32::try_from(self.keepalive_max).unwrap_or(u32::MAX);
        self.keepalive.saturating_mul(rounds.saturating_add(1))
    }
}
