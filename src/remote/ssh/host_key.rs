//! Whether the key that a server offers is the host's.

use std::fmt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::known_hosts::Marker;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};

use super::error::ConnectError;
use super::known_hosts::{Record, append, glob, records};
use super::settings::Settings;
use super::target::Target;
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
    fn of(key: &PublicKey) -> Self {
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
    fn of(record: &Record) -> Self {
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
    /// A command that records it.
    pub record: String,
}

impl Unknown {
    pub(super) fn remedy(&self) -> String {
        format!(
            "compare the fingerprint on the host itself (`ssh-keygen -lf \
             /etc/ssh/ssh_host_*_key.pub`), then record the key with `{}`, or let new hosts \
             be recorded with --accept-new",
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
        )
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

/// Knows what is recorded about one target, and judges what its server offers.
#[derive(Debug)]
pub(super) struct Judge {
    target: Target,
    exact: Vec<Record>,
    /// Lines for the host at any port, which only count where there is no exact one.
    portless: Vec<Record>,
    /// The file that new keys go to.
    file: Option<PathBuf>,
    accept_new: bool,
}

impl Judge {
    /// Reads what the files record.
    pub fn new(target: &Target, settings: &Settings) -> Result<Self, ConnectError> {
        let files = || {
            let user = settings.known_hosts.iter();
            user.chain(&settings.global_known_hosts)
        };
        let portless = match target.known_as_portless() {
            Some(name) => records(&name, files())?,
            None => Vec::new(),
        };
        Ok(Self {
            exact: records(&target.known_as(), files())?,
            portless,
            target: target.clone(),
            file: settings.known_hosts.first().cloned(),
            accept_new: settings.accept_new,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Record> {
        self.exact.iter().chain(&self.portless)
    }

    /// The types of the recorded keys.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        self.all()
            .filter(|record| record.marker.is_none())
            .filter_map(|record| Some(record.key.as_ref()?.algorithm()))
            .collect()
    }

    /// Whether an authority for the host is recorded.
    pub fn knows_authority(&self) -> bool {
        self.all().any(|record| record.marker == Some(Marker::CertAuthority))
    }

    /// The fingerprint of an accepted key, or why it is not accepted.
    pub fn check(&self, offered: &PublicKeyOrCertificate) -> Result<String, ConnectError> {
        let key = offered.public_key();
        self.check_revoked(&key)?;
        if let Some(certificate) = offered.certificate() {
            let authority = PublicKey::new(certificate.signature_key().clone(), "");
            self.check_revoked(&authority)?;
            let is_authority = |record: &Record| {
                record.marker == Some(Marker::CertAuthority) && record.has(&authority)
            };
            if self.all().any(is_authority) {
                self.check_certificate(certificate)?;
                return Ok(fingerprint(&key));
            }
        }
        self.check_plain(&key)?;
        Ok(fingerprint(&key))
    }

    fn check_revoked(&self, key: &PublicKey) -> Result<(), ConnectError> {
        let revokes = |record: &&Record| record.marker == Some(Marker::Revoked) && record.has(key);
        match self.all().find(revokes) {
            Some(record) => Err(ConnectError::HostKeyRevoked(Box::new(Revoked {
                name: self.target.name.clone(),
                revoked: Recorded::of(record),
            }))),
            None => Ok(()),
        }
    }

    fn check_plain(&self, key: &PublicKey) -> Result<(), ConnectError> {
        let plain = |record: &&Record| record.marker.is_none();
        if self.all().filter(plain).any(|record| record.has(key)) {
            return Ok(());
        }
        let recorded: Vec<Recorded> = self.exact.iter().filter(plain).map(Recorded::of).collect();
        if recorded.is_empty() {
            return self.check_new(key);
        }
        Err(ConnectError::HostKeyChanged(Box::new(Changed {
            name: self.target.name.clone(),
            known_as: self.target.known_as(),
            offered: Key::of(key),
            recorded,
        })))
    }

    fn check_new(&self, key: &PublicKey) -> Result<(), ConnectError> {
        let line = match PublicKey::new(key.key_data().clone(), "").to_openssh() {
            Ok(text) => format!("{} {}", self.target.known_as(), text.trim_end()),
            Err(_) => String::new(),
        };
        match &self.file {
            Some(file) if self.accept_new && !line.is_empty() => append(file, &line),
            _ => Err(ConnectError::HostKeyUnknown(Box::new(Unknown {
                name: self.target.name.clone(),
                known_as: self.target.known_as(),
                offered: Key::of(key),
                record: self.record_command(&line),
            }))),
        }
    }

    /// A command that records the key: a scan, or where that would record another name
    /// than the one that is looked up, the line itself.
    fn record_command(&self, line: &str) -> String {
        let Target { address, port, .. } = &self.target;
        let file = match &self.file {
            Some(file) => sh(&file.display().to_string()),
            None => "~/.ssh/known_hosts".to_owned(),
        };
        match self.target.host_key_alias {
            None => format!("ssh-keyscan -p {port} {} >> {file}", sh(address)),
            Some(_) => format!("echo {} >> {file}", sh(line)),
        }
    }

    /// Checks a certificate whose signer is a recorded authority.
    fn check_certificate(&self, certificate: &Certificate) -> Result<(), ConnectError> {
        let failed = |reason: String| {
            Err(ConnectError::HostCertificate { name: self.target.name.clone(), reason })
        };
        if certificate.cert_type() != CertType::Host {
            return failed("it is a user's, not a host's".to_owned());
        }
        if let Some((option, _)) = certificate.critical_options().iter().next() {
            return failed(format!("it has the critical option {option}"));
        }
        let host = match &self.target.host_key_alias {
            Some(alias) => alias.to_lowercase(),
            None => self.target.address.to_lowercase(),
        };
        let principals = certificate.valid_principals();
        if !principals.iter().any(|one| glob(&one.to_lowercase(), &host)) {
            return failed(format!("it is for [{}], not {host}", principals.join(", ")));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if now < certificate.valid_after() {
            return failed("it is not valid yet".to_owned());
        }
        if now >= certificate.valid_before() {
            return failed("it has expired".to_owned());
        }
        // The authority is known to be one of ours; this checks that it signed.
        let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
        match certificate.validate_at(now, [&authority]) {
            Ok(()) => Ok(()),
            Err(_) => failed("its signature is wrong".to_owned()),
        }
    }
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
