//! Logging in, with keys and then with a password, and telling why it did not work.

use std::path::PathBuf;

use russh::client::{AuthResult, Handle};
use russh::keys::{Algorithm, HashAlg};
use russh::{MethodKind, MethodSet};

use super::agent::Agent;
use super::attempt::{Attempt, attempts};
use super::error::{ConnectError, Stage};
use super::handler::Client;
use super::identity::Identity;
use super::session::Connection;
use super::settings::Settings;
use super::signer::{LoginSigner, SignError};
use super::target::{Method, Target};
use crate::remote::quote::sh;

/// sshd hangs up after the sixth wrong key unless it is told otherwise.
const MAX_TRIES: usize = 6;

/// Why a login did not come about.
pub(super) enum Denied {
    /// For good.
    Failed(Box<ConnectError>),
    /// The server takes this key, which has to be unlocked before we come again.
    Locked(PathBuf),
}

impl From<ConnectError> for Denied {
    fn from(error: ConnectError) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Logs in with the first key that the server takes, or else with the password.
///
/// The method `none`, which only asks which methods there are, is not tried: it costs a
/// round trip and tells nothing that a refused key does not.
pub(super) async fn authenticate(
    connection: &mut Connection,
    target: &Target,
    settings: &Settings,
    identities: &[Identity],
) -> Result<(), Denied> {
    let mut login = Login { target, tried: Vec::new(), agent: None, rsa: None, remaining: None };
    if target.methods.has(Method::PublicKey) {
        if login.keys(connection, settings, identities).await? {
            return Ok(());
        }
        let unread = |identity: &&Identity| identity.locked && identity.public.is_none();
        if let Some(identity) = identities.iter().find(unread) {
            return Err(Denied::Locked(identity.path.clone()));
        }
    }
    login.password(connection).await.map_err(Denied::from)
}

/// The tries so far.
pub(super) struct Login<'a> {
    /// Where.
    pub target: &'a Target,
    /// Each try, and what came of it.
    pub tried: Vec<String>,
    agent: Option<Agent>,
    /// The hash for RSA signatures, once the server was asked; none if it takes only SHA-1.
    rsa: Option<Option<HashAlg>>,
    /// The methods that the server still takes, once it has said so.
    pub remaining: Option<MethodSet>,
}

