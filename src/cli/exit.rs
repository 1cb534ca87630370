//! The exit codes, all of them.

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
}
