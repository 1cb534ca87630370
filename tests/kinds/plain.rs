//! Hosts without any init: a process of its own stands in for the timer, and nothing for
//! the unit at boot, which has to be accepted.

use crate::cases::{self, Subject};

#[test]
fn it_comes_up_and_goes_back() {
    cases::comes_up_and_goes_back(&Subject::plain());
}

#[test]
fn a_wrong_gateway_is_reverted() {
    cases::wrong_gateway_comes_back(&Subject::plain());
}

#[test]
fn a_killed_controller_leaves_a_host_that_reverts() {
    cases::killed_controller_comes_back(&Subject::plain());
}

#[test]
fn without_a_way_back_at_boot_it_is_refused_until_accepted() {
    let subject = Subject::plain();
    let bench = &subject.bench;
    let before = cases::picture(bench);
    bench.apply().says("--without-boot-revert").never_says("confirmed");
    cases::same(&cases::picture(bench), &before);
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel/tx || test -e /var/lib/rappel/lock"));
}
