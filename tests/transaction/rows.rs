//! Single faults of the failure matrix that need no more than one change each.

use std::time::Duration;

use crate::bench::Bench;
use crate::t3::similar_asserts;

/// A play with one artifact.
fn play(kind: &str, content: &str) -> String {
    let indented: String = content.lines().map(|line| format!("        {line}\n")).collect();
    format!("- hosts: hypervisors\n  artifacts:\n    - kind: {kind}\n      content: |\n{indented}")
}

/// Runs a shell line when the host has reached a step.
fn at_step(bench: &Bench, step: &str, line: &str) {
    bench.console(
        "hv1",
        &format!("mkdir -p /run/rappel-fault; printf '#!/bin/sh\\n%s\\n' '{line}' >/run/rappel-fault/{step}; chmod +x /run/rappel-fault/{step}"),
    );
}

#[test]
fn a_ruleset_that_fails_only_when_loaded_leaves_the_old_rules() {
    let bench = Bench::t3();
    bench.apply().code(0);
    // Accepted while it is checked, refused when it is loaded: the table's set is gone.
    bench.console("hv1", "nft 'table inet other { set s { type ipv4_addr; }; }'");
    let before = bench.picture("hv1");
    at_step(&bench, "down", "nft delete table inet other");
    bench.write("playbooks/t3.yml", &play("nft", "table inet rappel\ndelete table inet rappel\ntable inet rappel {\n  chain c {\n  }\n}\nadd element inet other s { 10.0.0.1 }"));
    bench.apply_against_lint().code(3).says("nft refused to load");
    // Also the other table is back: the file touches it, so it is part of the transaction.
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_sysctl_value_that_the_kernel_refuses_is_reverted() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.write(
        "playbooks/t3.yml",
        &play("sysctl", "net.ipv4.ip_forward = 1\nnet.ipv6.conf.eth0.mtu = 1"),
    );
    bench.apply().code(3).says("net/ipv6/conf/eth0/mtu");
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_gateway_that_drops_icmp_is_seen_by_its_neighbour_answer() {
    let bench = Bench::t3();
    bench.console("gw", "nft 'table inet quiet { chain i { type filter hook input priority 0; icmp type echo-request drop; icmpv6 type echo-request drop; }; }'");
    bench.apply().code(0).says("pass (neighbour)");
}

#[test]
fn a_path_that_loses_large_packets_is_never_confirmed() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    // The change makes the host send what the way does not carry, and hides that it does not.
    bench.write(
        "playbooks/t3.yml",
        &play(
            "nft",
            "table inet rappel\ndelete table inet rappel\ntable inet rappel {\n  chain out {\n    type filter hook output priority filter; policy accept;\n    meta length > 1000 tcp sport 22 drop\n  }\n}",
        ),
    );
    bench.apply_against_lint().code(3).says("rolled back");
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_timer_that_never_fires_is_found_out_before_anything_changes() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.console(
        "hv1",
        "mv /usr/bin/systemd-run /usr/bin/systemd-run.away; printf '#!/bin/sh\\nexit 0\\n' >/usr/bin/systemd-run; chmod +x /usr/bin/systemd-run",
    );
    bench.apply().code(1).says("does not fire");
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_change_that_breaks_sudo_is_reverted() {
    let bench = Bench::t3();
    bench.edit(
        "inventory/hosts.yml",
        "ansible_user: root",
        "ansible_user: admin\n      ansible_become: true",
    );
    let mut playbook = play("file", "admin ALL=(ALL:ALL) !ALL");
    playbook.push_str("      path: /etc/sudoers.d/zz-broken\n      mode: \"0440\"\n");
    bench.write("playbooks/t3.yml", &playbook);
    bench.apply().code(3);
    assert!(!bench.holds("hv1", "test -e /etc/sudoers.d/zz-broken"));
    bench.edit("inventory/hosts.yml", "ansible_user: admin", "ansible_user: root");
    assert!(bench.ssh_works());
}

#[test]
fn what_was_broken_before_is_not_blamed_on_the_change() {
    let bench = Bench::t3();
    // A gateway that answers nobody; the controller comes in from the segment's far side.
    bench.console("hv1", "ip route replace default via 203.0.113.253 dev eth0 onlink; ip route add 198.51.100.0/24 via 203.0.113.254");
    bench.write("playbooks/t3.yml", &play("sysctl", "net.ipv4.conf.all.log_martians = 1"));
    bench
        .apply()
        .code(0)
        .says("before the change: gateway 203.0.113.253 on eth0 fail")
        .says("confirmed");
}

#[test]
fn an_interface_that_the_host_does_not_have_is_refused() {
    let bench = Bench::t3();
    bench.edit("inventory/host_vars/hv1.yml", "    name: eth0\n", "    name: eno1\n");
    let before = bench.picture("hv1");
    bench.apply().code(5).says("no interface eno1").says("eth0");
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_change_that_ifup_makes_without_effect_is_not_confirmed() {
    let bench = Bench::t3();
    bench.apply().code(0);
    // Without the old file ifdown knows nothing to take down, and the old route stays.
    bench.console("hv1", "rm /etc/network/interfaces");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    let before = bench.picture("hv1");
    bench.apply().code(3).says("rolled back");
    similar_asserts(&bench.picture("hv1"), &before);
}

#[test]
fn a_file_edited_by_hand_after_the_plan_is_not_overwritten() {
    let bench = Bench::t3();
    // The first look is the plan's; the edit falls between it and the precheck.
    bench.console("hv1", "mv /usr/bin/tar /usr/bin/tar.real; printf '#!/bin/sh\\ncase $* in *-xf*) echo \"# by hand\" >>/etc/network/interfaces ;; esac\\nexec /usr/bin/tar.real \"$@\"\\n' >/usr/bin/tar; chmod +x /usr/bin/tar");
    bench.apply().code(5).says("changed since it was planned");
    bench.console(
        "hv1",
        "grep -q 'by hand' /etc/network/interfaces && ! test -e /sys/class/net/br1",
    );
}

#[test]
fn other_programs_tables_stay() {
    let bench = Bench::t3();
    bench.console("hv1", "nft 'table ip docker { chain c { type filter hook forward priority 0; counter accept; }; }'");
    bench.apply().code(0);
    bench.console("hv1", "nft list table ip docker");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    bench.apply().code(3);
    bench.console("hv1", "nft list table ip docker && nft list table inet rappel");
    bench.eventually("no lock", Duration::from_secs(5), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/lock")
    });
}
