//! What carries a session: a TCP connection of our own, a channel of a jump host, or a
//! command.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use russh::{ChannelOpenFailure, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::dial::{dial, plain, resolve};
use super::error::{ConnectError, Stage};
use super::handler::words;
use super::peer::Peer;
use super::proxy::Piped;
use super::session::Session;
use super::settings::Settings;
use super::target::{Target, Via};

/// Bytes both ways.
pub(super) trait Carrier: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Carrier for T {}

/// A connection that nothing was said on yet.
pub(super) struct Carried {
    /// Its bytes.
    pub io: Box<dyn Carrier>,
    /// Who is at the other end.
    pub peer: Peer,
    /// Both ends, if the connection is our own.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// What a command in between says when it fails.
    pub complaint: Option<super::proxy::Complaint>,
}

/// Makes connections to one target.
pub(super) enum Dialer {
    /// To these addresses, from this one.
    Direct(Vec<SocketAddr>, Option<IpAddr>),
    /// By a host that we are logged in to.
    Jump(Arc<Session>, String),
    /// By a command.
    Command(String),
}

impl Dialer {
    /// Looks the target's name up, or logs in to the host on the way.
    pub async fn new(
        target: &Target,
        settings: &Settings,
        deadline: Instant,
    ) -> Result<Self, ConnectError> {
        match &target.via {
            Via::Direct => {
                let _ = settings;
                let addresses = resolve(target, deadline).await?;
                Ok(Self::Direct(addresses, target.bind))
            }
            Via::Jump(road) => {
                let name = road.target.name.clone();
                let opened = Box::pin(super::connect::opened(&road.target, &road.settings)).await;
                match opened {
                    Ok(session) => Ok(Self::Jump(Arc::new(session), name)),
                    Err(error) => Err(ConnectError::Jump { name, error: Box::new(error) }),
                }
            }
            Via::Command(command) => Ok(Self::Command(command.clone())),
        }
    }

    /// The session that has to live as long as its connections.
    pub fn session(&self) -> Option<Arc<Session>> {
        match self {
            Self::Jump(session, _) => Some(Arc::clone(session)),
            Self::Direct(..) | Self::Command(_) => None,
        }
    }

    /// A new connection: nothing of an earlier one is used again.
    pub async fn dial(&self, target: &Target, deadline: Instant) -> Result<Carried, ConnectError> {
        match self {
            Self::Direct(addresses, from) => {
                let tcp = dial(addresses, *from, deadline).await?;
                let ends = tcp.peer_addr().and_then(|peer| Ok((peer, tcp.local_addr()?)));
                // The system forgets the peer of a connection that was reset meanwhile.
                let (peer, local) = ends.map_err(|error| ConnectError::Resolve {
                    address: target.address.clone(),
                    reason: plain(&error),
                })?;
                let (ends, peer) = (Some((peer, local)), Peer::Direct(peer));
                Ok(Carried { io: Box::new(tcp), peer, ends, complaint: None })
            }
            Self::Jump(session, name) => by_jump(session, name, target, deadline).await,
            Self::Command(command) => {
                let (piped, complaint) = Piped::start(command)?;
                let peer = Peer::through(&target.address, target.port, "the proxy command");
                let complaint = Some(complaint);
                Ok(Carried { io: Box::new(piped), peer, ends: None, complaint })
            }
        }
    }
}

/// A TCP connection that a jump host makes for us.
async fn by_jump(
    session: &Session,
    name: &str,
    target: &Target,
    deadline: Instant,
) -> Result<Carried, ConnectError> {
    let peer = Peer::through(&target.address, target.port, name);
    let started = Instant::now();
    let opened = timeout_at(deadline, session.connect_to(&target.address, target.port)).await;
    match opened {
        Ok(Ok(channel)) => {
            let io = Box::new(channel.into_stream());
            Ok(Carried { io, peer, ends: None, complaint: None })
        }
        Ok(Err(Error::ChannelOpenFailure(reason))) => Err(ConnectError::NotForwarded {
            peer,
            failed: is_failed(reason),
            jump: name.to_owned(),
        }),
        Ok(Err(error)) => {
            Err(ConnectError::Lost { peer, stage: Stage::Tcp, reason: words(&error) })
        }
        Err(_) => Err(ConnectError::Timeout {
            address: peer.to_string(),
            stage: Stage::Tcp,
            after: started.elapsed(),
        }),
    }
}

/// Whether the jump host tried, as against would not.
fn is_failed(reason: ChannelOpenFailure) -> bool {
    matches!(reason, ChannelOpenFailure::ConnectFailed)
}
