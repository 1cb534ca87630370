//! What is told about a host key that was not accepted.

use std::fmt;
use std::path::PathBuf;

use russh::keys::{HashAlg, PublicKey};

use super::known_hosts::Record;
use crate::remote::quote::sh;

/// A host key as it is shown: its type and its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As in `ssh-ed25519`.
    pub kind: String,
    /// As in `SHA256:…`, or why there is none.
    pub fingerprint: String,
}

impl Key {
    pub(super) fn of(key: &PublicKey) -> Self {
        Self { kind: key.algorithm().as_str().to_owned(), fingerprint: fingerprint(key) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.fingerprint)
    }
}

/// Where a key is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The key.
    pub key: Key,
    /// The file of known hosts.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
}

impl Recorded {
    pub(super) fn of(record: &Record) -> Self {
        let fingerprint = match &record.key {
            Some(key) => fingerprint(key),
            None => "(unreadable)".to_owned(),
        };
        Self {
            key: Key { kind: record.kind.clone(), fingerprint },
            file: record.file.to_path_buf(),
            line: record.line,
        }
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} records {}", self.file.display(), self.line, self.key)
    }
}

/// A host of which no key is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The target's name.
    pub name: String,
    /// The name that was looked up.
    pub known_as: String,
    /// The key that the server offers.
    pub offered: Key,
    /// An authority that signs this host's keys, whose signature this one does not have.
    pub authority: Option<Recorded>,
    /// The line that records it; empty if the key cannot be written.
    pub line: String,
    /// A command that records it.
    pub record: String,
}

impl Unknown {
    pub(super) fn remedy(&self) -> String {
        let accept = match self.authority {
            None => ", or let new hosts be recorded with --accept-new",
            Some(_) => "",
        };
        format!(
            "compare the fingerprint on the host itself (`ssh-keygen -lf \
             /etc/ssh/ssh_host_*_key.pub`), then record the key with `{}`{accept}",
            self.record
        )
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, known_as, .. } = self;
        write!(
            f,
            "the host key of {name} is not known: no file records a key for {known_as}, the \
             server offers {}",
            self.offered
        )?;
        match &self.authority {
            Some(authority) => write!(f, " without a signature of the authority ({authority})"),
            None => Ok(()),
        }
    }
}

/// A host of which other keys are recorded than the one it offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The target's name.
    pub name: String,
    /// The name that was looked up.
    pub known_as: String,
    /// The key that the server offers.
    pub offered: Key,
    /// The keys that are recorded.
    pub recorded: Vec<Recorded>,
}

impl Changed {
    pub(super) fn remedy(&self) -> String {
        let mut commands = Vec::new();
        for recorded in &self.recorded {
            let file = recorded.file.display().to_string();
            let command = format!("ssh-keygen -R {} -f {}", sh(&self.known_as), sh(&file));
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        format!(
            "somebody may be listening in; if the host was really installed anew, compare the \
             fingerprint on the host itself, then forget the old key with `{}`",
            commands.join("; ")
        )
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host key of {} has changed: the server offers {}", self.name, self.offered)?;
        for recorded in &self.recorded {
            write!(f, ", {recorded}")?;
        }
        Ok(())
    }
}

/// A host that offers a key which is marked as stolen or abandoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The target's name.
    pub name: String,
    /// Where the key is revoked.
    pub revoked: Recorded,
}

impl Revoked {
    pub(super) fn remedy(&self) -> String {
        "give the host a new key; do not log in to it with this one".to_owned()
    }
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recorded { key, file, line } = &self.revoked;
        write!(f, "the host key of {} is revoked by {}:{line}: {key}", self.name, file.display())
    }
}

/// As in `SHA256:…`.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
