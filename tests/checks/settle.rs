//! What works for a moment only, and what needs a moment to work.

use std::time::Duration;

use crate::bench::Bench;
use crate::play::{interfaces, play, same};

const FILE: &str = "    - kind: file\n      path: /etc/rappel-lab\n      content: x\n";

pub fn settling(checks: &str, artifacts: &str, seconds: u8) -> String {
    let rollout = format!("  rollout: {{settle: {seconds}s}}\n");
    play(checks, artifacts).replacen("  artifacts:", &format!("{rollout}  artifacts:"), 1)
}

/// Fails in the first seconds after the change, then passes.
const SLOW: &str = "'command': 'test ! -e /etc/rappel-lab || { test $(($(date +%s) - $(stat -c %Z /etc/rappel-lab))) -gt 6; }'";
/// Passes in the first seconds after the change, then fails.
const BRIEF: &str = "'command': 'test ! -e /etc/rappel-lab || { test $(($(date +%s) - $(stat -c %Z /etc/rappel-lab))) -lt 8; }'";

#[test]
fn what_needs_a_moment_is_waited_for_and_shown() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", &settling(SLOW, FILE, 1));
    let said = bench.apply_patiently().code(0).says("not good yet: command");
    let at =
        |text: &str| said.out.find(text).unwrap_or_else(|| panic!("no {text:?} in {}", said.out));
    let after = "after the change: command test";
    assert!(at(after) < at("not good yet"), "the failing round is shown");
    assert_eq!(said.out.matches(after).count(), 2, "each result once:\n{}", said.out);
}

#[test]
fn what_works_for_a_moment_only_is_not_confirmed() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.write("playbooks/t3.yml", &settling(BRIEF, FILE, 12));
    bench.apply_patiently().code(3).says("after the change: command").says("rolled back");
    same(&bench.picture("hv1"), &before);
    // Without the time to settle it would pass.
    bench.write("playbooks/t3.yml", &settling(BRIEF, FILE, 0));
    bench.apply_patiently().code(0);
}

/// A default route as a router's advertisement with a short lifetime leaves it.
const EXPIRES: &str = "iface eth0 inet6 static\n    address 2001:db8:2:96ce::1/56\n    up ip -6 route replace default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0 expires 12\n";

#[test]
fn an_ipv6_route_that_expires_is_missed_although_it_is_new() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.write("playbooks/t3.yml", &settling("ssh", &interfaces(EXPIRES), 25));
    bench
        .apply_patiently()
        .code(3)
        .says("after the change: gateway 2001:db8:2:96ff:ff:ff:ff:ff on eth0 pass")
        .says("there is no default gateway for inet6 any more");
    bench.eventually("as before", Duration::from_secs(60), |b| b.picture("hv1") == before);
}

#[test]
fn a_check_that_flaps_does_not_settle() {
    let bench = Bench::t3();
    let check = "'command': 'test ! -e /etc/rappel-lab || test -e /run/up'";
    // Up for one second, down for the next.
    bench.console("hv1", "setsid sh -c 'while :; do touch /run/up; sleep 1; rm /run/up; sleep 1; done' >/dev/null 2>&1 </dev/null &");
    let before = bench.picture("hv1");
    bench.write("playbooks/t3.yml", &settling(check, FILE, 6));
    bench
        .apply_patiently()
        .code(3)
        .says("after the change: command test ! -e /etc/rappel-lab || test -e /run/up pass")
        .says("after the change: command test ! -e /etc/rappel-lab || test -e /run/up fail");
    same(&bench.picture("hv1"), &before);
}
