//! The exit codes, all of them.

use std::process::ExitCode;

use crate::rollout::outcome::Weight;

/// How a command ended, for scripts and schedulers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: nothing to do, or all confirmed.
    Ok,
    /// 1: an error; hosts are as they were.
    Error,
    /// 2: changes are planned, or drift was found.
    Changes,
    /// 3: rolled back; the hosts are safe, the change is not in force.
    RolledBack,
    /// 4: a host is unreachable, lost, or its state is not known.
    Lost,
    /// 5: refused before anything began: lint, a stale plan, a lock.
    Refused,
    /// 130: interrupted; open transactions were reverted or left to their watchdog.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::RolledBack => 3,
            Self::Lost => 4,
            Self::Refused => 5,
            Self::Interrupted => 130,
        }
    }

    /// What a run of rappel ended with; none for a code that it does not end with.
    pub fn from_code(code: i32) -> Option<Self> {
        use Exit::{Changes, Error, Interrupted, Lost, Ok, Refused, RolledBack};
        let all = [Ok, Error, Changes, RolledBack, Lost, Refused, Interrupted];
        all.into_iter().find(|exit| i32::from(exit.code()) == code)
    }

    /// Of a run's hosts, the heaviest outcome counts. A rollback is never 0.
    pub fn of(weights: impl Iterator<Item = Weight>) -> Self {
        match weights.max().unwrap_or(Weight::Fine) {
            Weight::Fine => Self::Ok,
            Weight::Changes => Self::Changes,
            Weight::Failed => Self::Error,
            Weight::Refused => Self::Refused,
            Weight::RolledBack => Self::RolledBack,
            Weight::Lost => Self::Lost,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;
    use crate::rollout::outcome::Weight;

    #[test]
    fn the_heaviest_outcome_counts() {
        let of = |weights: &[Weight]| Exit::of(weights.iter().copied()).code();
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[Weight::Fine, Weight::RolledBack]), 3);
        assert_eq!(of(&[Weight::Lost, Weight::RolledBack]), 4);
        assert_eq!(of(&[Weight::Failed, Weight::Refused]), 5);
    }

    #[test]
    fn a_code_is_that_of_one_end() {
        for code in [0, 1, 2, 3, 4, 5, 130] {
            assert_eq!(Exit::from_code(code).map(Exit::code).map(i32::from), Some(code));
        }
        assert_eq!(Exit::from_code(137), None);
    }
}
