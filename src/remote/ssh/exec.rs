//! A command that runs on a host: its input, its output line by line, its end.

use std::sync::Arc;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelReadHalf, ChannelWriteHalf};
use tokio::time::{Instant, timeout_at};

use super::fault::Fault;
use super::inbox::Inbox;
use super::lines::Lines;
use super::session_error::SessionError;
use super::stream::Leash;

/// The bounds of one command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From its start to its end.
    pub time: Duration,
    /// Bytes of output.
    pub output: usize,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its exit status; none if a signal ended it, or if the server did not tell.
    pub status: Option<u32>,
    /// The signal that ended it, as in `TERM`.
    pub signal: Option<String>,
    /// The last 16 KiB of its standard error.
    pub stderr: String,
}

/// A running command. Dropping it closes its input and output, whereupon most end.
pub struct Exec {
    /// Both ways to the command, until it was given up.
    halves: Option<(ChannelReadHalf, ChannelWriteHalf<Msg>)>,
    /// Why it was given up.
    failed: Option<SessionError>,
    inbox: Inbox,
    fault: Fault,
    limit: Duration,
    started: Instant,
    leash: Arc<Leash>,
}

impl std::fmt::Debug for Exec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exec")
            .field("status", &self.inbox.status)
            .field("closed", &self.inbox.closed)
            .finish_non_exhaustive()
    }
}

impl Exec {
    pub(super) fn new(
        channel: Channel<Msg>,
        fault: Fault,
        leash: Arc<Leash>,
        limits: Limits,
    ) -> Self {
        Self {
            halves: Some(channel.split()),
            failed: None,
            inbox: Inbox::new(limits.output, fault.clone()),
            fault,
            limit: limits.time,
            started: Instant::now(),
            leash,
        }
    }

    /// Asks for the command to be run. The answer comes before its first output, so
    /// waiting for it here would only cost a round trip.
    pub(super) async fn start(&mut self, command: &str) -> Result<(), SessionError> {
        let command = command.as_bytes().to_vec();
        self.told(async |write| write.exec(true, command).await).await
    }

    /// Bounds the time from the command's start to its end.
    pub fn time_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Bounds the output in bytes, both streams together, from the command's start.
    pub fn output_limit(&mut self, limit: usize) {
        self.inbox.limit = limit;
    }

    /// Writes to the command's input, taking in what it prints meanwhile.
    ///
    /// A future that is dropped half-way has sent an unknown part of the bytes.
    ///
    /// # Errors
    ///
    /// [`SessionError::InputClosed`] if the command ended before it read everything:
    /// what it printed can still be read, and [`Exec::finish`] tells its status.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let bytes = bytes.to_vec();
        self.told(async |write| write.data_bytes(bytes).await).await
    }

    /// Closes the command's input.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn eof(&mut self) -> Result<(), SessionError> {
        match self.told(async |write| write.eof().await).await {
            Err(SessionError::InputClosed) => Ok(()),
            result => result,
        }
    }

    /// The next line of the command's output without its newline; none at its end.
    ///
    /// # Errors
    ///
    /// A line that is no text or too long, too much output, or no connection any more.
    /// The command is given up then.
    pub async fn line(&mut self) -> Result<Option<String>, SessionError> {
        loop {
            let line = self.inbox.lines.next();
            if let Some(line) = self.or_give_up(line)? {
                return Ok(Some(line));
            }
            if self.inbox.ended {
                return self.inbox.lines.last();
            }
            self.receive().await?;
        }
    }

    /// Waits for the command's end. Output that was not read is thrown away.
    ///
    /// # Errors
    ///
    /// Too much output, or no connection any more before the command's end.
    pub async fn finish(mut self) -> Result<Finished, SessionError> {
        self.eof().await?;
        while !self.inbox.closed {
            self.receive().await?;
            self.inbox.lines = Lines::default();
        }
        Ok(Finished {
            status: self.inbox.status,
            signal: self.inbox.signal.clone(),
            stderr: self.inbox.stderr.text(),
        })
    }

    /// Takes in one message.
    async fn receive(&mut self) -> Result<(), SessionError> {
        let deadline = self.started + self.limit;
        let Some((read, _)) = &mut self.halves else {
            return Err(self.given_up());
        };
        let received = match timeout_at(deadline, read.wait()).await {
            Ok(message) => self.inbox.take(message),
            Err(_) => Err(late(self.limit)),
        };
        self.or_give_up(received)
    }

    /// Tells the server something, while taking in what comes from it: a peer that has
    /// to get rid of its output first would otherwise never take our input.
    async fn told(
        &mut self,
        tell: impl AsyncFnOnce(&ChannelWriteHalf<Msg>) -> Result<(), russh::Error>,
    ) -> Result<(), SessionError> {
        let Some((read, write)) = &mut self.halves else {
            return Err(self.given_up());
        };
        let (inbox, fault, limit) = (&mut self.inbox, &self.fault, self.limit);
        let exchange = async {
            let telling = tell(write);
            tokio::pin!(telling);
            while !inbox.closed {
                tokio::select! {
                    told = &mut telling => {
                        return told.map_err(|_| SessionError::Lost { reason: fault.reason() });
                    }
                    message = read.wait() => inbox.take(message)?,
                }
            }
            Err(SessionError::InputClosed)
        };
        let told = match timeout_at(self.started + limit, exchange).await {
            Ok(told) => told,
            Err(_) => Err(late(limit)),
        };
        self.or_give_up(told)
    }

    /// Gives the command up if this is an error after which nothing of it can be used.
    ///
    /// What it still prints must not stay unread, which would hold up other commands.
    fn or_give_up<T>(&mut self, result: Result<T, SessionError>) -> Result<T, SessionError> {
        if let Err(error) = &result
            && *error != SessionError::InputClosed
        {
            self.failed.get_or_insert_with(|| error.clone());
            self.hang_up();
        }
        result
    }

    /// The error for which the command was given up.
    fn given_up(&self) -> SessionError {
        self.failed.clone().unwrap_or(SessionError::InputClosed)
    }

    /// Lets go of the command and tells the server, which ends it only then.
    fn hang_up(&mut self) {
        let Some((_, write)) = self.halves.take() else {
            return;
        };
        // Nobody waits for that; without a runtime the connection itself is about to end.
        if !self.inbox.closed
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let leash = Arc::clone(&self.leash);
            runtime.spawn(async move {
                let _told = write.close().await;
                drop(leash);
            });
        }
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        self.hang_up();
    }
}

fn late(limit: Duration) -> SessionError {
    SessionError::Timeout { what: "the command", limit }
}
