//! The wires: what the flagship topology allows, and that none leads out.

use std::collections::BTreeSet;
use std::fs;

use rappel::lab::topology;

use crate::help::{HV1, answers, printed, until, up};

/// The way the flagship scenario has to end: what it is to set, set by hand.
const HYPERVISOR: &str = "set -e
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.proxy_ndp=1
ip link add br1 type bridge
ip link set br1 up
ip addr add 10.42.0.1/24 dev br1
ip addr add fe80::1/64 dev br1 nodad
ip -6 addr add 2001:db8:2:96ce::1/128 dev eth0 nodad
ip -6 route add 2001:db8:2:96ff:ff:ff:ff:ff dev eth0
ip -6 route add default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0
ip -6 route add 2001:db8:2:96ce::/64 dev br1
ip -6 neigh add proxy 2001:db8:2:96ce::11 dev eth0
nft add table ip nat
nft add chain ip nat post '{ type nat hook postrouting priority srcnat; }'
nft add rule ip nat post oifname eth0 masquerade";

#[test]
fn guests_are_reached_by_proxied_neighbours_only() {
    let lab = up(&topology::t3());
    assert!(answers(&lab, HV1));
    assert!(!answers(&lab, "2001:db8:2:96ce::11"));
    lab.sh("hv1", HYPERVISOR).unwrap();
    until("the host has IPv6", || answers(&lab, "2001:db8:2:96ce::1"));
    until("the proxied guest answers", || answers(&lab, "2001:db8:2:96ce::11"));
    assert!(!answers(&lab, "2001:db8:2:96ce::12"), "this one has no entry");
    let ping = |address: &str| {
        let argv = ["ping", "-n", "-q", "-c", "1", "-W", "2", address];
        lab.exec("guest1", &argv).unwrap().status.success()
    };
    until("guests reach outside by both families", || {
        ping("198.51.100.2") && ping("2001:db8:ffff::2")
    });

    lab.sh("hv1", "ip link del br1; ip link add br1 type bridge; ip link set br1 up").unwrap();
    until("the ports are back in the new bridge", || {
        let ports = lab.sh("hv1", "bridge link").unwrap();
        ports.matches("master br1").count() == 2
    });
}

#[test]
fn there_is_no_way_out() {
    let lab = up(&topology::t3());
    let run = |words: &[&str]| {
        let output = lab.controller(words).unwrap().output().unwrap();
        assert!(output.status.success(), "{}", printed(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(&["ip", "-4", "route", "show", "default"]), "");
    assert_eq!(run(&["ip", "-6", "route", "show", "default"]), "");
    let gateway = lab.gateway(&["ip", "route", "show", "default"]).unwrap();
    assert_eq!(printed(&gateway), "");
    let ours = run(&["ip", "-o", "link"]);
    assert_eq!(ours.lines().count(), 2, "{ours}");
    for mac in machine_macs() {
        let all = ours.clone() + &printed(&lab.gateway(&["ip", "-o", "link"]).unwrap());
        assert!(!all.contains(&mac), "the machine's {mac} is in the lab");
    }
}

/// The addresses of the machine's own network cards.
fn machine_macs() -> BTreeSet<String> {
    let cards = fs::read_dir("/sys/class/net").unwrap();
    let macs = cards.flatten().filter_map(|card| {
        let mac = fs::read_to_string(card.path().join("address")).ok()?;
        Some(mac.trim().to_owned())
    });
    macs.filter(|mac| mac != "00:00:00:00:00:00" && !mac.is_empty()).collect()
}
