//! The user's private keys as files, with what lies beside them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Certificate, PrivateKey, PublicKey, decode_secret_key};

use super::dial::plain;
use super::error::ConnectError;
use super::keyring::Keyring;
use super::settings::Settings;
use super::target::Target;

/// A key that may let us in.
pub(super) struct Identity {
    /// Its file.
    pub path: PathBuf,
    /// Whether the user named it.
    pub explicit: bool,
    /// Its public half, if it can be told.
    pub public: Option<PublicKey>,
    /// Its private half, if it lies there unencrypted or was unlocked.
    pub private: Option<Arc<PrivateKey>>,
    /// Whether it lies there encrypted and somebody can be asked for the passphrase.
    pub locked: bool,
    /// Certificates for it.
    pub certificates: Vec<Certificate>,
}

impl Identity {
    /// Whether this is the file of a public key.
    pub fn is(&self, key: &PublicKey) -> bool {
        self.public.as_ref().is_some_and(|public| public.key_data() == key.key_data())
    }
}

/// The keys for a target: those that are named, or the defaults that exist.
///
/// # Errors
///
/// A key that has to exist does not, or a file cannot be read.
pub(super) fn load(target: &Target, settings: &Settings) -> Result<Vec<Identity>, ConnectError> {
    let mut found = Vec::new();
    for path in &target.identity_files {
        let read = read(path, true, &settings.keyring);
        found.push(read.map_err(|reason| unusable(path, reason))?);
    }
    for path in target.optional_identities.iter().filter(|path| path.exists()) {
        found.extend(read(path, true, &settings.keyring).ok());
    }
    if target.identity_files.is_empty() && target.optional_identities.is_empty() {
        let defaults = settings.default_identities.iter();
        found.extend(defaults.filter_map(|path| read(path, false, &settings.keyring).ok()));
    }
    for path in &target.certificate_files {
        certify(path, &mut found)?;
    }
    Ok(found)
}

fn unusable(path: &Path, reason: String) -> ConnectError {
    ConnectError::Identity { path: path.to_owned(), reason }
}

/// Adds a certificate to its key, or where there is no file of that, for the agent's.
fn certify(path: &Path, found: &mut Vec<Identity>) -> Result<(), ConnectError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        // As for keys that a configuration names.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unusable(path, plain(&error))),
    };
    let certificate = Certificate::from_openssh(&text)
        .map_err(|_| unusable(path, "it holds no certificate".to_owned()))?;
    let public = PublicKey::new(certificate.public_key().clone(), "");
    match found.iter_mut().find(|identity| identity.is(&public)) {
        Some(identity) => identity.certificates.push(certificate),
        None => found.push(Identity {
            path: path.to_owned(),
            explicit: true,
            public: Some(public),
            private: None,
            locked: false,
            certificates: vec![certificate],
        }),
    }
    Ok(())
}

/// Reads a key and what lies beside it.
fn read(path: &Path, explicit: bool, keyring: &Keyring) -> Result<Identity, String> {
    let beside = beside(path, ".pub");
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        // The public half alone names a key that the agent holds.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && beside.exists() => {
            String::new()
        }
        Err(error) => return Err(plain(&error)),
    };
    let (private, public) = halves(&text);
    let private = private.or_else(|| keyring.key(path));
    let public = public.or_else(|| private.as_ref().map(|key| key.public_key().clone()));
    let locked = private.is_none() && is_encrypted(&text) && keyring.may_ask(path);
    let public = public.or_else(|| {
        let text = std::fs::read_to_string(&beside).ok()?;
        PublicKey::from_openssh(&text).ok()
    });
    if private.is_none() && public.is_none() && !locked {
        return Err("it holds no key that can be read (one that is encrypted in an old \
                    format needs its .pub file beside it)"
            .to_owned());
    }
    let certificates = std::fs::read_to_string(self::beside(path, "-cert.pub"))
        .ok()
        .and_then(|text| Certificate::from_openssh(&text).ok())
        .into_iter()
        .collect();
    Ok(Identity { path: path.to_owned(), explicit, public, private, locked, certificates })
}

/// The private half if it is not encrypted, and the public half if it can be told.
fn halves(text: &str) -> (Option<Arc<PrivateKey>>, Option<PublicKey>) {
    if let Ok(public) = PublicKey::from_openssh(text) {
        return (None, Some(public));
    }
    // Asked without a passphrase, which an encrypted key refuses at once.
    if let Ok(key) = decode_secret_key(text, None)
        && !key.is_encrypted()
    {
        let public = key.public_key().clone();
        return (Some(Arc::new(key)), Some(public));
    }
    let public = PrivateKey::from_openssh(text).ok().map(|key| key.public_key().clone());
    (None, public)
}

/// Whether a passphrase is wanted.
fn is_encrypted(text: &str) -> bool {
    PrivateKey::from_openssh(text)
        .map_or_else(|_| text.contains("ENCRYPTED"), |key| key.is_encrypted())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
