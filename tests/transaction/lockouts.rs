//! Changes that would lock everybody out: each comes back by itself.

use std::time::Duration;

use crate::bench::Bench;
use crate::t3::similar_asserts;

#[test]
fn a_wrong_gateway_is_reverted() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    bench.apply().code(3).says("rolled back").never_says("confirmed as generation 2");
    similar_asserts(&bench.picture("hv1"), &before);
    assert!(bench.gateway_pings("2001:db8:2:96ce::11"));
    bench.rappel(&["history"]).code(0).says("reverted");
}

#[test]
fn a_wrong_ipv6_gateway_alone_is_reverted() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    bench.edit(
        "inventory/host_vars/hv1.yml",
        "2001:db8:2:96ff:ff:ff:ff:ff",
        "2001:db8:2:96ff:ff:ff:ff:fe",
    );
    bench.apply().code(3).says("gateway 2001:db8:2:96ff:ff:ff:ff:fe on eth0 fails");
    similar_asserts(&bench.picture("hv1"), &before);
}

/// Established connections live on through connection tracking; only new ones are dropped.
pub const NO_NEW_SSH: &str = r#"- hosts: hypervisors
  artifacts:
    - kind: nft
      content: |
        table inet rappel
        delete table inet rappel
        table inet rappel {
            chain input {
                type filter hook input priority filter; policy drop;
                ct state established,related accept
                meta l4proto { icmp, icmpv6 } accept
            }
        }
"#;

#[test]
fn a_firewall_that_drops_new_ssh_connections_is_reverted() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.write("playbooks/t3.yml", NO_NEW_SSH);
    bench.apply().code(5).says("FW08").says("no host was contacted");
    bench.apply_against_lint().code(3).says("rolled back").says("not confirmed within 12 s");
    similar_asserts(&bench.picture("hv1"), &before);
    assert!(bench.ssh_works());
}

#[test]
fn a_firewall_that_drops_new_ssh_over_ipv6_only_is_reverted() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    let only_v6 = NO_NEW_SSH.replace("policy drop;", "policy accept;").replace(
        "ct state established,related accept\n",
        "meta nfproto ipv6 tcp dport 22 ct state new drop\n",
    );
    bench.write("playbooks/t3.yml", &only_v6);
    bench.apply_against_lint().code(3).says("no SSH to 2001:db8:2:96ce::1 any more");
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_hook_that_fails_is_reverted_at_once() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.write(
        "playbooks/t3.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: hook\n      phase: if-up.d\n      name: broken\n      content: |\n        #!/bin/sh\n        echo this hook is broken\n        exit 7\n",
    );
    bench.apply().code(3).says("this hook is broken").says("activation failed");
    similar_asserts(&bench.picture("hv1"), &before);
    bench.eventually("the lock is gone", Duration::from_secs(5), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/lock")
    });
}
