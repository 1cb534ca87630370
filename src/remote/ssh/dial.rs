//! From an address to an open TCP connection, telling apart why there is none.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use super::error::{ConnectError, Stage};
use super::peer::Peer;
use super::target::Target;

/// The addresses of a target, in the order in which the resolver prefers them.
pub(super) async fn resolve(
    target: &Target,
    deadline: Instant,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |reason: String| ConnectError::Resolve { address: target.address.clone(), reason };
    let started = Instant::now();
    let looked_up = timeout_at(deadline, lookup_host((target.address.as_str(), target.port)));
    let found = match looked_up.await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Err(failed(plain(&error))),
        Err(_) => {
            return Err(ConnectError::Timeout {
                address: target.address.clone(),
                stage: Stage::Resolution,
                after: started.elapsed(),
            });
        }
    };
    let mut addresses = Vec::new();
    for address in found {
        if target.family.is_none_or(|family| family.has(&address)) && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    match (addresses.is_empty(), target.family) {
        (false, _) => Ok(addresses),
        (true, Some(family)) => Err(failed(format!("it has no {family} address"))),
        (true, None) => Err(failed("it has no address".to_owned())),
    }
}

/// A connection to the first address that answers.
///
/// Each address gets an equal share of the time that is left, so that one that swallows
/// packets does not starve those after it.
pub(super) async fn dial(
    addresses: &[SocketAddr],
    from: Option<IpAddr>,
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let mut worst: Option<ConnectError> = None;
    for (index, address) in addresses.iter().enumerate() {
        let started = Instant::now();
        let left = deadline.saturating_duration_since(started);
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let until = started + left / others;
        let error = match timeout_at(until, connected(*address, from)).await {
            Ok(Ok(stream)) => return prepared(stream, *address),
            Ok(Err(error)) => classify(*address, &error, started),
            Err(_) => ConnectError::Timeout {
                address: address.to_string(),
                stage: Stage::Tcp,
                after: started.elapsed(),
            },
        };
        if worst.as_ref().is_none_or(|known| rank(&error) > rank(known)) {
            worst = Some(error);
        }
    }
    Err(worst.unwrap_or_else(|| ConnectError::Resolve {
        address: String::new(),
        reason: "it has no address".to_owned(),
    }))
}

/// A connection from any address of ours, or from this one.
async fn connected(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(from) = from else {
        return TcpStream::connect(to).await;
    };
    let socket = if from.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(to).await
}

/// Sends small packets at once: the library below does not do that on streams it is given.
fn prepared(stream: TcpStream, peer: SocketAddr) -> Result<TcpStream, ConnectError> {
    stream.set_nodelay(true).map_err(|error| ConnectError::Lost {
        peer: Peer::Direct(peer),
        stage: Stage::Tcp,
        reason: plain(&error),
    })?;
    Ok(stream)
}

/// How much an error tells: of several addresses, the one that came furthest counts.
fn rank(error: &ConnectError) -> u8 {
    match error {
        ConnectError::NoRoute { .. } => 0,
        ConnectError::Timeout { .. } => 1,
        _ => 2,
    }
}

/// What an error of `connect(2)` means.
fn classify(peer: SocketAddr, error: &io::Error, started: Instant) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::Refused { peer },
        io::ErrorKind::TimedOut => ConnectError::Timeout {
            address: peer.to_string(),
            stage: Stage::Tcp,
            after: started.elapsed(),
        },
        io::ErrorKind::ConnectionReset => {
            ConnectError::ClosedBeforeGreeting { peer: Peer::Direct(peer), said: None }
        }
        _ => ConnectError::NoRoute { peer, reason: plain(error) },
    }
}

/// The system's words without the error number that Rust appends.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
