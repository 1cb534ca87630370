//! The SSH agent: keys that sign without being shown.

use std::path::Path;

use russh::keys::HashAlg;
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};

#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use russh::keys::agent::client::AgentClient;
#[cfg(unix)]
use tokio::net::UnixStream;
#[cfg(unix)]
use tokio::time::timeout;

/// An agent that does not list its keys within this time is left out.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to an agent.
pub(super) struct Agent {
    #[cfg(unix)]
    client: AgentClient<UnixStream>,
}

#[cfg(unix)]
impl Agent {
    /// Connects to an agent and lists its keys; why not, if that fails.
    ///
    /// The binding tells it which connection the keys are for.
    pub async fn open(
        socket: &Path,
        binding: Option<&AgentSessionBinding>,
    ) -> Result<(Self, Vec<AgentIdentity>), String> {
        match timeout(PATIENCE, Self::listed(socket, binding)).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => Err(error.to_string().to_lowercase()),
            Err(_) => Err("it does not answer".to_owned()),
        }
    }

    async fn listed(
        socket: &Path,
        binding: Option<&AgentSessionBinding>,
    ) -> Result<(Self, Vec<AgentIdentity>), russh::keys::Error> {
        let mut client = AgentClient::connect_uds(socket).await?;
        if let Some(binding) = binding {
            // Keys that are bound to certain hosts need this; agents that know nothing
            // of it refuse and are none the worse for it.
            let _bound = client.bind_session(binding, false).await;
        }
        let identities = client.request_identities().await?;
        Ok((Self { client }, identities))
    }

    /// The bytes, followed by their signature in the form that a login takes.
    pub async fn sign(
        &mut self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        let signed = self.client.sign_request(identity, hash, bytes).await;
        signed.map_err(|_| "the agent did not sign with it".to_owned())
    }
}

#[cfg(not(unix))]
impl Agent {
    /// Fails: agents are asked on Unix only.
    pub async fn open(
        _socket: &Path,
        _binding: Option<&AgentSessionBinding>,
    ) -> Result<(Self, Vec<AgentIdentity>), String> {
        Err("agents are supported on unix only".to_owned())
    }

    /// Fails: agents are asked on Unix only.
    pub async fn sign(
        &mut self,
        _identity: &AgentIdentity,
        _hash: Option<HashAlg>,
        _bytes: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        Err("agents are supported on unix only".to_owned())
    }
}
