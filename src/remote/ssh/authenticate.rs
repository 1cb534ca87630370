//! Logging in with keys, and telling why it did not work.

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
use super::target::Target;
use crate::remote::quote::sh;

/// sshd hangs up after the sixth wrong key unless it is told otherwise.
const MAX_TRIES: usize = 6;

/// Logs in with the first key that the server takes.
///
/// The method `none`, which only asks which methods there are, is not tried: it costs a
/// round trip and tells nothing that a refused key does not.
pub(super) async fn authenticate(
    connection: &mut Connection,
    target: &Target,
    settings: &Settings,
    identities: &[Identity],
) -> Result<(), ConnectError> {
    let mut login = Login { target, tried: Vec::new(), agent: None, rsa: None };
    let mut held = Vec::new();
    if let Some(socket) = &settings.agent {
        match Agent::open(socket, connection.handle.agent_session_binding()).await {
            Ok((agent, keys)) => {
                login.agent = Some(agent);
                held = keys;
            }
            Err(reason) => login.tried.push(format!("no agent at {}: {reason}", socket.display())),
        }
    }
    let (tries, skipped) = attempts(identities, &held, target.identities_only);
    login.tried.extend(skipped);
    if tries.is_empty() {
        return Err(login.failed("there is no key to try"));
    }
    for attempt in tries.iter().take(MAX_TRIES) {
        if login.attempt(connection, attempt).await? {
            return Ok(());
        }
    }
    let untried = tries.len().saturating_sub(MAX_TRIES);
    match untried {
        0 => Err(login.failed("it takes none of the keys")),
        more => Err(login.failed(&format!("too many keys, {more} more were not tried"))),
    }
}

/// The tries so far.
struct Login<'a> {
    target: &'a Target,
    tried: Vec<String>,
    agent: Option<Agent>,
    /// The hash for RSA signatures, once the server was asked; none if it takes only SHA-1.
    rsa: Option<Option<HashAlg>>,
}

impl Login<'_> {
    /// Tries one key. False: it was refused and the next one can be tried.
    async fn attempt(
        &mut self,
        connection: &mut Connection,
        attempt: &Attempt,
    ) -> Result<bool, ConnectError> {
        let label = &attempt.label;
        let mut hash = None;
        if matches!(attempt.public.algorithm(), Algorithm::Rsa { .. }) {
            hash = self.rsa_hash(&connection.handle).await;
            if hash.is_none() {
                self.tried.push(format!("{label}: the server takes RSA only with SHA-1"));
                return Ok(false);
            }
        }
        let answer = show(&mut connection.handle, attempt, hash, self).await;
        let (remaining, partial) = match answer {
            Ok(AuthResult::Success) => return Ok(true),
            Ok(AuthResult::Failure { remaining_methods, partial_success }) => {
                (remaining_methods, partial_success)
            }
            Err(SignError::Failed(reason)) => {
                self.tried.push(format!("{label}: {reason}"));
                return Ok(false);
            }
            Err(SignError::Gone) => (MethodSet::empty(), false),
        };
        if partial {
            self.tried.push(format!("{label}: taken"));
            let more = names(&remaining);
            return Err(self.failed(&format!("it also wants {more}, which is not supported")));
        }
        if connection.handle.is_closed() {
            return Err(self.hung_up(connection, label));
        }
        self.tried.push(format!("{label}: refused"));
        if !remaining.contains(&MethodKind::PublicKey) {
            let methods = names(&remaining);
            return Err(self.failed(&format!("it takes no keys, only {methods}")));
        }
        Ok(false)
    }

    /// The connection ended during a try: a server that has had enough says so.
    fn hung_up(&mut self, connection: &Connection, label: &str) -> ConnectError {
        let reason = connection.fault.reason();
        if !connection.fault.is_farewell() {
            return ConnectError::Lost {
                peer: connection.peer,
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

    fn failed(&mut self, reason: &str) -> ConnectError {
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

fn names(methods: &MethodSet) -> String {
    let names: Vec<String> = methods.iter().map(String::from).collect();
    names.join(", ")
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
    copy
}
