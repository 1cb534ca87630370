//! The way back goes one step further only when the one before did not do, and each step
//! does what it is there for. A step is proved by breaking the ones before it.

use std::time::Duration;

use crate::bench::{Bench, Said};
use crate::inject;
use crate::judge::{self, Rest, difference};

/// A hypervisor as it should be, with short deadlines.
fn hypervisor() -> Bench {
    let bench = Bench::t3();
    bench.edit("playbooks/t3.yml", "    - dad\n    - mtu\n    - ndp_proxy\n", "");
    bench.edit("playbooks/t3.yml", "activation_timeout: 2m", "activation_timeout: 15s");
    bench.apply().code(0);
    bench
}

fn allow_reboot(bench: &Bench) {
    bench.edit("playbooks/t3.yml", "settle: 1s", "settle: 1s\n    reboot_as_last_resort: true");
}

/// A change that cuts the host off and has to come back. `--confirm-window` is short.
fn wrong_gateway(bench: &Bench) -> Said {
    gone_wrong(bench);
    bench.rappel(&APPLY)
}

const APPLY: [&str; 6] =
    ["apply", "playbooks/t3.yml", "--yes", "--ignore-lint", "--confirm-window", "6"];

fn gone_wrong(bench: &Bench) {
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
}

fn spoil(bench: &Bench, step: &str, script: &str) {
    inject::plant(bench, step, &format!("#!/bin/sh\nrm -f \"$0\"\n{script}\n"));
}

/// Neither ifup nor ifdown does anything any more.
const NO_IFUP: &str = "for name in ifup ifdown; do mv /sbin/$name /sbin/$name.away; \
    printf '#!/bin/sh\\nexit 1\\n' >/sbin/$name; chmod +x /sbin/$name; done";
const IFUP_AGAIN: &str = "for name in ifup ifdown; do mv /sbin/$name.away /sbin/$name; done";

/// Nobody's table, so nobody's way back takes it away, and the host hears nothing.
const DEAF: &str = "nft 'add table netdev deaf; add chain netdev deaf in { type filter hook \
    ingress device eth0 priority 0; policy drop; }'";

/// The steps of the last way back.
fn steps(bench: &Bench) -> String {
    bench.console("hv1", "cat $(ls -td /var/lib/rappel/runs/* | head -n 1)/revert.events")
}

fn boot(bench: &Bench) -> String {
    bench.console("hv1", "cat /proc/sys/kernel/random/boot_id")
}

#[test]
fn the_minimal_reload_is_enough_as_a_rule() {
    let bench = hypervisor();
    let before = judge::picture(&bench);
    wrong_gateway(&bench).code(3).says("rolled back");
    assert_eq!(difference(&before, &judge::picture(&bench)), "");
    assert!(!steps(&bench).contains("revert-restart"), "{}", steps(&bench));
}

#[test]
fn without_ifup_the_live_state_is_replayed() {
    let bench = hypervisor();
    let before = judge::picture(&bench);
    spoil(&bench, "reverting", NO_IFUP);
    wrong_gateway(&bench).code(3).says("rolled back");
    assert_eq!(difference(&before, &judge::picture(&bench)), "");
    assert!(!steps(&bench).contains("revert-restart"), "{}", steps(&bench));
}

/// A bridge that is gone cannot be replayed: its stanza has to make it.
#[test]
fn what_a_replay_cannot_make_a_restart_of_networking_makes() {
    let bench = hypervisor();
    let before = judge::picture(&bench);
    spoil(&bench, "revert-replay", "ip link del br1");
    wrong_gateway(&bench).code(3).says("rolled back");
    assert!(steps(&bench).contains("revert-restart"), "{}", steps(&bench));
    bench.eventually("guests' ports", Duration::from_secs(60), |b| {
        difference(&before, &judge::picture(b)).is_empty()
    });
}

#[test]
fn where_networking_cannot_be_restarted_a_last_replay_does() {
    let bench = hypervisor();
    let before = judge::picture(&bench);
    spoil(&bench, "revert-replay", &format!("ip route del default\n{NO_IFUP}"));
    wrong_gateway(&bench).code(3).says("rolled back");
    assert!(steps(&bench).contains("revert-restart"), "{}", steps(&bench));
    bench.console("hv1", IFUP_AGAIN);
    assert_eq!(difference(&before, &judge::picture(&bench)), "");
}

#[test]
fn a_host_that_stays_cut_off_is_not_rebooted_unless_that_is_allowed() {
    let bench = hypervisor();
    let before = boot(&bench);
    spoil(&bench, "revert-replay", DEAF);
    gone_wrong(&bench);
    let rappel = bench.start(&APPLY);
    bench.eventually("the end of the way back", Duration::from_secs(120), |b| {
        b.holds("hv1", "ls /var/lib/rappel/runs/*/residue && ! test -e /var/lib/rappel/tx")
    });
    // Now that it is over, somebody at the console lets the host hear again.
    bench.console("hv1", "nft delete table netdev deaf");
    let output = rappel.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("gateway inet 203.0.113.254 eth0 pass before, not now"), "{said}");
    assert_eq!(boot(&bench), before, "it was not booted");
}

#[test]
fn a_host_that_stays_cut_off_is_rebooted_where_that_is_allowed() {
    let bench = hypervisor();
    allow_reboot(&bench);
    let (before, first) = (judge::picture(&bench), boot(&bench));
    spoil(&bench, "revert-replay", DEAF);
    wrong_gateway(&bench).code(3).says("rolled back").says("at boot: not confirmed within 6 s");
    assert_ne!(boot(&bench), first, "it was booted");
    assert_eq!(judge::settle(&bench, Duration::from_secs(30)), Rest::Clean);
    assert_eq!(difference(&before, &judge::picture(&bench)), "");
    let unit = "systemctl show -P LoadState rappel-revert.service";
    assert_eq!(bench.console("hv1", unit).trim(), "not-found", "nothing is left of the boot unit");
}

/// It can be reached, so a boot would cost more than it mends; and what is not as it was is
/// never called rolled back.
#[test]
fn a_host_that_differs_but_can_be_reached_is_not_rebooted() {
    let bench = hypervisor();
    allow_reboot(&bench);
    bench.console(
        "hv1",
        "ip link add spare type veth peer name other && ip addr add 10.9.9.1/24 dev spare",
    );
    let before = boot(&bench);
    spoil(&bench, "revert-replay", "ip link del spare");
    wrong_gateway(&bench).code(4).says("spare").never_says("rolled back");
    assert_eq!(boot(&bench), before, "it was not booted");
}
