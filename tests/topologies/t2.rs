//! Two groups and a gateway VM, stage by stage.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::Bench;
use crate::every::{ByHand, Site, reachable};
use crate::traffic::{mac, neighbour, never_reaches, reaches, seen};

fn site() -> Site {
    let bench = Bench::shipped(&topology::t2(), "t2");
    bench.key_for_jump_hosts();
    let by_hand = &[
        ByHand { host: "gw12", change: "sysctl -qw net.ipv4.ip_forward=0", named: "ip_forward" },
        ByHand {
            host: "g1a",
            change: "sed -i s,10.0.1.2/29,10.0.1.2/24, /etc/network/interfaces",
            named: "10.0.1.2/24",
        },
    ];
    let hosts = &["hv1", "gw12", "g1a", "g1b", "g2a"];
    Site { bench, play: "t2", hosts, end, by_hand }
}

fn end(bench: &Bench) {
    for (from, to) in [
        ("g1a", "10.0.1.1"),
        ("g1a", "10.0.1.3"),
        ("g1a", "fd00:10:0:1::3"),
        ("g1a", "10.0.2.2"),
        ("g1b", "fd00:10:0:2::2"),
        ("g2a", "10.0.1.3"),
    ] {
        reaches(bench, from, to);
    }
    assert_eq!(neighbour(bench, "g1a", "10.0.1.1"), mac(bench, "gw12", "eth0"));
    assert!(!bench.holds("hv1", "ip -o -4 addr show vmbr11 | grep -q inet"));
    never_reaches(bench, "g1a", "203.0.113.10");
}

#[test]
fn it_lives_its_whole_life() {
    site().lives_its_whole_life();
}

const HV1: &str = "inventory/host_vars/hv1.yml";

#[test]
fn each_stage_works_and_fails_as_expected() {
    let site = site();
    let bench = &site.bench;
    // First the hypervisor is in the groups.
    for group in ["1", "2"] {
        let name = format!("    - name: vmbr1{group}\n");
        let own = format!("      ipv4: 10.0.{group}.1/29\n      ipv6: fd00:10:0:{group}::1/64\n");
        bench.edit(HV1, &name, &format!("{name}{own}"));
    }
    for host in ["hv1", "g1a", "g1b", "g2a"] {
        bench.eventually(host, Duration::from_secs(60), |bench| reachable(bench, host));
        site.apply(host).code(0).says("confirmed as generation 1");
    }
    for to in ["10.0.1.1", "fd00:10:0:1::1", "10.0.1.3", "fd00:10:0:1::3"] {
        reaches(bench, "g1a", to);
    }
    assert_eq!(neighbour(bench, "g1a", "10.0.1.1"), mac(bench, "hv1", "vmbr11"));
    never_reaches(bench, "g1a", "10.0.2.2");
    // The gateway VM cannot have the address while the hypervisor has it.
    bench.edit("inventory/host_vars/gw12.yml", "forwarding: true", "forwarding: false");
    site.apply("gw12").code(5).says("10.0.1.1").says(&mac(bench, "hv1", "vmbr11"));

    // The hypervisor leaves the groups.
    for group in ["1", "2"] {
        let own = format!("      ipv4: 10.0.{group}.1/29\n      ipv6: fd00:10:0:{group}::1/64\n");
        bench.edit(HV1, &own, "");
    }
    site.apply("hv1").code(0).says("confirmed as generation 2");
    for to in ["10.0.1.1", "fd00:10:0:1::1"] {
        never_reaches(bench, "g1a", to);
    }
    reaches(bench, "g1a", "10.0.1.3");

    // The gateway VM joins them, first without forwarding: packets arrive there and end.
    site.apply("gw12").code(0).says("confirmed as generation 1");
    reaches(bench, "g1a", "10.0.1.1");
    for to in ["10.0.2.2", "fd00:10:0:2::2"] {
        let echo = format!("dst host {to} and (icmp or icmp6[0] == 128)");
        let packet = seen(bench, "gw12", "eth0", &echo, || {
            never_reaches(bench, "g1a", to);
        });
        assert!(packet.contains("echo request"), "{packet}");
    }
    bench.edit("inventory/host_vars/gw12.yml", "forwarding: false", "forwarding: true");
    site.apply("gw12").code(0).says("confirmed as generation 2").never_says("taken down");
    for to in ["10.0.2.2", "fd00:10:0:2::2"] {
        let echo = format!("dst host {to} and (icmp or icmp6[0] == 128)");
        let packet = seen(bench, "gw12", "eth1", &echo, || {
            reaches(bench, "g1a", to);
        });
        assert!(packet.contains("echo request"), "{packet}");
    }
}
