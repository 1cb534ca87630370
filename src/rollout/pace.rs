//! How fast a change spreads over a fleet, and when it stops.
//!
//! A mistake in a shared template hits every host alike. So one host goes first, then
//! batches, and the rollout stops when more hosts have failed than its budget allows.

use std::ops::Range;

use super::outcome::{Outcome, Weight};

/// The pace of a rollout, in hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Hosts that go first, alone; 0 for none.
    pub canary: usize,
    /// Hosts of each batch after that; 0 for all at once.
    pub batch: usize,
    /// Failed hosts that are put up with; one more stops the rollout.
    pub failure_budget: usize,
}

impl Default for Pace {
    /// One host first, then all the others; the first failure stops what has not begun.
    fn default() -> Self {
        Self { canary: 1, batch: 0, failure_budget: 0 }
    }
}

impl Pace {
    /// Cuts `total` hosts into batches, in order; together they are all of them.
    pub fn batches(&self, total: usize) -> Vec<Range<usize>> {
        let mut batches = Vec::new();
        let mut start = 0;
        let mut size = if self.canary == 0 { self.batch } else { self.canary };
        while start < total {
            let end = if size == 0 { total } else { (start + size).min(total) };
            batches.push(start..end);
            start = end;
            size = self.batch;
        }
        batches
    }

    /// Whether these outcomes use up the budget. Unreachable, refused, rolled-back and lost
    /// hosts count alike: none of them has the change.
    pub fn is_spent<'a>(&self, outcomes: impl Iterator<Item = &'a Outcome>) -> bool {
        outcomes.filter(|outcome| outcome.weight() > Weight::Changes).count() > self.failure_budget
    }

    /// Of two paces the more careful one, where several plays meet in one run.
    #[must_use]
    pub fn or_slower(self, other: Self) -> Self {
        let smaller = |a: usize, b: usize| if a == 0 || (b != 0 && b < a) { b } else { a };
        Self {
            canary: smaller(self.canary, other.canary),
            batch: smaller(self.batch, other.batch),
            failure_budget: self.failure_budget.min(other.failure_budget),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use crate::rollout::outcome::Outcome;
    use proptest::prelude::proptest;

    #[test]
    fn one_goes_first_then_the_others() {
        assert_eq!(Pace::default().batches(5), [0..1, 1..5]);
        assert_eq!(Pace::default().batches(1), vec![0..1]);
        assert!(Pace::default().batches(0).is_empty());
    }

    #[test]
    fn batches_follow_the_canary() {
        let pace = Pace { canary: 1, batch: 2, failure_budget: 0 };
        assert_eq!(pace.batches(6), [0..1, 1..3, 3..5, 5..6]);
    }

    #[test]
    fn every_kind_of_failure_counts() {
        let pace = Pace { failure_budget: 1, ..Pace::default() };
        let back = Outcome::RolledBack { reason: String::new() };
        let gone = Outcome::Unreachable { reason: String::new(), remedy: None };
        let good = Outcome::Confirmed { generation: 1 };
        assert!(!pace.is_spent([&back, &good].into_iter()));
        assert!(pace.is_spent([&back, &good, &gone].into_iter()));
    }

    #[test]
    fn the_more_careful_pace_wins() {
        let one = Pace { canary: 0, batch: 10, failure_budget: 2 };
        let two = Pace { canary: 2, batch: 0, failure_budget: 5 };
        assert_eq!(one.or_slower(two), Pace { canary: 2, batch: 10, failure_budget: 2 });
    }

    proptest! {
        #[test]
        fn batches_are_all_hosts_in_order(canary in 0usize..9, batch in 0usize..9, total in 0usize..99) {
            let batches = Pace { canary, batch, failure_budget: 0 }.batches(total);
            let flat: Vec<usize> = batches.into_iter().flatten().collect();
            assert_eq!(flat, (0..total).collect::<Vec<_>>());
        }
    }
}
