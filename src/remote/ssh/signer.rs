//! Signing a login, by the agent or with a key from a file.

use std::future::Future;
use std::path::PathBuf;

use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};
use russh::{SendError, Signer};

use super::agent::Agent;
use super::attempt::Holder;

/// Why a login was not signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    /// The connection is gone.
    #[error("the connection is gone")]
    Gone,
    /// The key has to be unlocked first.
    #[error("it is locked")]
    Locked(PathBuf),
    /// The key or the agent did not do it.
    #[error("{0}")]
    Failed(String),
}

impl From<SendError> for SignError {
    fn from(_: SendError) -> Self {
        Self::Gone
    }
}

/// Signs one login.
pub(super) struct LoginSigner<'a> {
    /// Who signs.
    pub holder: &'a Holder,
    /// The agent, if there is one.
    pub agent: Option<&'a mut Agent>,
}

impl Signer for LoginSigner<'_> {
    type Error = SignError;

    #[allow(clippy::manual_async_fn, reason = "the future must be `Send`")]
    fn auth_sign(
        &mut self,
        _shown: &AgentIdentity,
        hash: Option<HashAlg>,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, SignError>> + Send {
        async move {
            match (self.holder, &mut self.agent) {
                (Holder::File(key), _) => signed(key, hash, bytes)
                    .map_err(|error| SignError::Failed(error.to_string().to_lowercase())),
                (Holder::Agent(held), Some(agent)) => {
                    agent.sign(held, hash, bytes).await.map_err(SignError::Failed)
                }
                (Holder::Locked(path), _) => Err(SignError::Locked(path.clone())),
                (Holder::Agent(_), None) => Err(SignError::Failed("there is no agent".to_owned())),
            }
        }
    }
}

/// The bytes, followed by their signature in the form that a login takes.
fn signed(
    key: &PrivateKey,
    hash: Option<HashAlg>,
    mut bytes: Vec<u8>,
) -> Result<Vec<u8>, ssh_key::Error> {
    let signature: ssh_key::Signature = match key.key_data() {
        KeypairData::Rsa(pair) => (pair, hash).try_sign(&bytes)?,
        other => other.try_sign(&bytes)?,
    };
    let mut encoded = Vec::new();
    signature.encode(&mut encoded)?;
    encoded.encode(&mut bytes)?;
    Ok(bytes)
}
