//! Why a provider did not do what it was asked.

use std::time::Duration;

use thiserror::Error;

/// A call that failed. Messages name the provider's own words, never a credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// Nothing answered, or not in time, or it broke off: asking again may help.
    #[error("{what} does not answer: {reason}")]
    Unreachable {
        /// The provider, or the command.
        what: String,
        /// What was seen.
        reason: String,
    },
    /// Whoever answers cannot prove to be the provider: nothing was sent.
    #[error("{what} is not who it should be: {reason}")]
    Untrusted {
        /// The provider.
        what: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// It answers that it cannot at the moment.
    #[error("{what} cannot at the moment: {reason}")]
    Busy {
        /// The provider.
        what: String,
        /// Its words.
        reason: String,
        /// When it may be asked again, if it says so.
        after: Option<Duration>,
    },
    /// It does not know these credentials, or they may not do that.
    #[error("{what} refuses the credentials: {reason}")]
    Denied {
        /// The provider.
        what: String,
        /// Its words.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// It understood, and refuses.
    #[error("{what} refuses: {reason}")]
    Refused {
        /// The provider.
        what: String,
        /// Its words.
        reason: String,
    },
    /// It answers something else than it is documented to.
    #[error("{what} answers something that cannot be understood: {reason}")]
    Garbled {
        /// The provider.
        what: String,
        /// What, shortened.
        reason: String,
    },
}

impl ProviderError {
    /// Whether the same call may succeed a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    /// When it may be asked again, where the provider says so.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Busy { after, .. } => *after,
            _ => None,
        }
    }

    /// What to do about it, where that is known.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Denied { remedy, .. } => Some(remedy),
            _ => None,
        }
    }
}
