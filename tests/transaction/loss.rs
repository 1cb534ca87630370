//! The controller or the host goes away in the middle.

use std::time::Duration;

use crate::bench::Bench;
use crate::t3::similar_asserts;

/// Makes a step of the transaction take long enough to do something to it.
fn slow_step(bench: &Bench, step: &str) {
    bench.console(
        "hv1",
        &format!(
            "mkdir -p /run/rappel-fault && printf '#!/bin/sh\\ntouch /run/rappel-fault/reached\\nsleep 2\\n' >/run/rappel-fault/{step} && chmod +x /run/rappel-fault/{step}"
        ),
    );
}

fn reached(bench: &Bench) -> bool {
    bench.holds("hv1", "test -e /run/rappel-fault/reached")
}

#[test]
fn a_controller_killed_between_swap_and_confirm_leaves_a_host_that_reverts() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    slow_step(&bench, "swap");
    let mut child = bench.start(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "6"]);
    bench.eventually("the swap", Duration::from_secs(60), reached);
    child.kill().expect("SIGKILL");
    child.wait().expect("ended");
    bench.eventually("the change is in force", Duration::from_secs(60), |b| {
        b.holds("hv1", "test -d /sys/class/net/br1")
    });
    bench.eventually("the way back", Duration::from_secs(40), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/tx")
    });
    bench.console("hv1", "rm -r /run/rappel-fault");
    similar_asserts(&bench.picture("hv1"), &before);
    bench.rappel(&["history"]).code(0).says("reverted: not confirmed within 6 s");
    bench.apply().code(0);
}

#[test]
fn a_host_rebooted_while_pending_comes_up_with_the_old_configuration() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    slow_step(&bench, "activated");
    let child = bench.start(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "30"]);
    bench.eventually("activation", Duration::from_secs(30), reached);
    bench.lab.power_cut("hv1").expect("cut");
    bench.lab.power_on("hv1").expect("on");
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("reverted at boot") || said.contains("at boot"), "{said}");
    similar_asserts(&bench.picture("hv1"), &before);
    assert!(!bench.holds("hv1", "test -e /etc/systemd/system/rappel-revert.service"));
}

/// A host's boot is not over when it can be reached: what a service of its own adds a while
/// after that was there before as well, and is no difference that a revert has left.
#[test]
fn what_comes_late_at_boot_is_waited_for() {
    let bench = Bench::t3();
    let unit = "[Service]\nType=simple\nExecStart=/bin/sh -c 'sleep 12; ip address add 10.77.0.1/32 dev lo'\n[Install]\nWantedBy=multi-user.target\n";
    bench.lab.write_file("hv1", "/etc/systemd/system/late.service", unit.as_bytes()).expect("unit");
    bench.console("hv1", "systemctl enable -q late.service; ip address add 10.77.0.1/32 dev lo");
    slow_step(&bench, "activated");
    let child = bench.start(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "30"]);
    bench.eventually("activation", Duration::from_secs(30), reached);
    bench.lab.power_cut("hv1").expect("cut");
    bench.lab.power_on("hv1").expect("on");
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(bench.holds("hv1", "ip address show dev lo | grep -q 10.77.0.1"), "{said}");
}

#[test]
fn a_controller_killed_before_the_change_leaves_nothing_behind() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    slow_step(&bench, "stage");
    let mut child = bench.start(&["apply", "playbooks/t3.yml", "--yes"]);
    bench.eventually("staging", Duration::from_secs(60), reached);
    child.kill().expect("SIGKILL");
    child.wait().expect("ended");
    bench.eventually("the host lets go", Duration::from_secs(30), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/tx")
    });
    bench.console("hv1", "rm -r /run/rappel-fault");
    similar_asserts(&bench.picture("hv1"), &before);
    bench.apply().code(0);
}
