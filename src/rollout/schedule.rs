//! Whose turn it is. The driver in `run` begins what [`Schedule::turn`] names and tells
//! what has ended; it decides nothing.

use std::collections::VecDeque;

use super::outcome::Outcome;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A batch comes up: what is to happen between two may happen now. Asked again, its
    /// hosts begin.
    Batch {
        /// Which, from 1.
        number: usize,
        /// Its hosts, by their places in the caller's list.
        hosts: Vec<usize>,
    },
    /// Begin this host.
    Begin(usize),
    /// Nothing, before a host that is at work has ended.
    Wait,
    /// Nothing more, ever.
    Over,
}

/// Why a rollout stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// More hosts failed than the budget allows.
    Spent {
        /// How many.
        failed: usize,
        /// How many would have been put up with.
        budget: usize,
    },
    /// The user wanted it.
    Wanted,
}

/// The turns of a rollout.
#[derive(Debug, Clone)]
pub struct Schedule {
    batches: VecDeque<Vec<usize>>,
    current: VecDeque<usize>,
    number: usize,
    working: usize,
    forks: usize,
    failed: usize,
    budget: usize,
    wanted: bool,
}

impl Schedule {
    /// For these batches, with at most `forks` hosts at work at once, and stopped when more
    /// than `budget` hosts have failed.
    pub fn new(batches: Vec<Vec<usize>>, forks: usize, budget: usize) -> Self {
        Self {
            batches: batches.into(),
            current: VecDeque::new(),
            number: 0,
            working: 0,
            forks: forks.max(1),
            failed: 0,
            budget,
            wanted: false,
        }
    }

    /// What is to be done now.
    pub fn turn(&mut self) -> Next {
        let idle = if self.working > 0 { Next::Wait } else { Next::Over };
        if self.halt().is_some() {
            return idle;
        }
        if self.current.is_empty() {
            if self.working > 0 {
                return Next::Wait;
            }
            let Some(hosts) = self.batches.pop_front() else { return Next::Over };
            self.number += 1;
            self.current = hosts.clone().into();
            return Next::Batch { number: self.number, hosts };
        }
        if self.working >= self.forks {
            return Next::Wait;
        }
        match self.current.pop_front() {
            Some(host) => {
                self.working += 1;
                Next::Begin(host)
            }
            None => idle,
        }
    }

    /// A host that had begun has ended so.
    pub fn ended(&mut self, outcome: &Outcome) {
        self.working = self.working.saturating_sub(1);
        self.count(outcome);
    }

    /// How a host ended that needed no turn. Unreachable, refused, rolled-back and lost
    /// hosts count alike: none of them has the change.
    pub fn count(&mut self, outcome: &Outcome) {
        self.failed += usize::from(outcome.is_failure());
    }

    /// So many hosts failed in all parts of the rollout together, and were more than its
    /// budget.
    pub fn count_together(&mut self, failed: usize) {
        self.failed = self.failed.max(failed);
    }

    /// A host that was named did not begin: its turn has not come.
    pub fn give_back(&mut self, host: usize) {
        self.working = self.working.saturating_sub(1);
        self.current.push_front(host);
    }

    /// Other batches, before the first one has come up.
    pub fn replan(&mut self, batches: Vec<Vec<usize>>) {
        self.batches = batches.into();
    }

    /// Begins nothing more.
    pub fn stop(&mut self) {
        self.wanted = true;
    }

    /// Why nothing more begins, if so.
    pub fn halt(&self) -> Option<Halt> {
        if self.failed > self.budget {
            return Some(Halt::Spent { failed: self.failed, budget: self.budget });
        }
        self.wanted.then_some(Halt::Wanted)
    }

    /// Hosts whose turn has not come.
    pub fn left(&self) -> Vec<usize> {
        self.current.iter().chain(self.batches.iter().flatten()).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Halt, Next, Schedule};
    use crate::rollout::outcome::Outcome;
    use crate::rollout::pace::{Pace, Slot};
    use proptest::prelude::{any, prop, proptest};

    fn bad() -> Outcome {
        Outcome::RolledBack { reason: String::new() }
    }

    const GOOD: Outcome = Outcome::Confirmed { generation: 1 };

    #[test]
    fn a_batch_ends_before_the_next_one_comes_up() {
        let mut schedule = Schedule::new(vec![vec![0], vec![1, 2]], 9, 0);
        assert_eq!(schedule.turn(), Next::Batch { number: 1, hosts: vec![0] });
        assert_eq!(schedule.turn(), Next::Begin(0));
        assert_eq!(schedule.turn(), Next::Wait);
        schedule.ended(&GOOD);
        assert_eq!(schedule.turn(), Next::Batch { number: 2, hosts: vec![1, 2] });
        assert_eq!(schedule.turn(), Next::Begin(1));
        assert_eq!(schedule.turn(), Next::Begin(2));
        assert_eq!(schedule.turn(), Next::Wait);
        schedule.ended(&GOOD);
        schedule.ended(&GOOD);
        assert_eq!((schedule.turn(), schedule.halt()), (Next::Over, None));
    }

