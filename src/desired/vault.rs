//! Ansible Vault: files and values that a password opens.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// As the format has it.
const ROUNDS: u32 = 10_000;
const HEADER: &str = "$ANSIBLE_VAULT;";

/// The passwords of a run, and what they have opened.
#[derive(Clone, Default)]
pub struct Vault {
    passwords: Vec<(String, String)>,
    /// Values that must not be shown.
    opened: Arc<Mutex<Vec<String>>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("passwords", &self.passwords.len()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Adds a password under the name that encrypted texts may carry.
    pub fn add(&mut self, id: &str, password: &str) {
        self.passwords.push((id.to_owned(), password.to_owned()));
    }

    /// Notes a value that must not be shown.
    pub(crate) fn note(&self, secret: &str) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if !opened.iter().any(|known| known == secret) {
            opened.push(secret.to_owned());
        }
    }

    /// The values that must not be shown.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a text is encrypted.
    pub(crate) fn is_sealed(text: &str) -> bool {
        text.starts_with(HEADER)
    }

    /// The text that was encrypted.
    ///
    /// # Errors
    /// No password opens it, or it is not in the format.
    pub(crate) fn open(&self, text: &str) -> Result<String, String> {
        let sealed = Sealed::parse(text)?;
        if self.passwords.is_empty() {
            return Err("it is encrypted with ansible-vault, and no password is given".to_owned());
        }
        let named = |(id, _): &&(String, String)| Some(id.as_str()) == sealed.id.as_deref();
        let other = |pair: &&(String, String)| !named(pair);
        let (first, last) =
            (self.passwords.iter().filter(named), self.passwords.iter().filter(other));
        for (_, password) in first.chain(last) {
            if let Some(plain) = sealed.open(password.as_bytes()) {
                return String::from_utf8(plain).map_err(|_| "what is in it is no text".to_owned());
            }
        }
        let id = sealed.id.map_or_else(String::new, |id| format!(" (it is for `{id}`)"));
        Err(format!("none of the vault passwords opens it{id}"))
    }
}

struct Sealed {
    id: Option<String>,
    salt: Vec<u8>,
    hmac: Vec<u8>,
    content: Vec<u8>,
}

impl Sealed {
    fn parse(text: &str) -> Result<Self, String> {
        let broken = || "it is not in the format of ansible-vault".to_owned();
        let mut lines = text.lines();
        let head: Vec<&str> = lines.next().unwrap_or_default().trim().split(';').collect();
        let id = match head.as_slice() {
            ["$ANSIBLE_VAULT", "1.1", "AES256"] => None,
            ["$ANSIBLE_VAULT", "1.2", "AES256", id] => Some((*id).to_owned()),
            ["$ANSIBLE_VAULT", version, cipher, ..] => {
                return Err(format!(
                    "version {version} with {cipher} of ansible-vault is not known"
                ));
            }
            _ => return Err(broken()),
        };
        let body: String = lines.flat_map(str::split_whitespace).collect();
        let inner = unhex(body.as_bytes()).ok_or_else(broken)?;
        let mut parts = inner.split(|byte| *byte == b'\n').map(unhex);
        let mut next = || parts.next().flatten().ok_or_else(broken);
        Ok(Self { id, salt: next()?, hmac: next()?, content: next()? })
    }

    /// Nothing if the password is another one.
    fn open(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut keys = [0; 80];
        pbkdf2::pbkdf2_hmac::<Sha256>(password, &self.salt, ROUNDS, &mut keys);
        let (cipher_key, rest) = keys.split_at(32);
        let (hmac_key, start) = rest.split_at(32);
        let mac = Hmac::<Sha256>::new_from_slice(hmac_key).ok()?;
        mac.chain_update(&self.content).verify_slice(&self.hmac).ok()?;
        let mut plain = self.content.clone();
        Ctr128BE::<Aes256>::new_from_slices(cipher_key, start).ok()?.apply_keystream(&mut plain);
        // Filled up to whole blocks, each byte saying how many there are.
        let filled = usize::from(*plain.last()?);
        let end = plain.len().checked_sub(filled).filter(|_| (1..=16).contains(&filled))?;
        plain.truncate(end);
        Some(plain)
    }
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    text.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::{Vault, unhex};

    #[test]
    fn what_is_no_vault_is_told() {
        let mut vault = Vault::default();
        vault.add("default", "x");
        for text in [
            "$ANSIBLE_VAULT;1.1;AES256\n3",
            "$ANSIBLE_VAULT;1.1;AES256\n33\n",
            "$ANSIBLE_VAULT;1.0;AES\n33\n",
            "$ANSIBLE_VAULT;1.2;AES256\n33\n",
        ] {
            assert!(vault.open(text).is_err(), "{text}");
        }
        assert_eq!(unhex(b"0aFf"), Some(vec![10, 255]));
        assert_eq!(unhex(b"0g"), None);
    }
}
