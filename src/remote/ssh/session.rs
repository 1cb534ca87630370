//! A session: one connection to one host, logged in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use russh::client::Handle;
use russh::{Disconnect, Error};
use tokio::time::timeout;

use super::exec::{Exec, Limits};
use super::fault::Fault;
use super::handler::{Client, words};
use super::session_error::SessionError;
use super::settings::Settings;
use super::stream::Leash;

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
    /// The server's address.
    pub peer: SocketAddr,
    /// Our address.
    pub local: SocketAddr,
    /// The fingerprint of the accepted host key.
    pub host_key: String,
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

    /// The address of the server that was really reached.
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer
    }

    /// The address that it was reached from.
    pub fn local(&self) -> SocketAddr {
        self.connection.local
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
