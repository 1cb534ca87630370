//! A session: one connection to one host, logged in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{Channel, Disconnect, Error};
use tokio::time::timeout;

use super::error::{ConnectError, Stage};
use super::exec::{Exec, Limits};
use super::fault::Fault;
use super::handler::{Client, words};
use super::peer::Peer;
use super::session_error::SessionError;
use super::settings::Settings;
use super::stream::Leash;

/// What stands for an address that is not known.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
/// Understood by every shell that an account may have.
const ASK_ENDS: &str = "echo rappel-ends \"$SSH_CONNECTION\"";

/// The server's address and the one it was reached from, out of what the server's shell
/// says: `rappel-ends CLIENT PORT SERVER PORT`.
fn ends_in(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let said = line.trim().strip_prefix("rappel-ends ")?;
    let fields: Vec<&str> = said.split_ascii_whitespace().collect();
    let [from, from_port, to, to_port] = fields.as_slice() else {
        return None;
    };
    let address = |host: &str, port: &str| {
        // The scope of a link-local address is the server's own business.
        let host = host.split('%').next().unwrap_or_default();
        Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, port.parse().ok()?))
    };
    Some((address(to, to_port)?, address(from, from_port)?))
}

/// How long a connection is given to say goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

/// A connection whose host key was accepted.
pub(super) struct Connection {
    /// The library's end of its task.
    pub handle: Handle<Client>,
    /// Keeps the stream alive.
    pub leash: Arc<Leash>,
    /// Why it ended, once it has.
    pub fault: Fault,
    /// Who the server is.
    pub peer: Peer,
    /// The server's address and ours, as far as they are known.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// The fingerprint of the accepted host key.
    pub host_key: String,
    /// The session with the host on the way, which carries this one.
    pub _way: Option<Arc<Session>>,
}

/// A logged-in connection, on which commands can be run.
///
/// Dropping it cuts the connection once no command of it is left; [`Session::close`]
/// says goodbye first.
pub struct Session {
    connection: Connection,
    limits: Limits,
    /// For a channel to be opened.
    patience: Duration,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("peer", &self.peer())
            .field("local", &self.local())
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(connection: Connection, settings: &Settings) -> Self {
        Self {
            connection,
            limits: Limits { time: settings.exec_timeout, output: settings.output_limit },
            patience: settings.connect_timeout.max(settings.silence_limit()),
        }
    }

    /// The address of the server that was really reached: the one that we connected to,
    /// or where something is in between, the one at which the server was reached by that.
    pub fn peer(&self) -> SocketAddr {
        self.connection.ends.map_or(NOWHERE, |(peer, _)| peer)
    }

    /// The address that it was reached from.
    pub fn local(&self) -> SocketAddr {
        self.connection.ends.map_or(NOWHERE, |(_, local)| local)
    }

    /// Whether the connection is a TCP connection of our own.
    pub fn is_direct(&self) -> bool {
        matches!(self.connection.peer, Peer::Direct(_))
    }

    /// Asks the server between which addresses the connection runs at its end.
    pub(super) async fn learn_ends(&mut self) -> Result<(), ConnectError> {
        let lost = |peer: &Peer, error: SessionError| ConnectError::Lost {
            peer: peer.clone(),
            stage: Stage::Authentication,
            reason: error.to_string(),
        };
        let peer = &self.connection.peer;
        let mut exec = self.exec(ASK_ENDS).await.map_err(|error| lost(peer, error))?;
        exec.output_limit(64 << 10);
        let mut ends = None;
        let listening = async {
            exec.eof().await?;
            while let Some(line) = exec.line().await? {
                ends = ends.or_else(|| ends_in(&line));
            }
            Ok(())
        };
        match timeout(self.patience, listening).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(lost(peer, error)),
            Err(_) => return Err(ConnectError::Nowhere { peer: peer.clone() }),
        }
        if ends.is_none() {
            return Err(ConnectError::Nowhere { peer: peer.clone() });
        }
        self.connection.ends = ends;
        Ok(())
    }

    /// Has the server connect to somewhere else.
    pub(super) async fn connect_to(&self, address: &str, port: u16) -> Result<Channel<Msg>, Error> {
        let handle = &self.connection.handle;
        handle.channel_open_direct_tcpip(address, u32::from(port), "127.0.0.1", 0).await
    }

    /// The fingerprint of the host's key, as in `SHA256:…`.
    pub fn host_key(&self) -> &str {
        &self.connection.host_key
    }

    /// Starts a command in the account's login shell.
    ///
    /// Several commands can run at the same time, but each has to be read from: the
    /// output of one that nobody reads holds up the others when it is more than a few
    /// hundred KiB.
    ///
    /// # Errors
    ///
    /// The connection is lost, or the server opens no channel.
    pub async fn exec(&self, command: &str) -> Result<Exec, SessionError> {
        let Connection { handle, leash, fault, .. } = &self.connection;
        let opened = timeout(self.patience, handle.channel_open_session()).await;
        let channel = match opened {
            Ok(Ok(channel)) => channel,
            Ok(Err(Error::ChannelOpenFailure(reason))) => {
                let reason = format!("{reason:?}");
                return Err(SessionError::ChannelRefused { reason });
            }
            Ok(Err(error)) => {
                let reason = fault.get().unwrap_or_else(|| words(&error));
                return Err(SessionError::Lost { reason });
            }
            Err(_) => {
                return Err(SessionError::Timeout {
                    what: "opening a channel",
                    limit: self.patience,
                });
            }
        };
        let mut exec = Exec::new(channel, fault.clone(), Arc::clone(leash), self.limits);
        exec.start(command).await?;
        Ok(exec)
    }

    /// Ends the session, with a goodbye if the server still listens.
    pub async fn close(self) {
        let Connection { handle, .. } = self.connection;
        let farewell = async {
            let said = handle.disconnect(Disconnect::ByApplication, "done", "").await;
            // Waits until it is on its way: the leash ends the task at once.
            if said.is_ok() {
                let _ended = handle.await;
            }
        };
        let _in_time = timeout(GOODBYE, farewell).await;
    }
}

#[cfg(test)]
mod tests {
    use super::ends_in;

    #[test]
    fn the_server_says_where_it_was_reached() {
        let ends = ends_in("rappel-ends 192.0.2.1 50000 203.0.113.10 22").expect("ends");
        assert_eq!(ends.0.to_string(), "203.0.113.10:22");
        assert_eq!(ends.1.to_string(), "192.0.2.1:50000");
        let ends = ends_in("rappel-ends fe80::1%eth0 50000 2001:db8::1 22\r").expect("ends");
        assert_eq!(ends.0.to_string(), "[2001:db8::1]:22");
        for line in ["rappel-ends ", "welcome", "rappel-ends UNKNOWN 65535 UNKNOWN 65535"] {
            assert_eq!(ends_in(line), None, "{line}");
        }
    }
}
