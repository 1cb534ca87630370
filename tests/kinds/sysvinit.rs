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

/// What the host does at boot, and in which order.
const BOOT: &str = "ls /etc/rcS.d /etc/init.d; cat /etc/init.d/.depend.boot";

#[test]
fn a_power_cut_while_pending_ends_in_the_old_configuration() {
    let subject = subject();
    let before = subject.bench.console("hv1", BOOT);
    cases::power_cut_comes_back(&subject);
    cases::same(&subject.bench.console("hv1", BOOT), &before);
}

#[test]
fn a_power_cut_on_a_host_that_boots_by_numbers() {
    let subject = subject();
    subject.bench.console("hv1", "touch /etc/init.d/.legacy-bootordering");
    let before = subject.bench.console("hv1", BOOT);
    cases::power_cut_comes_back(&subject);
    cases::same(&subject.bench.console("hv1", BOOT), &before);
}

#[test]
fn a_host_whose_order_of_boot_has_no_place_for_it_is_refused() {
    let subject = subject();
    let (bench, order) = (&subject.bench, "/etc/init.d/.depend.boot");
    let before = cases::picture(bench);
    bench.console("hv1", &format!("sed -i 's/^networking:/network:/' {order}"));
    let boot = bench.console("hv1", BOOT);
    subject.apply().code(1).says("cannot install the unit that would revert at boot");
    cases::same(&bench.console("hv1", BOOT), &boot);
    bench.console(
        "hv1",
        &format!("sed -i 's/^network:/networking:/' {order}; mv /etc/rcS.d/S*mountall.sh /root"),
    );
    let boot = bench.console("hv1", BOOT);
    subject.apply().code(1).says("cannot install the unit that would revert at boot");
    cases::same(&bench.console("hv1", BOOT), &boot);
    cases::same(&cases::picture(bench), &before);
}
