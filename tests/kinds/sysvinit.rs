//! Debian with sysvinit: a process of its own stands in for the timer, an init script for
//! the unit at boot.

use crate::cases::{self, Subject};

fn subject() -> Subject {
    let subject = Subject::variant("bookworm-sysvinit");
    let init = subject.bench.console("hv1", "cat /proc/1/comm; test ! -e /run/systemd/system");
    assert_eq!(init, "init\n");
    // Where the cases stop a transaction by scripts of theirs. It is noexec there.
    subject.bench.console("hv1", "mount -o remount,exec /run");
    subject
}

#[test]
fn it_comes_up_and_goes_back() {
    cases::comes_up_and_goes_back(&subject());
}

#[test]
fn a_wrong_gateway_is_reverted() {
    cases::wrong_gateway_comes_back(&subject());
}

#[test]
fn a_killed_controller_leaves_a_host_that_reverts() {
    cases::killed_controller_comes_back(&subject());
}
