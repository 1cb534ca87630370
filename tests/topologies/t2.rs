//! Two groups and a gateway VM, stage by stage.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::Bench;
use crate::every::{ByHand, Site, reachable};
use crate::stand_in::{install, kept};
use crate::traffic::{mac, neighbour, never_reaches, reaches, seen};

fn site() -> Site {
    let bench = Bench::shipped(&topology::t2(), "t2");
    bench.key_for_jump_hosts();
    install(&bench, "hv1");
    let by_hand = &[
        ByHand { host: "gw12", change: "sysctl -qw net.ipv4.ip_forward=0", named: "ip_forward" },
        ByHand {
            host: "g1a",
            change: "sed -i s,10.0.1.2/29,10.0.1.2/24, /etc/network/interfaces",
            named: "10.0.1.2/24",
        },
        ByHand {
            host: "hv1",
            change: "pveum acl modify / --groups groupe_1 --roles Administrator",
            named: "-/: Administrator",
        },
        ByHand {
            host: "hv1",
            change: "qm set 202 --net0 virtio=02:00:0a:00:02:02,bridge=vmbr11",
            named: "+net0: virtio=02:00:0A:00:02:02,bridge=vmbr12",
        },
    ];
    let hosts = &["hv1", "gw12", "g1a", "g1b", "g2a"];
    Site { bench, play: "t2", hosts, end, by_hand }
}

/// Each guest's NICs, the number of its VM, and the bridge that it is to be on.
const NICS: [(&str, u8, &str, &str); 5] = [
    ("g1a", 0, "102", "vmbr11"),
    ("g1b", 0, "103", "vmbr11"),
    ("g2a", 0, "202", "vmbr12"),
    ("gw12", 0, "912", "vmbr11"),
    ("gw12", 1, "912", "vmbr12"),
];

/// What Proxmox keeps is what the wire shows: each NIC's MAC address is seen on the bridge that
/// its VM has it on.
fn accounts_and_vms(bench: &Bench) {
    for (guest, nic, number, bridge) in NICS {
        let mac = mac(bench, guest, &format!("eth{nic}"));
        let config =
            format!("qm config {number} | grep -qix 'net{nic}: virtio={mac},bridge={bridge}'");
        assert!(bench.holds("hv1", &config), "{guest}: eth{nic}");
        let seen = format!("bridge fdb show br {bridge} | grep -qi '^{mac} '");
        assert!(bench.holds("hv1", &seen), "{guest}: eth{nic} on {bridge}");
    }
    let kept = kept(bench, "hv1");
    for line in [
        "/vms/102 group groupe_1 PVEVMAdmin 1",
        "/vms/202 group groupe_2 PVEVMAdmin 1",
        "/vms/900 group theirs PVEVMUser 1",
        "groups groupe_2",
    ] {
        assert!(kept.lines().any(|own| own == line), "{line}: {kept}");
    }
    assert!(!kept.contains("/vms/102 group groupe_2"), "{kept}");
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
    accounts_and_vms(bench);
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
