//! Hosts cut into batches: each in the first one that has a place for it.
//!
//! That is as if every batch looked through all hosts that are left, in their order, and took
//! whom it can. But a fleet whose hosts are all to be kept apart would cost its square then, so
//! what can take nobody any more, or nobody with some value, is stepped over instead.

use std::collections::{BTreeSet, HashMap};

use super::pace::Slot;

/// Batches that fill up.
pub struct Batches<S> {
    /// The largest size of a batch, from 0.
    size: S,
    hosts: Vec<Vec<usize>>,
    /// For each batch and the one after the last, the next that is not full, or one on the way
    /// to it; itself, if it is not full.
    open: Vec<usize>,
    holders: HashMap<String, Holders>,
}

/// The batches that have a host with some value.
#[derive(Default)]
struct Holders {
    /// All batches before this one are full or have such a host.
    from: usize,
    /// Those after it that have one.
    beyond: BTreeSet<usize>,
}

impl<S: Fn(usize) -> usize> Batches<S> {
    /// None so far; `size` tells how many hosts the batch of a number, from 0, may have.
    pub fn new(size: S) -> Self {
        Self { size, hosts: Vec::new(), open: vec![0], holders: HashMap::new() }
    }

    /// Gives a host its batch: the first that is not full and has no host that shares any of
    /// its values.
    pub fn place(&mut self, slot: Slot) {
        let from = slot.apart.iter().filter_map(|value| self.holders.get(value));
        let from = from.map(|holders| holders.from).max().unwrap_or(0);
        let mut at = next_open(&mut self.open, from);
        while slot.apart.iter().any(|value| self.holds(value, at)) {
            at = next_open(&mut self.open, at + 1);
        }
        if at == self.hosts.len() {
            self.hosts.push(Vec::new());
            self.open.push(at + 1);
        }
        self.hosts[at].push(slot.at);
        if self.hosts[at].len() >= (self.size)(at) {
            self.open[at] = at + 1;
        }
        for value in slot.apart {
            self.note(value, at);
        }
    }

    /// The batches, each with its hosts in their order.
    pub fn done(self) -> Vec<Vec<usize>> {
        self.hosts
    }

    /// Of a batch that is not full.
    fn holds(&self, value: &str, at: usize) -> bool {
        self.holders.get(value).is_some_and(|one| at < one.from || one.beyond.contains(&at))
    }

    fn note(&mut self, value: String, at: usize) {
        let holders = self.holders.entry(value).or_default();
        holders.beyond.insert(at);
        loop {
            holders.from = next_open(&mut self.open, holders.from);
            if !holders.beyond.remove(&holders.from) {
                return;
            }
            holders.from += 1;
        }
    }
}

/// The first batch from there on that is not full; the one that is yet to be made, if all are.
/// Each call shortens the way for the next.
fn next_open(open: &mut [usize], mut at: usize) -> usize {
    while open[at] != at {
        open[at] = open[open[at]];
        at = open[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Batches;
    use crate::rollout::pace::Slot;
    use proptest::prelude::{prop, proptest};

    fn placed(slots: Vec<Slot>, size: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
        let mut batches = Batches::new(size);
        slots.into_iter().for_each(|slot| batches.place(slot));
        batches.done()
    }

    /// As it is meant: every batch looks through all that are left.
    fn looked_through(mut left: Vec<Slot>, size: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
        let mut batches = Vec::new();
        while !left.is_empty() {
            let (mut batch, mut taken) = (Vec::new(), BTreeSet::new());
            left.retain(|slot| {
                let fits = batch.len() < size(batches.len())
                    && !slot.apart.iter().any(|value| taken.contains(value));
                if fits {
                    batch.push(slot.at);
                    taken.extend(slot.apart.iter().cloned());
                }
                !fits
            });
            batches.push(batch);
        }
        batches
    }

    fn rack(at: usize) -> String {
        format!("rack={}", at / 40)
    }

    /// Whoever looked through all of them for each would not come to an end.
    #[test]
    fn a_large_fleet_does_not_cost_its_square() {
        const HOSTS: usize = 300_000;
        let each = |apart: fn(usize) -> Vec<String>, size: usize| {
            placed((0..HOSTS).map(|at| Slot { at, apart: apart(at) }).collect(), |_| size).len()
        };
        assert_eq!(each(|_| Vec::new(), 1), HOSTS);
        assert_eq!(each(|at| vec![at.to_string()], 1), HOSTS);
        assert_eq!(each(|_| vec!["provider=one".to_owned()], usize::MAX), HOSTS);
        assert_eq!(each(|at| vec![rack(at)], HOSTS / 4), 40);
        assert_eq!(each(|at| vec![rack(at), "all".to_owned()], 9), HOSTS);
    }

    proptest! {
        #[test]
        fn each_is_where_a_look_through_all_would_place_it(
            apart in prop::collection::vec(prop::collection::vec("[a-e]|[xy]{2}", 0..4), 0..80),
            sizes in prop::collection::vec(1usize..7, 1..5)
        ) {
            let slots: Vec<Slot> = apart
                .into_iter()
                .enumerate()
                .map(|(at, apart)| Slot { at, apart })
                .collect();
            let size = |number: usize| sizes.get(number).copied().unwrap_or(usize::MAX);
            assert_eq!(placed(slots.clone(), size), looked_through(slots, size));
        }
    }
}
