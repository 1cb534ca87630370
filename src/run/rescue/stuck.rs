//! Why a rescue does not go on.

use crate::provider::ProviderError;
use crate::run::link::Trouble;

/// A reason, and what to do about it where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stuck {
    pub reason: String,
    pub remedy: Option<String>,
    /// The user did not want it: the host is not lost by that.
    pub refused: bool,
}

impl Stuck {
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: None, refused: false }
    }

    pub fn with(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: Some(remedy.into()), refused: false }
    }

    pub fn interrupted() -> Self {
        Self::because("interrupted by the user")
    }

    pub fn refused(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: None, refused: true }
    }
}

impl From<ProviderError> for Stuck {
    fn from(error: ProviderError) -> Self {
        Self {
            reason: error.to_string(),
            remedy: error.remedy().map(str::to_owned),
            refused: false,
        }
    }
}

impl From<Trouble> for Stuck {
    fn from(trouble: Trouble) -> Self {
        Self { reason: trouble.reason, remedy: trouble.remedy, refused: false }
    }
}

impl From<std::io::Error> for Stuck {
    fn from(error: std::io::Error) -> Self {
        Self::with(
            format!("the journal of the rescue cannot be written: {error}"),
            "make room in, or give rights to, ~/.local/state/rappel",
        )
    }
}