    #[test]
    fn a_spent_budget_stops_a_batch_in_its_midst() {
        let mut schedule = Schedule::new(vec![vec![0, 1, 2, 3]], 2, 0);
        schedule.turn();
        assert_eq!(schedule.turn(), Next::Begin(0));
        assert_eq!(schedule.turn(), Next::Begin(1));
        schedule.ended(&bad());
        assert_eq!(schedule.turn(), Next::Wait, "the one at work goes on to its end");
        schedule.ended(&GOOD);
        assert_eq!(schedule.turn(), Next::Over);
        assert_eq!(schedule.left(), [2, 3]);
        assert_eq!(schedule.halt(), Some(Halt::Spent { failed: 1, budget: 0 }));
    }

    #[test]
    fn hosts_that_failed_before_the_first_turn_count() {
        let mut schedule = Schedule::new(vec![vec![0]], 1, 0);
        schedule.count(&Outcome::Unreachable { reason: String::new(), remedy: None });
        assert_eq!(schedule.turn(), Next::Over);
        assert_eq!(schedule.left(), [0]);
    }

    #[test]
    fn a_budget_that_other_parts_have_spent_stops_this_one() {
        let mut schedule = Schedule::new(vec![vec![0]], 2, 1);
        schedule.replan(vec![vec![], vec![0, 1, 2]]);
        assert_eq!(schedule.turn(), Next::Batch { number: 1, hosts: vec![] });
        assert_eq!(schedule.turn(), Next::Batch { number: 2, hosts: vec![0, 1, 2] });
        assert_eq!(schedule.turn(), Next::Begin(0));
        assert_eq!(schedule.turn(), Next::Begin(1));
        schedule.give_back(1);
        schedule.count_together(2);
        assert_eq!(schedule.turn(), Next::Wait, "the one at work goes on to its end");
        schedule.ended(&GOOD);
        assert_eq!(schedule.turn(), Next::Over);
        assert_eq!(schedule.left(), [1, 2]);
        assert_eq!(schedule.halt(), Some(Halt::Spent { failed: 2, budget: 1 }));
    }

    #[test]
    fn every_kind_of_failure_counts() {
        let reason = String::new;
        let failures = [
            Outcome::Unreachable { reason: reason(), remedy: None },
            Outcome::Refused { reason: reason(), remedy: None },
            Outcome::Failed { reason: reason(), remedy: None },
            Outcome::RolledBack { reason: reason() },
            Outcome::RevertIncomplete { reason: reason(), residue: Vec::new() },
            Outcome::Unknown { reason: reason() },
        ];
        let mut schedule = Schedule::new(Vec::new(), 1, failures.len());
        failures.iter().for_each(|failure| schedule.count(failure));
        [GOOD, Outcome::Unchanged].iter().for_each(|fine| schedule.count(fine));
        assert_eq!(schedule.halt(), None);
        schedule.count(&bad());
        assert!(schedule.halt().is_some());
    }

    proptest! {
        /// A rollout in which hosts end in any order, fail or not, and the user may stop it.
        #[test]
        fn whatever_happens_the_promises_hold(
            total in 0usize..40, canary in 0usize..3, sizes in prop::collection::vec(0usize..8, 0..3),
            forks in 1usize..6, budget in 0usize..5, before in 0usize..3,
            fails in prop::collection::vec(any::<bool>(), 40), picks in prop::collection::vec(any::<prop::sample::Index>(), 200),
            stop_at in prop::option::of(0usize..60),
        ) {
            let pace = Pace { canary, batches: sizes, failure_budget: budget };
            let slots = (0..total).map(|at| Slot { at, apart: Vec::new() }).collect();
            let batches = pace.batches(slots);
            let mut schedule = Schedule::new(batches.clone(), forks, budget);
            (0..before).for_each(|_| schedule.count(&bad()));
            let (mut working, mut begun, mut failed): (Vec<usize>, Vec<usize>, usize) = (Vec::new(), Vec::new(), before);
            let (mut steps, mut stopped, mut announced): (usize, bool, Vec<usize>) = (0, false, Vec::new());
            loop {
                steps += 1;
                if stop_at == Some(steps) {
                    schedule.stop();
                    stopped = true;
                }
                match schedule.turn() {
                    Next::Begin(host) => {
                        assert!(failed <= budget, "begun after the budget was spent");
                        assert!(!stopped, "begun after the user had stopped it");
                        assert!(announced.contains(&host), "begun before its batch");
                        working.push(host);
                        begun.push(host);
                        assert!(working.len() <= forks, "more than {forks} at once");
                    }
                    Next::Batch { number, hosts } => {
                        assert!(working.is_empty(), "two batches at once");
                        assert_eq!(&hosts, &batches[number - 1]);
                        announced = hosts;
                    }
                    Next::Wait => {
                        assert!(!working.is_empty(), "waits for nobody");
                        let host = working.swap_remove(picks[steps % picks.len()].index(working.len()));
                        let outcome = if fails[host] { bad() } else { GOOD };
                        failed += usize::from(fails[host]);
                        schedule.ended(&outcome);
                    }
                    Next::Over => break,
                }
            }
            assert!(working.is_empty(), "over while hosts are at work");
            let mut all = begun.clone();
            all.extend(schedule.left());
            all.sort_unstable();
            assert_eq!(all, (0..total).collect::<Vec<_>>(), "every host exactly once");
            if failed <= budget && !stopped {
                assert!(schedule.left().is_empty(), "stopped for no reason");
            }
        }
    }
}
