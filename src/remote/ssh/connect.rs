//! From a target to a session: dial, agree on keys, check the host, log in.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{Config, connect_stream};
use russh::{Error, Preferred, SshId};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::algorithms;
use super::authenticate::{Denied, authenticate};
use super::error::{ConnectError, Stage};
use super::fault::Fault;
use super::handler::{Client, Verdict, taken, words};
use super::host_key::Judge;
use super::identity::{self, Identity};
use super::peer::Peer;
use super::session::{Connection, Session};
use super::settings::Settings;
use super::stream::{Head, Stream};
use super::target::{Target, Via};
use super::transport::{Carried, Dialer};

/// How often a server that hangs up at once is tried again.
const RETRIES: u32 = 6;

/// A session on a new TCP connection.
///
/// Every step is bounded by the settings' limits. A server that hangs up before its
/// greeting is tried again a few times within `connect_timeout`, since that is how sshd
/// says that it is busy; nothing else is. Hosts on the way are logged in to anew as well,
/// each within limits of its own. Only waiting for a passphrase has no limit.
///
/// # Errors
///
/// The first thing that went wrong, as precisely as it is known.
pub async fn connect(target: &Target, settings: &Settings) -> Result<Session, ConnectError> {
    let mut session = opened(target, settings).await?;
    if !matches!(target.via, Via::Direct) {
        session.learn_ends().await?;
    }
    Ok(session)
}

/// A session that may not know yet which address it has reached.
pub(super) async fn opened(target: &Target, settings: &Settings) -> Result<Session, ConnectError> {
    loop {
        let mut identities = identity::load(target, settings)?;
        let mut scout = None;
        if identities.iter().any(|identity| identity.locked) {
            scout = settings.keyring.scout(&target.address, target.port).await;
            // The one before may have unlocked it.
            identities = identity::load(target, settings)?;
        }
        match logged_in(target, settings, &identities).await {
            Ok(session) => {
                if let Some(logs_in) = &mut scout {
                    **logs_in = true;
                }
                return Ok(session);
            }
            Err(Denied::Failed(error)) => return Err(*error),
            // The server would not wait until somebody has typed it.
            Err(Denied::Locked(path)) => settings.keyring.unlock(&path).await,
        }
    }
}

async fn logged_in(
    target: &Target,
    settings: &Settings,
    identities: &[Identity],
) -> Result<Session, Denied> {
    let deadline = Instant::now() + settings.connect_timeout;
    let dialer = Dialer::new(target, settings, deadline).await?;
    // Hosts on the way have had limits of their own.
    let deadline = match target.via {
        Via::Direct => deadline,
        Via::Jump(_) | Via::Command(_) => Instant::now() + settings.connect_timeout,
    };
    let mut made = greeted(target, settings, &dialer, deadline).await?;
    let login = authenticate(&mut made, target, settings, identities);
    match timeout(settings.auth_timeout, login).await {
        Ok(outcome) => outcome?,
        Err(_) => {
            return Err(Denied::from(ConnectError::Timeout {
                address: target.address.clone(),
                stage: Stage::Authentication,
                after: settings.auth_timeout,
            }));
        }
    }
    Ok(Session::new(made, settings))
}

/// A connection with an accepted host key, after as many tries as it takes.
async fn greeted(
    target: &Target,
    settings: &Settings,
    dialer: &Dialer,
    deadline: Instant,
) -> Result<Connection, ConnectError> {
    let mut attempt = 0;
    loop {
        let carried = dialer.dial(target, deadline).await?;
        let error = match handshake(carried, dialer, target, settings, deadline).await {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        let pause = backoff(attempt);
        let busy = matches!(error, ConnectError::ClosedBeforeGreeting { .. });
        if !busy || attempt == RETRIES || Instant::now() + pause >= deadline {
            return Err(error);
        }
        sleep(pause).await;
        attempt += 1;
    }
}

/// 0.1 s, doubled with each attempt, times 0.5 to 1.5 so that many clients spread out.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(100 << attempt).mul_f64(rand::random_range(0.5..1.5))
}

