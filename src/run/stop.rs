//! How urgently the user wants a run to end.

use tokio::sync::watch;

/// From not at all to at once. Whatever is chosen, and whenever: a host whose change has
/// begun has a watchdog of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Begin nothing new; what is open goes to its end, confirmed or reverted.
    Finish,
    /// Revert what is open.
    Revert,
    /// Leave what is open to its watchdogs.
    Leave,
}

impl Stop {
    /// One step more urgent.
    #[must_use]
    pub fn more(self) -> Self {
        match self {
            Self::No => Self::Finish,
            Self::Finish => Self::Revert,
            Self::Revert | Self::Leave => Self::Leave,
        }
    }

    /// Its word in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Finish => "finish",
            Self::Revert => "revert",
            Self::Leave => "leave",
        }
    }
}

/// Where a run sees it.
pub type Interrupt = watch::Receiver<Stop>;

#[cfg(test)]
mod tests {
    use super::Stop;

    #[test]
    fn each_time_it_is_more_urgent_until_it_cannot_be() {
        let all = [Stop::No, Stop::Finish, Stop::Revert, Stop::Leave];
        for pair in all.windows(2) {
            assert_eq!(pair[0].more(), pair[1]);
            assert!(pair[0] < pair[1]);
        }
        assert_eq!(Stop::Leave.more(), Stop::Leave);
    }
}
