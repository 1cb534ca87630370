//! What a running command has sent so far.

use russh::ChannelMsg;

use super::fault::Fault;
use super::lines::{Lines, Tail};
use super::session_error::SessionError;

/// How much of the end of standard error is kept, in bytes.
const STDERR_KEPT: usize = 16 << 10;

/// Standard error has this stream number.
const STDERR: u32 = 1;

/// Everything received from a command and not yet taken.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Standard output.
    pub lines: Lines,
    /// The end of standard error.
    pub stderr: Tail,
    /// The exit status, once it is known.
    pub status: Option<u32>,
    /// The signal that ended the command, once it is known.
    pub signal: Option<String>,
    /// No more output comes.
    pub ended: bool,
    /// Nothing comes at all any more.
    pub closed: bool,
    /// Bound of the output in bytes, both streams together.
    pub limit: usize,
    received: usize,
    fault: Fault,
}

impl Inbox {
    /// An empty one for at most `limit` bytes.
    pub fn new(limit: usize, fault: Fault) -> Self {
        Self {
            lines: Lines::default(),
            stderr: Tail::new(STDERR_KEPT),
            status: None,
            signal: None,
            ended: false,
            closed: false,
            limit,
            received: 0,
            fault,
        }
    }

    /// Takes a message, where `None` is the end of the channel's messages.
    pub fn take(&mut self, message: Option<ChannelMsg>) -> Result<(), SessionError> {
        match message {
            Some(ChannelMsg::Data { data }) => {
                self.count(data.len())?;
                self.lines.push(&data);
            }
            Some(ChannelMsg::ExtendedData { data, ext }) => {
                self.count(data.len())?;
                if ext == STDERR {
                    self.stderr.push(&data);
                }
            }
            Some(ChannelMsg::Eof) => self.ended = true,
            Some(ChannelMsg::ExitStatus { exit_status }) => self.status = Some(exit_status),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                self.signal = Some(format!("{signal_name:?}"));
            }
            Some(ChannelMsg::Failure) => return Err(SessionError::CommandRefused),
            Some(ChannelMsg::Close) => {
                self.ended = true;
                self.closed = true;
            }
            Some(_) => {}
            None => {
                if !self.closed {
                    let reason = self.fault.reason();
                    return Err(SessionError::Lost { reason });
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), SessionError> {
        self.received = self.received.saturating_add(bytes);
        if self.received > self.limit {
            return Err(SessionError::OutputTooLarge { limit: self.limit });
        }
        Ok(())
    }
}
