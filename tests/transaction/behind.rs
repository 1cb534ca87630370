//! Hosts that are reached through others only: the same transaction, the same way back.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::{Bench, Said};
use crate::lockouts::NO_NEW_SSH;

const SOON: Duration = Duration::from_secs(90);

/// `h1` lets only `h0` in, and `h2` only `h1`: from the controller there is no other way.
fn chain() -> Bench {
    let bench = Bench::of(&topology::fleet(3));
    bench.write(
        "inventory/hosts.yml",
        "hypervisors:\n  vars:\n    ansible_user: root\n  hosts:\n    h1: {ansible_host: 203.0.113.31}\n    h2: {ansible_host: 203.0.113.32}\n",
    );
    let (key, known) = (bench.lab.key(), bench.lab.known_hosts());
    bench.write(
        ".ssh/config",
        &format!(
            "Host *\n  User root\n  IdentityFile {}\n  UserKnownHostsFile {}\nHost 203.0.113.31\n  ProxyJump 203.0.113.30\nHost 203.0.113.32\n  ProxyJump 203.0.113.31\n",
            key.display(),
            known.display()
        ),
    );
    for (host, from) in [("h1", "203.0.113.30"), ("h2", "203.0.113.31")] {
        let rules = format!(
            "nft 'add table inet only; add chain inet only input {{ type filter hook input priority -10; }}; \
             add rule inet only input ip saddr != {from} tcp dport 22 drop; \
             add rule inet only input meta nfproto ipv6 tcp dport 22 drop'"
        );
        assert!(bench.holds(host, &rules));
    }
    bench
}

const SYSCTL: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      content: |\n        net.ipv4.conf.all.rp_filter = 2\n  checks:\n    - ssh\n";

#[test]
fn hosts_behind_hosts_are_changed_and_come_back() {
    let bench = chain();
    bench.write("playbooks/t3.yml", SYSCTL);
    let straight = bench.rappel(&["apply", "playbooks/t3.yml", "--yes", "-F", "none"]);
    straight.code(4).says("unreachable");
    bench.apply().code(0).says("2 confirmed");
    let before: Vec<String> = ["h1", "h2"].iter().map(|host| bench.picture(host)).collect();
    // The last of the chain first: the one before it is its way.
    for (host, before) in ["h2", "h1"].iter().zip(before.iter().rev()) {
        bench.write("playbooks/t3.yml", &NO_NEW_SSH.replace("hypervisors", host));
        bench.apply_against_lint().code(3).says("rolled back");
        assert_eq!(&bench.picture(host), before, "{host}");
    }
    bench.write("playbooks/t3.yml", SYSCTL);
    bench.apply().code(0).says("2 unchanged");
}

/// The way to the host is cut while the change waits to be verified: nobody can say that it
/// is fine, so the host takes it back by itself.
#[test]
fn a_jump_host_that_dies_confirms_nothing() {
    let bench = chain();
    bench.write("playbooks/t3.yml", SYSCTL);
    bench.apply().code(0).says("2 confirmed");
    let before = bench.picture("h1");
    // What the change does to its host is harmless; its reload is what cuts the jump host off.
    bench.write(
        "playbooks/t3.yml",
        "- hosts: h1\n  artifacts:\n    - kind: file\n      path: /etc/harmless\n      content: x\n      reload: touch /run/reached; sleep 4\n  checks:\n    - ssh\n  rollout: {confirm_window: 20s}\n",
    );
    let child = bench.start(&["apply", "playbooks/t3.yml", "--yes"]);
    bench.eventually("the reload runs", SOON, |b| b.holds("h1", "test -e /run/reached"));
    bench.lab.link("h0", "eth0", false).expect("cut");
    let said = Said::of(&child.wait_with_output().expect("ends"));
    assert!(matches!(said.code, Some(3 | 4)), "{:?}\n{}\n{}", said.code, said.out, said.err);
    let said = said.never_says("confirmed as");
    bench.lab.link("h0", "eth0", true).expect("plugged in");
    bench.eventually("it is taken back", SOON, |b| !b.holds("h1", "test -e /var/lib/rappel/tx"));
    assert_eq!(bench.picture("h1"), before, "{}", said.out);
    assert!(!bench.holds("h1", "test -e /etc/harmless"));
}
