//! Two firewall VMs that share an address by VRRP, on a KVM host.

use std::time::Duration;

use rappel::lab::topology::{self, FIREWALL_MACS, KVM_MAC, SHARED_MAC};

use crate::bench::Bench;
use crate::every::{ByHand, Site};
use crate::traffic::{mac, neighbour, outside_reaches};

const SHARED: &str = "203.0.113.20";
const CONF: &str = "/etc/keepalived/keepalived.conf";

fn site() -> Site {
    Site {
        bench: Bench::shipped(&topology::t0(), "t0"),
        play: "t0",
        hosts: &["hv1", "fw1", "fw2"],
        end,
        by_hand: &[
            ByHand {
                host: "hv1",
                change: "sed -i 's/bridge_fd 0/bridge_fd 15/' /etc/network/interfaces",
                named: "bridge_fd",
            },
            ByHand {
                host: "fw1",
                change: "sed -i 's/priority 150/priority 50/' /etc/keepalived/keepalived.conf",
                named: "priority",
            },
        ],
    }
}

fn end(bench: &Bench) {
    for own in ["203.0.113.10", "203.0.113.21", "203.0.113.22"] {
        outside_reaches(bench, own);
    }
    assert_eq!(mac(bench, "hv1", "br0"), KVM_MAC);
    assert_eq!(neighbour(bench, "gw", "203.0.113.21"), FIREWALL_MACS[0]);
    answers(bench, "fw1", "fw2");
}

fn holds_it(bench: &Bench, host: &str) -> bool {
    bench.holds(host, &format!("ip -o -4 addr show dev vrrp51 2>/dev/null | grep -q {SHARED}/"))
}

/// The shared address is this host's and not the other's, and whoever asks from outside gets
/// its answer from the shared MAC address, which the KVM host's bridge has learned.
#[track_caller]
fn answers(bench: &Bench, host: &str, other: &str) {
    bench.eventually(&format!("{host} has the address"), Duration::from_secs(30), |bench| {
        holds_it(bench, host) && !holds_it(bench, other)
    });
    outside_reaches(bench, SHARED);
    assert_eq!(neighbour(bench, "gw", SHARED), SHARED_MAC);
    bench.eventually("the bridge's port", Duration::from_secs(60), |bench| {
        bench.holds("hv1", &format!("bridge fdb show br br0 dynamic | grep -q {SHARED_MAC}"))
    });
}

#[test]
fn it_lives_its_whole_life() {
    site().lives_its_whole_life();
}

/// Whoever fails, the address goes on being answered for, from the same MAC address.
#[test]
fn the_other_firewall_answers_when_one_fails() {
    let site = site();
    site.stand_up();
    let bench = &site.bench;
    end(bench);
    // The service ends as a service, the machine as a machine.
    bench.console("fw1", "systemctl stop keepalived");
    answers(bench, "fw2", "fw1");
    bench.console("fw1", "systemctl start keepalived");
    answers(bench, "fw1", "fw2");
    bench.lab.power_cut("fw1").expect("off");
    bench.eventually("fw2 has the address", Duration::from_secs(30), |b| holds_it(b, "fw2"));
    outside_reaches(bench, SHARED);
    assert_eq!(neighbour(bench, "gw", SHARED), SHARED_MAC);
}

