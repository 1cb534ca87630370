//! The user's private keys as files, with what lies beside them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Certificate, PrivateKey, PublicKey, decode_secret_key};

use super::dial::plain;
use super::error::ConnectError;
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
    /// Its private half, if it lies there unencrypted.
    pub private: Option<Arc<PrivateKey>>,
    /// A certificate for it.
    pub certificate: Option<Certificate>,
}

impl Identity {
    /// Whether this is the file of a public key.
    pub fn is(&self, key: &PublicKey) -> bool {
        self.public.as_ref().is_some_and(|public| public.key_data() == key.key_data())
    }
}

/// The keys for a target: those that it names, or the defaults that exist.
///
/// # Errors
///
/// A key that was named does not exist or cannot be read.
pub(super) fn load(target: &Target, settings: &Settings) -> Result<Vec<Identity>, ConnectError> {
    if target.identity_files.is_empty() {
        let loaded = settings.default_identities.iter();
        return Ok(loaded.filter_map(|path| read(path, false).ok()).collect());
    }
    let loaded = target.identity_files.iter().map(|path| {
        read(path, true).map_err(|reason| ConnectError::Identity { path: path.clone(), reason })
    });
    loaded.collect()
}

/// Reads a key and what lies beside it.
fn read(path: &Path, explicit: bool) -> Result<Identity, String> {
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
    let public = public.or_else(|| {
        let text = std::fs::read_to_string(&beside).ok()?;
        PublicKey::from_openssh(&text).ok()
    });
    if private.is_none() && public.is_none() {
        return Err("it holds no key that can be read (one that is encrypted in an old \
                    format needs its .pub file beside it)"
            .to_owned());
    }
    let certificate = std::fs::read_to_string(self::beside(path, "-cert.pub"))
        .ok()
        .and_then(|text| Certificate::from_openssh(&text).ok());
    Ok(Identity { path: path.to_owned(), explicit, public, private, certificate })
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

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
