//! Why a session or a command in it went wrong.

use std::time::Duration;

/// A session that failed after it was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The connection is gone: closed, reset, or silent for too long.
    #[error("the connection was lost: {reason}")]
    Lost {
        /// What happened to it, as far as it is known.
        reason: String,
    },
    /// Something did not happen in time.
    #[error("{what} took longer than {limit:?}")]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The server did not open a channel.
    #[error("the server refused a channel: {reason}")]
    ChannelRefused {
        /// What the server said.
        reason: String,
    },
    /// The server did not run the command.
    #[error("the server refused to run the command")]
    CommandRefused,
    /// The command ended, or closed its input, before it had read all that was sent.
    #[error("the command no longer reads its input")]
    InputClosed,
    /// A line of output that is longer than any answer of ours.
    #[error("the command printed a line of more than {limit} bytes")]
    LineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// More output than was allowed for.
    #[error("the command printed more than {limit} bytes")]
    OutputTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Output that is not text.
    #[error("the command printed something that is not UTF-8 text: {excerpt}")]
    Garbage {
        /// The beginning of the line, with escapes for what cannot be shown.
        excerpt: String,
    },
}

impl SessionError {
    /// Whether the connection itself is gone, so that only a new one can tell more.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// What a user can do about it, if there is anything.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Garbage { .. } | Self::LineTooLong { .. } => Some(
                "see what the account's shell prints by itself: its start-up files must be \
                 silent when they run without a terminal"
                    .to_owned(),
            ),
            Self::ChannelRefused { .. } | Self::CommandRefused => Some(
                "see whether `MaxSessions`, `ForceCommand` or a `restrict` option in \
                 `authorized_keys` forbids commands to this account"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
