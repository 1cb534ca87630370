//! Cases that found a mistake once.

use crate::case::{Case, Fault, KINDS, Scenario};
use crate::site::Site;

const FOUND: [(Scenario, &str, Fault); 3] = [
    // The boot unit stayed when a finisher was killed after the transaction was put away.
    (Scenario::Bad, "run-kept", Fault::Kill),
    // A copy that the full disk cut off took the place of the interfaces file.
    (Scenario::Broken, "reverting", Fault::DiskFull),
    // rappel followed a worker that was gone for ever.
    (Scenario::Good, "worker", Fault::KillTree),
];

#[test]
fn what_was_found_once_stays_mended() {
    let mut site = Site::up(&KINDS[0]);
    for (scenario, step, fault) in FOUND {
        let case = Case { kind: &KINDS[0], scenario, step: step.to_owned(), fault };
        let record = site.try_case(&case);
        assert!(record.broken.is_empty() && record.skipped.is_none(), "{case}: {record:#?}");
    }
}