impl Login<'_> {
    /// Tries keys. False: none of them was enough.
    async fn keys(
        &mut self,
        connection: &mut Connection,
        settings: &Settings,
        identities: &[Identity],
    ) -> Result<bool, Denied> {
        let mut held = Vec::new();
        if let Some(socket) = &settings.agent {
            match Agent::open(socket, connection.handle.agent_session_binding()).await {
                Ok((agent, keys)) => {
                    self.agent = Some(agent);
                    held = keys;
                }
                Err(reason) => {
                    self.tried.push(format!("no agent at {}: {reason}", socket.display()))
                }
            }
        }
        let (tries, skipped) = attempts(identities, &held, self.target.identities_only);
        self.tried.extend(skipped);
        for attempt in tries.iter().take(MAX_TRIES) {
            if self.attempt(connection, attempt).await? {
                return Ok(true);
            }
            if self.remaining.as_ref().is_some_and(|left| !left.contains(&MethodKind::PublicKey)) {
                break;
            }
        }
        if let more @ 1.. = tries.len().saturating_sub(MAX_TRIES) {
            self.tried.push(format!("too many keys, {more} more were not tried"));
        }
        Ok(false)
    }

    /// Tries one key. False: it was not enough, and what remains is noted.
    async fn attempt(
        &mut self,
        connection: &mut Connection,
        attempt: &Attempt,
    ) -> Result<bool, Denied> {
        let label = &attempt.label;
        let mut hash = None;
        if matches!(attempt.public.algorithm(), Algorithm::Rsa { .. }) {
            hash = self.rsa_hash(&connection.handle).await;
            if hash.is_none() {
                self.tried.push(format!("{label}: the server takes RSA only with SHA-1"));
                return Ok(false);
            }
        }
        match show(&mut connection.handle, attempt, hash, self).await {
            Ok(answer) => Ok(self.judge(connection, label, &answer)?),
            Err(SignError::Failed(reason)) => {
                self.tried.push(format!("{label}: {reason}"));
                Ok(false)
            }
            Err(SignError::Locked(path)) => Err(Denied::Locked(path)),
            Err(SignError::Gone) => Err(self.hung_up(connection, label).into()),
        }
    }

    /// What a server's answer means. False: go on with what remains.
    pub fn judge(
        &mut self,
        connection: &Connection,
        label: &str,
        answer: &AuthResult,
    ) -> Result<bool, ConnectError> {
        let AuthResult::Failure { remaining_methods, partial_success } = answer else {
            return Ok(true);
        };
        if !partial_success && connection.handle.is_closed() {
            return Err(self.hung_up(connection, label));
        }
        let outcome = if *partial_success { "taken, and more is wanted" } else { "refused" };
        self.tried.push(format!("{label}: {outcome}"));
        self.remaining = Some(remaining_methods.clone());
        Ok(false)
    }

    /// The connection ended during a try: a server that has had enough says so.
    pub fn hung_up(&mut self, connection: &Connection, label: &str) -> ConnectError {
        let reason = connection.fault.reason();
        if !connection.fault.is_farewell() {
            return ConnectError::Lost {
                peer: connection.peer.clone(),
                stage: Stage::Authentication,
                reason,
            };
        }
        self.tried.push(format!("{label}: {reason}"));
        self.failed(&reason)
    }

    /// The best hash for RSA signatures, which may take a second to learn.
    async fn rsa_hash(&mut self, handle: &Handle<Client>) -> Option<HashAlg> {
        if let Some(known) = self.rsa {
            return known;
        }
        let hash = match handle.best_supported_rsa_hash().await {
            Ok(Some(hash)) => hash,
            // A server that does not tell is old or plain, and takes either.
            Ok(None) | Err(_) => Some(HashAlg::Sha256),
        };
        self.rsa = Some(hash);
        hash
    }

    /// The end of all tries.
    pub fn failed(&mut self, reason: &str) -> ConnectError {
        let tried = std::mem::take(&mut self.tried);
        ConnectError::Auth {
            name: self.target.name.clone(),
            user: self.target.user.clone(),
            reason: reason.to_owned(),
            help: help(self.target, &tried),
            tried,
        }
    }
}

/// Shows a key or its certificate and signs when the server takes it.
async fn show(
    handle: &mut Handle<Client>,
    attempt: &Attempt,
    hash: Option<HashAlg>,
    login: &mut Login<'_>,
) -> Result<AuthResult, SignError> {
    let user = login.target.user.clone();
    let mut signer = LoginSigner { holder: &attempt.holder, agent: login.agent.as_mut() };
    match &attempt.certificate {
        Some(certificate) => {
            let certificate = certificate.clone();
            handle.authenticate_certificate_with(user, certificate, hash, &mut signer).await
        }
        None => {
            let public = attempt.public.clone();
            handle.authenticate_publickey_with(user, public, hash, &mut signer).await
        }
    }
}

/// What to do about a login that failed after these tries.
fn help(target: &Target, tried: &[String]) -> String {
    let Target { user, address, port, .. } = target;
    let account = sh(&format!("{user}@{address}"));
    let copy =
        format!("put your public key on the host, as with `ssh-copy-id -p {port} {account}`");
    if tried.iter().any(|one| one.contains("is encrypted")) {
        return format!("unlock the key in an agent with `ssh-add`, or {copy}");
    }
    if tried.iter().filter(|one| one.ends_with("refused")).count() > 2 {
        return format!("name the one right key as the host's identity file, or {copy}");
    }
    if target.password.is_none() && target.methods.has(Method::Password) {
        return format!("{copy}, or log in with a password by `--ask-pass`");
    }
    copy
}
