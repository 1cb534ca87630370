//! Several hosts: one goes first, and its failure spares the others.

use rappel::lab::topology;

use crate::bench::Bench;

fn fleet() -> Bench {
    let bench = Bench::of(&topology::fleet(3));
    bench.write(
        "inventory/hosts.yml",
        "hypervisors:\n  vars:\n    ansible_user: root\n  hosts:\n    h0: {ansible_host: 203.0.113.30}\n    h1: {ansible_host: 203.0.113.31}\n    h2: {ansible_host: 203.0.113.32}\n",
    );
    bench
}

const SYSCTL: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      content: |\n        net.ipv4.conf.all.rp_filter = 2\n";

#[test]
fn a_fleet_is_changed_and_equal_diffs_are_shown_once() {
    let bench = fleet();
    bench.write("playbooks/t3.yml", SYSCTL);
    bench.apply().code(0).says("same on 3 hosts").says("3 confirmed");
    bench.apply().code(0).says("3 unchanged");
    bench.rappel(&["status", "h1:h2"]).code(0).says("h2: generation 1").never_says("h0");
}

#[test]
fn a_canary_that_fails_spares_the_others() {
    let bench = fleet();
    let before: Vec<String> = ["h1", "h2"].iter().map(|host| bench.picture(host)).collect();
    bench.write("playbooks/t3.yml", crate::lockouts::NO_NEW_SSH);
    bench.apply_against_lint().code(3).says("1 rolled back, 2 not begun");
    for (host, before) in ["h1", "h2"].iter().zip(before) {
        assert_eq!(bench.picture(host), before);
        assert!(!bench.holds(host, "test -e /var/lib/rappel"), "{host} was not touched");
    }
}

#[test]
fn a_host_that_is_down_counts_as_a_failure() {
    let bench = fleet();
    bench.write("playbooks/t3.yml", SYSCTL);
    bench.lab.power_cut("h0").expect("cut");
    bench.apply().code(4).says("h0: unreachable").says("2 not begun");
}
