//! The machine against a host that does what the scripts do and a network that loses what
//! it likes, driven as `run` drives it: whatever happens, it comes to an end, and the end
//! is true.

use super::{Action, Input, Standing, Transaction};
use crate::rollout::outcome::Outcome;
use proptest::prelude::{any, prop, proptest};

/// The generation that the change becomes.
const NEXT: u32 = 8;

/// How the host's transaction really stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Real {
    /// Nothing was begun, or it was given up before it began.
    Untouched,
    /// Open: it waits to be confirmed, and its watchdog is armed.
    Pending,
    Confirmed,
    Reverting,
    Reverted,
}

/// A host, what remains of a change after its revert, and how chance goes.
struct World {
    real: Real,
    residue: bool,
    dice: std::vec::IntoIter<u8>,
}

impl World {
    /// One of so many cases. When chance has run out it is always the first: time passes, and
    /// the network is gone.
    fn roll(&mut self, cases: u8) -> u8 {
        self.dice.next().map_or(0, |byte| byte % cases)
    }

    fn is_over(&self) -> bool {
        self.dice.len() == 0
    }

    /// Time passes: an open transaction reverts sooner or later.
    fn pass(&mut self) {
        if self.roll(3) == 0 {
            self.real = match self.real {
                Real::Pending => Real::Reverting,
                Real::Reverting => Real::Reverted,
                other => other,
            };
        }
    }

    /// What the host says when it is asked.
    fn standing(&self) -> Standing {
        match self.real {
            Real::Untouched => Standing::None,
            Real::Pending => Standing::Pending,
            Real::Confirmed => Standing::Confirmed(NEXT),
            Real::Reverting => Standing::Reverting,
            Real::Reverted => {
                let residue = if self.residue { vec!["a route".to_owned()] } else { Vec::new() };
                Standing::Reverted { reason: "not confirmed".to_owned(), residue }
            }
        }
    }

    /// The apply's own connection: whether `armed` was heard, and what its end was.
    fn apply(&mut self) -> (bool, Input) {
        let failed = Outcome::Failed { reason: "no space".to_owned(), remedy: None };
        match self.roll(6) {
            // It went away: before anything, or after arming, which may have been heard or not.
            0 => (false, Input::Interrupted),
            1 => {
                self.real = Real::Pending;
                (false, Input::Interrupted)
            }
            2 => {
                self.real = Real::Pending;
                (true, Input::Interrupted)
            }
            3 => (false, Input::GaveUp(failed)),
            // Activation failed: the worker reverts, and says so.
            4 => {
                self.real = Real::Reverting;
                (true, Input::GaveUp(failed))
            }
            _ => {
                self.real = Real::Pending;
                (true, Input::Activated)
            }
        }
    }

    /// A verification: it sees what is so, or nothing.
    fn verify(&mut self) -> Input {
        self.pass();
        match (self.roll(4), self.real) {
            (0, _) => Input::Unreachable("no ssh".to_owned()),
            (1, Real::Pending) => Input::Bad("gateway".to_owned()),
            (_, Real::Pending) => Input::Good,
            (_, Real::Untouched) => Input::Unreachable("no such run".to_owned()),
            _ => Input::Read(self.standing()),
        }
    }

    /// A confirmation: lost on its way, or its answer is, or neither. It is one rename: only
    /// what is pending becomes confirmed.
    fn confirm(&mut self) -> Input {
        self.pass();
        let way = self.roll(3);
        if way > 0 && self.real == Real::Pending {
            self.real = Real::Confirmed;
        }
        if way > 1 { Input::Read(self.standing()) } else { self.read() }
    }

    fn revert(&mut self) -> Input {
        self.pass();
        if self.roll(2) > 0 && self.real == Real::Pending {
            self.real = Real::Reverting;
        }
        self.read()
    }

    /// Asks until the host has decided, or until long after its deadline.
    fn read(&mut self) -> Input {
        while !self.is_over() {
            self.pass();
            let decided = !matches!(self.real, Real::Pending | Real::Reverting);
            match self.roll(8) {
                0 => return Input::Silence,
                1..=4 if decided => return Input::Read(self.standing()),
                _ => {}
            }
        }
        Input::Silence
    }

    /// Left alone for long enough.
    fn settled(&self) -> Real {
        match self.real {
            Real::Pending | Real::Reverting => Real::Reverted,
            other => other,
        }
    }
}

/// Drives a transaction as `run` does. The most actions that one may ask for.
fn drive(world: &mut World, limit: usize) -> Outcome {
    let mut transaction = Transaction::after(NEXT - 1);
    let (armed, end) = world.apply();
    if armed {
        assert_eq!(transaction.next(Input::Armed), Action::Continue);
    }
    let mut action = transaction.next(end);
    for _ in 0..limit {
        let input = match action {
            Action::Finish(outcome) => return outcome,
            Action::Verify | Action::Continue => world.verify(),
            Action::Confirm => world.confirm(),
            Action::Revert(_) => world.revert(),
            Action::Read => world.read(),
        };
        action = transaction.next(input);
    }
    panic!("it does not end: {action:?}");
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 4096, ..Default::default() })]

    #[test]
    fn it_ends_and_the_end_is_true(
        residue in any::<bool>(),
        dice in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut world = World { real: Real::Untouched, residue, dice: dice.into_iter() };
        // Each action takes at least one throw of the dice, and after the last it is silent.
        let outcome = drive(&mut world, 64);
        match outcome {
            Outcome::Confirmed { generation } => {
                assert_eq!((world.real, generation), (Real::Confirmed, NEXT));
            }
            Outcome::RolledBack { .. } => assert_eq!((world.real, residue), (Real::Reverted, false)),
            Outcome::RevertIncomplete { .. } => {
                assert_eq!((world.real, residue), (Real::Reverted, true));
            }
            Outcome::Failed { .. } | Outcome::Refused { .. } => {
                assert_eq!(world.real, Real::Untouched);
            }
            // Nobody knows; but left alone the host is one or the other.
            Outcome::Unknown { .. } => {
                let end = world.settled();
                assert!(matches!(end, Real::Untouched | Real::Confirmed | Real::Reverted));
            }
            other => panic!("{other:?} of a host that is {:?}", world.real),
        }
    }

    /// With nothing lost, the end is known as well.
    #[test]
    fn whoever_is_heard_is_never_unknown(good in any::<bool>()) {
        let verdict = if good { 2 } else { 1 };
        // Activated; verified; then time stands still (1) until the answer is in.
        let dice = vec![5, 1, verdict, 1, 2, 1, 1, 0, 1, 0, 1, 1];
        let mut world = World { real: Real::Untouched, residue: false, dice: dice.into_iter() };
        match drive(&mut world, 64) {
            Outcome::Confirmed { .. } => assert!(good),
            Outcome::RolledBack { .. } => assert!(!good),
            other => panic!("{other:?}"),
        }
    }
}