/// Agrees on keys and has the host key judged.
async fn handshake(
    carried: Carried,
    dialer: &Dialer,
    target: &Target,
    settings: &Settings,
    deadline: Instant,
) -> Result<Connection, ConnectError> {
    let Carried { io, peer, ends, complaint } = carried;
    let judge = Judge::new(target, settings)?;
    let offered =
        algorithms::offered(&judge.algorithms(), judge.knows_authority(), &settings.algorithms)
            .map_err(|reason| ConnectError::Setting { name: target.name.clone(), reason })?;
    let config = Arc::new(config(settings, offered));
    let (fault, head, verdict) = (Fault::default(), Head::default(), Verdict::default());
    let (stream, leash) = Stream::new(io, settings.silence_limit(), head.clone(), fault.clone());
    let client = Client { judge, verdict: Arc::clone(&verdict), fault: fault.clone() };
    let started = Instant::now();
    let made = timeout_at(deadline, connect_stream(config, stream, client)).await;
    match (made, taken(&verdict)) {
        (Ok(Ok(handle)), Some(Ok(host_key))) => {
            let (leash, way) = (Arc::new(leash), dialer.session());
            Ok(Connection { handle, leash, fault, peer, ends, host_key, _way: way })
        }
        (_, Some(Err(refusal))) => Err(refusal),
        (Ok(Ok(_)), None) => {
            Err(ConnectError::Protocol { peer, reason: "it showed no host key".to_owned() })
        }
        (Ok(Err(error)), _) => match complaint {
            Some(complaint) if !head.greeted() => {
                // What it has to say may come a little later than its end.
                sleep(Duration::from_millis(100)).await;
                Err(proxy_failed(target, complaint.text()))
            }
            _ => Err(broken(peer, &error, &fault, &head)),
        },
        (Err(_), _) => Err(ConnectError::Timeout {
            address: target.address.clone(),
            stage: Stage::Handshake,
            after: started.elapsed(),
        }),
    }
}

/// A proxy command that ended before the server spoke.
fn proxy_failed(target: &Target, said: Option<String>) -> ConnectError {
    let command = match &target.via {
        Via::Command(command) => command.clone(),
        Via::Direct | Via::Jump(_) => String::new(),
    };
    let reason = said.unwrap_or_else(|| "it ended without a word".to_owned());
    ConnectError::ProxyCommand { command, reason }
}

/// What the library is told to do.
fn config(settings: &Settings, preferred: Preferred) -> Config {
    Config {
        client_id: SshId::Standard(concat!("SSH-2.0-rappel_", env!("CARGO_PKG_VERSION")).into()),
        preferred,
        keepalive_interval: Some(settings.keepalive),
        keepalive_max: settings.keepalive_max,
        // Enough for a full window, so that a reader that is a little late does not stop
        // the whole connection.
        channel_buffer_size: 64,
        nodelay: true,
        ..Config::default()
    }
}

/// Why a handshake failed.
fn broken(peer: Peer, error: &Error, fault: &Fault, head: &Head) -> ConnectError {
    // The library also calls it a disconnect when it gave up on a packet.
    let closed = match error {
        Error::IO(_) => true,
        Error::Disconnect | Error::HUP | Error::SendError => fault.get().is_some(),
        _ => false,
    };
    if !closed {
        let mut reason = match error {
            Error::Disconnect => "it sent a malformed packet".to_owned(),
            other => words(other),
        };
        if let (false, Some(said)) = (head.greeted(), head.text()) {
            reason = format!("it said: {said}");
        }
        return ConnectError::Protocol { peer, reason };
    }
    if !head.greeted() {
        let said = head.text();
        return ConnectError::ClosedBeforeGreeting { peer, said };
    }
    ConnectError::Lost {
        peer,
        stage: Stage::Handshake,
        reason: fault.get().unwrap_or_else(|| words(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::backoff;

    #[test]
    fn pauses_grow_and_stay_short() {
        for attempt in 0..6 {
            let millis = backoff(attempt).as_millis();
            let base = 100_u128 << attempt;
            assert!(millis >= base / 2 && millis <= base * 3 / 2, "{millis}");
        }
    }
}
