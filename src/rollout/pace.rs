//! How fast a change spreads over a fleet, and when it stops.
//!
//! A mistake in a shared template hits every host alike. So one host goes first, then
//! batches, and the rollout stops when more hosts have failed than its budget allows.

use serde::{Deserialize, Serialize};

use super::batches::Batches;

/// The pace of a rollout, in hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Hosts that go first, alone; 0 for none.
    pub canary: usize,
    /// Hosts of each batch after that, the last size again and again; 0, or none at all, for
    /// all at once.
    pub batches: Vec<usize>,
    /// Failed hosts that are put up with; one more stops the rollout.
    pub failure_budget: usize,
}

impl Default for Pace {
    /// One host first, then all the others; the first failure stops what has not begun.
    fn default() -> Self {
        Self { canary: 1, batches: Vec::new(), failure_budget: 0 }
    }
}

/// One host of a rollout, as far as the pace is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The host's place in the caller's list.
    pub at: usize,
    /// What it must not share with another host of its batch, as in `rack=a1`.
    pub apart: Vec<String>,
}

impl Pace {
    /// The largest size of a batch, from 0; the canary is none of them. `None` is no limit.
    fn size(&self, number: usize) -> Option<usize> {
        let size = self.batches.get(number).or_else(|| self.batches.last()).copied();
        size.filter(|size| *size > 0)
    }

    /// Cuts hosts into batches, as near to their order as keeping them apart allows:
    /// together these are all of them, none is larger than its size, and no two hosts of
    /// one share what is to be kept apart.
    pub fn batches(&self, slots: Vec<Slot>) -> Vec<Vec<usize>> {
        let size = |number: usize| match number.checked_sub(usize::from(self.canary > 0)) {
            None => self.canary,
            Some(number) => self.size(number).unwrap_or(usize::MAX),
        };
        let mut batches = Batches::new(size);
        slots.into_iter().for_each(|slot| batches.place(slot));
        batches.done()
    }

    /// Of two paces the more careful one, where several plays meet in one run.
    #[must_use]
    pub fn or_slower(&self, other: &Self) -> Self {
        let smaller = |a: usize, b: usize| if a == 0 || (b != 0 && b < a) { b } else { a };
        let steps = self.batches.len().max(other.batches.len());
        let size = |pace: &Self, number| pace.size(number).unwrap_or(0);
        Self {
            canary: smaller(self.canary, other.canary),
            batches: (0..steps).map(|n| smaller(size(self, n), size(other, n))).collect(),
            failure_budget: self.failure_budget.min(other.failure_budget),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, Slot};
    use proptest::prelude::{Strategy, prop, proptest};

    fn slots(total: usize) -> Vec<Slot> {
        (0..total).map(|at| Slot { at, apart: Vec::new() }).collect()
    }

    fn pace(canary: usize, batches: &[usize]) -> Pace {
        Pace { canary, batches: batches.to_vec(), failure_budget: 0 }
    }

    #[test]
    fn one_goes_first_then_the_others() {
        assert_eq!(Pace::default().batches(slots(5)), [vec![0], vec![1, 2, 3, 4]]);
        assert_eq!(Pace::default().batches(slots(1)), [[0]]);
        assert!(Pace::default().batches(slots(0)).is_empty());
    }

    #[test]
    fn batches_grow_by_their_list_and_the_last_size_stays() {
        let sizes = |pace: Pace, total| -> Vec<usize> {
            pace.batches(slots(total)).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(pace(1, &[2]), 6), [1, 2, 2, 1]);
        assert_eq!(sizes(pace(0, &[1, 5, 3]), 14), [1, 5, 3, 3, 2]);
        assert_eq!(sizes(pace(0, &[0]), 14), [14]);
    }

    #[test]
    fn hosts_of_one_rack_never_share_a_batch() {
        let rack = |at, name: &str| Slot { at, apart: vec![format!("rack={name}")] };
        let hosts = vec![rack(0, "a"), rack(1, "a"), rack(2, "b"), rack(3, "a"), rack(4, "c")];
        assert_eq!(pace(0, &[0]).batches(hosts), [vec![0, 2, 4], vec![1], vec![3]]);
    }

    #[test]
    fn the_more_careful_pace_wins() {
        let one = Pace { failure_budget: 2, ..pace(0, &[10]) };
        let two = Pace { failure_budget: 5, ..pace(2, &[0, 20, 5]) };
        let both = Pace { failure_budget: 2, ..pace(2, &[10, 10, 5]) };
        assert_eq!(one.or_slower(&two), both);
        assert_eq!(two.or_slower(&one), both);
    }

    fn apart() -> impl Strategy<Value = Vec<Slot>> {
        prop::collection::vec(prop::collection::vec(0u8..5, 0..3), 0..60).prop_map(|all| {
            let slot = |(at, values): (usize, Vec<u8>)| {
                let apart = values.iter().enumerate().map(|(n, v)| format!("{n}={v}")).collect();
                Slot { at, apart }
            };
            all.into_iter().enumerate().map(slot).collect()
        })
    }

    proptest! {
        #[test]
        fn all_hosts_exactly_once_never_too_many_and_always_apart(
            canary in 0usize..4, sizes in prop::collection::vec(0usize..7, 0..4), hosts in apart()
        ) {
            let pace = pace(canary, &sizes);
            let batches = pace.batches(hosts.clone());
            let mut flat: Vec<usize> = batches.iter().flatten().copied().collect();
            flat.sort_unstable();
            assert_eq!(flat, (0..hosts.len()).collect::<Vec<_>>());
            for (number, batch) in batches.iter().enumerate() {
                assert!(!batch.is_empty());
                let size = match number.checked_sub(usize::from(canary > 0)) {
                    None => canary,
                    Some(number) => pace.size(number).unwrap_or(usize::MAX),
                };
                assert!(batch.len() <= size, "{batch:?} of {size}");
                let mut values: Vec<&String> =
                    batch.iter().flat_map(|at| &hosts[*at].apart).collect();
                let all = values.len();
                values.sort();
                values.dedup();
                assert_eq!(values.len(), all, "two share a value in {batch:?}");
            }
        }

        #[test]
        fn without_anything_to_keep_apart_the_order_stays(sizes in prop::collection::vec(0usize..9, 0..4), total in 0usize..99) {
            let flat: Vec<usize> = pace(1, &sizes).batches(slots(total)).concat();
            assert_eq!(flat, (0..total).collect::<Vec<_>>());
        }
    }
}
