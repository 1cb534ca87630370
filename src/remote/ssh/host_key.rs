//! Whether the key that a server offers is the host's.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::known_hosts::Marker;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};

use super::error::ConnectError;
use super::known_hosts::{Record, Shelf, banned, glob, hashed};
use super::refusal::{Changed, Key, Recorded, Revoked, Unknown, fingerprint};
use super::settings::Settings;
use super::target::Target;
use crate::remote::quote::sh;

/// Knows what is recorded about one target, and judges what its server offers.
#[derive(Debug)]
pub(super) struct Judge {
    target: Target,
    exact: Vec<Record>,
    /// Lines for the host at any port, which only count where there is no exact one.
    portless: Vec<Record>,
    /// The file that new keys go to, and by whom.
    file: Option<PathBuf>,
    shelf: Shelf,
    accept_new: bool,
    /// Write names as hashes.
    hash: bool,
    /// Keys that are never accepted, for any host.
    banned: Vec<Record>,
}

impl Judge {
    /// Reads what the files record.
    pub fn new(target: &Target, settings: &Settings) -> Result<Self, ConnectError> {
        let files = || {
            let user = settings.known_hosts.iter();
            user.chain(&settings.global_known_hosts)
        };
        let portless = match target.known_as_portless() {
            Some(name) => settings.shelf.records(&name, files())?,
            None => Vec::new(),
        };
        Ok(Self {
            exact: settings.shelf.records(&target.known_as(), files())?,
            portless,
            target: target.clone(),
            file: settings.known_hosts.first().cloned(),
            shelf: settings.shelf.clone(),
            accept_new: settings.accept_new,
            hash: settings.hash_known_hosts,
            banned: settings.revoked.as_deref().map(banned).transpose()?.unwrap_or_default(),
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

    /// An authority for the host, if one is recorded.
    fn authority(&self) -> Option<&Record> {
        self.all().find(|record| record.marker == Some(Marker::CertAuthority))
    }

    /// Whether an authority for the host is recorded.
    pub fn knows_authority(&self) -> bool {
        self.authority().is_some()
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
        let banned = self.banned.iter().find(|record| record.has(key));
        match self.all().find(revokes).or(banned) {
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
        let name = self.target.known_as();
        let name = if self.hash { hashed(&name) } else { name };
        let line = match PublicKey::new(key.key_data().clone(), "").to_openssh() {
            Ok(text) => format!("{name} {}", text.trim_end()),
            Err(_) => String::new(),
        };
        // Where an authority signs the hosts' keys, one without its signature is not just
        // new.
        let authority = self.authority().map(Recorded::of);
        let acceptable = self.accept_new && authority.is_none() && !line.is_empty();
        match &self.file {
            Some(file) if acceptable => self.shelf.append(file, &line),
            _ => Err(ConnectError::HostKeyUnknown(Box::new(Unknown {
                name: self.target.name.clone(),
                known_as: self.target.known_as(),
                offered: Key::of(key),
                authority,
                record: self.record_command(&line),
                line,
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