/// The same with CARP's own program: its addresses have the VMs' own MAC addresses, and only
/// its signs of life come from the shared one.
#[test]
fn ucarp_fails_over_too() {
    let site = site();
    site.stand_up();
    let bench = &site.bench;
    for (number, host) in ["fw1", "fw2"].iter().enumerate() {
        bench.console(host, "systemctl stop keepalived");
        for (name, verb) in [("up", "add"), ("down", "del")] {
            bench.console(
                host,
                &format!(
                    "printf '#!/bin/sh\\nip addr {verb} 203.0.113.30/24 dev $1\\n' >/root/vip-{name}; \
                     chmod +x /root/vip-{name}"
                ),
            );
        }
        let own = number + 1;
        let skew = number * 50;
        // The signal that ends it is for ucarp alone, not for the script that it runs then.
        bench.console(
            host,
            &format!(
                "systemd-run -q --unit=carp -p KillMode=mixed ucarp -i eth0 \
                 -s 203.0.113.2{own} -v 51 -p secret -a 203.0.113.30 -k {skew} -P --shutdown -u /root/vip-up -d /root/vip-down"
            ),
        );
    }
    let has = |bench: &Bench, host: &str| {
        bench.holds(host, "ip -o -4 addr show dev eth0 | grep -q 203.0.113.30/")
    };
    bench.eventually("one master", Duration::from_secs(30), |b| has(b, "fw1") && !has(b, "fw2"));
    outside_reaches(bench, "203.0.113.30");
    bench.console("fw1", "systemctl stop carp");
    bench.eventually("the other", Duration::from_secs(30), |b| has(b, "fw2") && !has(b, "fw1"));
    outside_reaches(bench, "203.0.113.30");
    assert_eq!(neighbour(bench, "gw", "203.0.113.30"), FIREWALL_MACS[1]);
}

/// What a port of vSphere rejects has its like on a KVM host. Each is found by the check, and
/// the shared address is not reached from outside meanwhile.
#[test]
fn a_port_that_rejects_the_shared_mac_is_found_by_a_check() {
    let site = site();
    site.stand_up();
    let bench = &site.bench;
    end(bench);
    let ping = ["ping", "hv1", "playbooks/t0.yml"];
    bench.rappel(&ping).code(0);
    let port = bench.console("hv1", "ls /sys/class/net/br0/brif | grep -v eth0 | head -1");
    let port = port.trim();
    bench.console("hv1", &format!("bridge link set dev {port} learning off flood off"));
    bench.rappel(&ping).code(1).says("learning off");
    bench.console("hv1", &format!("bridge link set dev {port} learning on flood on"));
    bench.rappel(&ping).code(0);
    // What libvirt's clean-traffic does: a VM's frames come from its own MAC address only.
    bench.console(
        "hv1",
        &format!(
            "nft add table bridge filter; nft add chain bridge filter f '{{ type filter hook \
             prerouting priority -300; }}'; nft add rule bridge filter f ether saddr {SHARED_MAC} drop"
        ),
    );
    bench.rappel(&ping).code(1).says("bridge");
    bench.lab.flush_neighbours().expect("flushed");
    assert!(!bench.holds("hv1", &format!("ping -n -q -c 2 -W 2 {SHARED}")));
    bench.console("hv1", "nft delete table bridge filter");
    answers(bench, "fw1", "fw2");
}

/// A file that keepalived would not take is refused by keepalived itself, before anything
/// changes.
#[test]
fn a_group_that_keepalived_refuses_changes_nothing() {
    let site = site();
    site.stand_up();
    let bench = &site.bench;
    bench.edit("inventory/host_vars/fw1.yml", "interface: eth0", "interface: eth9");
    let said = site.apply("fw1");
    assert_ne!(said.code, Some(0), "{}", said.out);
    assert!(bench.holds("fw1", &format!("grep -q 'interface eth0' {CONF}")));
    answers(bench, "fw1", "fw2");
}

/// The document's other way, a whole port group on the switch that the provider shares, is
/// found before any connection.
#[test]
fn a_promiscuous_port_group_is_found_by_lint() {
    let bench = Bench::shipped(&topology::t0(), "t0");
    bench.edit(
        "inventory/hosts.yml",
        "    rappel_lint:\n",
        "    rappel_lint:\n      portgroups:\n        - {name: VM Network, switch: pcc-1-dvs, promiscuous: true}\n",
    );
    let said = bench.rappel(&["plan", "playbooks/t0.yml", "--limit", "hv1"]);
    said.says("VS01").says("VM Network");
}
