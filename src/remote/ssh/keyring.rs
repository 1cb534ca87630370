//! Encrypted keys that were unlocked: each passphrase is asked for once in a run.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::{PrivateKey, decode_secret_key};
use tokio::sync::{OwnedMutexGuard, mpsc, oneshot};

use super::secret::Secret;

/// As OpenSSH has it.
const TRIES: usize = 3;

/// A question to whoever sits at the terminal.
#[derive(Debug)]
pub struct Question {
    /// What is wanted.
    pub prompt: String,
    /// Where the answer goes; none if there is nobody, or they would not say.
    pub answer: oneshot::Sender<Option<Secret>>,
}

/// Keys that were unlocked, and whom to ask for passphrases.
#[derive(Clone, Default)]
pub struct Keyring {
    known: Arc<Mutex<HashMap<PathBuf, Option<Arc<PrivateKey>>>>>,
    /// One question at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
    asker: Option<mpsc::UnboundedSender<Question>>,
    /// By server, whether somebody has logged in there.
    scouts: Arc<Mutex<HashMap<(String, u16), Scout>>>,
}

type Scout = Arc<tokio::sync::Mutex<bool>>;

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("asks", &self.asker.is_some()).finish_non_exhaustive()
    }
}

impl Keyring {
    /// A keyring that asks.
    pub fn asking(asker: mpsc::UnboundedSender<Question>) -> Self {
        Self { asker: Some(asker), ..Self::default() }
    }

    /// A key that was unlocked.
    pub(super) fn key(&self, path: &Path) -> Option<Arc<PrivateKey>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned().flatten()
    }

    /// Whether somebody can be asked for a passphrase, and has not been in vain.
    pub(super) fn may_ask(&self, path: &Path) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.asker.is_some() && !matches!(known.get(path), Some(None))
    }

    /// Goes first at a server that may want a locked key, while the others wait; none once
    /// somebody has logged in there. Who goes first hangs up in order to ask, which OpenSSH
    /// since 9.8 takes for a failure; of many at once it would refuse all for a while.
    pub(super) async fn scout(&self, address: &str, port: u16) -> Option<OwnedMutexGuard<bool>> {
        let scout = {
            let mut scouts = self.scouts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(scouts.entry((address.to_owned(), port)).or_default())
        };
        let first = scout.lock_owned().await;
        if *first { None } else { Some(first) }
    }

    /// Asks for the passphrase of a key. Afterwards it is either unlocked, or it is not
    /// asked for again.
    pub(super) async fn unlock(&self, path: &Path) {
        let _turn = self.turn.lock().await;
        // Somebody else may have been answered meanwhile.
        if self.key(path).is_some() || !self.may_ask(path) {
            return;
        }
        let key = self.asked(path).await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), key);
    }

    async fn asked(&self, path: &Path) -> Option<Arc<PrivateKey>> {
        let text = Secret::new(std::fs::read_to_string(path).ok()?);
        for round in 0..TRIES {
            let again = if round == 0 { "" } else { "that was not it; " };
            let prompt = format!("{again}passphrase of the key {}: ", path.display());
            let (answer, answered) = oneshot::channel();
            self.asker.as_ref()?.send(Question { prompt, answer }).ok()?;
            let passphrase = answered.await.ok()??;
            let text = text.clone();
            // Made to take long, on purpose.
            let decode = move || decode_secret_key(text.reveal(), Some(passphrase.reveal())).ok();
            if let Some(key) = tokio::task::spawn_blocking(decode).await.ok()? {
                return Some(Arc::new(key));
            }
        }
        None
    }
}
