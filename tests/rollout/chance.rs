//! Choices by a seed that is told, so that a case can be tried again.

use rappel::desired::Order;
use rappel::rollout::order::arrange;

/// A source of choices.
pub struct Chance(u64);

impl Chance {
    /// By the seed in `RAPPEL_ROLLOUT_SEED`; without one always the same.
    pub fn new(test: &str) -> Self {
        let seed = std::env::var("RAPPEL_ROLLOUT_SEED").ok();
        let seed = seed.map_or(11, |seed| seed.parse().expect("a number"));
        eprintln!("{test}: RAPPEL_ROLLOUT_SEED={seed}");
        Self(seed)
    }

    /// The same things in an order of chance.
    pub fn shuffled<T>(&mut self, things: Vec<T>) -> Vec<T> {
        self.0 = self.0.wrapping_add(1);
        arrange(things, Order::Shuffle, self.0, |_| "")
    }

    /// One of them.
    pub fn one<T>(&mut self, things: Vec<T>) -> T {
        self.shuffled(things).pop().expect("something to choose from")
    }

    /// A number from 0 to below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.one((0..bound).collect())
    }
}

/// Whether every case is to be tried, and not only a sample.
pub fn all() -> bool {
    std::env::var_os("RAPPEL_TEST_ALL").is_some()
}
