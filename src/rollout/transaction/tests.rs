//! What the machine says of every sequence of inputs, also of such as no host would give.

use super::{Action, Input, Standing, Transaction};
use crate::rollout::outcome::Outcome;
use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};

fn input() -> impl Strategy<Value = Input> {
    let reverted = |residue| Input::Read(Standing::Reverted { reason: "r".to_owned(), residue });
    prop_oneof![
        Just(Input::Armed),
        Just(Input::GaveUp(Outcome::Failed { reason: "f".to_owned(), remedy: None })),
        Just(Input::Activated),
        Just(Input::Interrupted),
        Just(Input::Good),
        Just(Input::Bad("gateway".to_owned())),
        Just(Input::Unreachable("no ssh".to_owned())),
        Just(Input::Read(Standing::Pending)),
        Just(Input::Read(Standing::Confirmed(3))),
        Just(Input::Read(Standing::Reverting)),
        Just(reverted(Vec::new())),
        Just(reverted(vec!["routes".to_owned()])),
        Just(Input::Read(Standing::None)),
        Just(Input::Silence),
    ]
}

#[test]
fn a_confirmation_that_nobody_asked_for_is_not_believed() {
    let mut transaction = Transaction::after(0);
    transaction.next(Input::Armed);
    transaction.next(Input::Activated);
    let Action::Finish(outcome) = transaction.next(Input::Read(Standing::Confirmed(9))) else {
        panic!("not over")
    };
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[test]
fn a_generation_that_was_there_before_is_not_this_change() {
    let mut transaction = Transaction::after(4);
    transaction.next(Input::Armed);
    transaction.next(Input::Activated);
    assert_eq!(transaction.next(Input::Good), Action::Confirm);
    let action = transaction.next(Input::Read(Standing::Confirmed(4)));
    assert!(matches!(action, Action::Finish(Outcome::Unknown { .. })), "{action:?}");
}

#[test]
fn an_armed_host_that_forgets_the_run_is_not_one_that_was_never_touched() {
    let mut transaction = Transaction::after(0);
    transaction.next(Input::Armed);
    transaction.next(Input::Interrupted);
    let action = transaction.next(Input::Read(Standing::None));
    assert!(matches!(action, Action::Finish(Outcome::Unknown { .. })), "{action:?}");
}

proptest! {
    /// Whatever comes in: a confirmation is only claimed when the host said so, a roll
    /// back only when it said so and nothing remained, and an armed host never ends as
    /// one that was not touched unless it says that itself.
    #[test]
    fn nothing_is_claimed_that_was_not_read(inputs in prop::collection::vec(input(), 0..20)) {
        let mut transaction = Transaction::after(0);
        let mut armed = false;
        let mut good = false;
        for input in inputs {
            let open = transaction.is_open();
            armed |= input == Input::Armed;
            good |= input == Input::Good;
            let action = transaction.next(input.clone());
            if let Action::Finish(outcome) = action {
                match outcome {
                    Outcome::Confirmed { .. } => {
                        assert_eq!(input, Input::Read(Standing::Confirmed(3)));
                        assert!(good, "confirmed without a good verdict");
                    }
                    Outcome::RolledBack { .. } =>
                        assert!(matches!(&input, Input::Read(Standing::Reverted { residue, .. }) if residue.is_empty())),
                    Outcome::RevertIncomplete { residue, .. } => assert!(!residue.is_empty()),
                    Outcome::Unknown { .. } => assert!(open || input == Input::Read(Standing::Confirmed(3))),
                    Outcome::Unreachable { .. } => assert!(!armed),
                    Outcome::Failed { .. } => {
                        assert!(!open || input == Input::Read(Standing::None));
                        assert!(!armed, "an armed host passes for one that was not touched");
                    }
                    other => panic!("{other:?}"),
                }
                return Ok(());
            }
        }
        // Not over: then either nothing was armed, or there is something left to do.
        assert!(transaction.is_open() || !armed);
    }

    /// A confirmation is asked for only of an armed change and after a good verdict.
    #[test]
    fn confirm_needs_an_armed_change_and_a_good_verdict(inputs in prop::collection::vec(input(), 0..20)) {
        let mut transaction = Transaction::after(0);
        let mut activated = false;
        for input in inputs {
            activated |= matches!(input, Input::Activated | Input::Armed);
            let good = input == Input::Good;
            if transaction.next(input) == Action::Confirm {
                assert!(activated && good);
            }
        }
    }
}
