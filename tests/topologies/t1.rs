//! A router VM behind the one NIC of a hypervisor.

use rappel::lab::topology::{self, HOST_MAC, VIRTUAL_MAC};

use crate::bench::Bench;
use crate::every::{ByHand, Site};
use crate::traffic::{
    OUTSIDE, answer, mac, neighbour, never_reaches, outside_reaches, reaches, seen, serve,
};

fn site() -> Site {
    Site {
        bench: Bench::shipped(&topology::t1(), "t1"),
        play: "t1",
        hosts: &["hv1", "router1"],
        end,
        by_hand: &[
            ByHand {
                host: "hv1",
                change: "sed -i 's/bridge-fd 0/bridge-fd 15/' /etc/network/interfaces",
                named: "bridge-fd",
            },
            ByHand { host: "router1", change: "nft flush ruleset", named: "inet rappel" },
        ],
    }
}

fn end(bench: &Bench) {
    for own in ["203.0.113.10", "2001:db8:2:96ce::1", "192.0.2.7", "2001:db8:2:96ce::205"] {
        outside_reaches(bench, own);
    }
    assert_eq!(mac(bench, "hv1", "vmbr0"), HOST_MAC);
    assert_eq!(neighbour(bench, "gw", "203.0.113.10"), HOST_MAC);
    assert_eq!(neighbour(bench, "gw", "192.0.2.7"), VIRTUAL_MAC);
    for outside in OUTSIDE {
        reaches(bench, "lan1", outside);
    }
    let packet = seen(bench, "gw", "outside", "icmp and dst 198.51.100.2", || {
        reaches(bench, "lan1", "198.51.100.2");
    });
    assert!(packet.contains("192.0.2.7 > 198.51.100.2"), "{packet}");
    serve(bench, "lan1", "80", "hello");
    assert_eq!(answer(bench, "192.0.2.7", "8080"), "hello\n", "the port forward");
    // The LAN is not visible outside, even to somebody on the wire who knows of it.
    bench.console("gw", "ip route replace 172.16.0.0/16 via 192.0.2.7 dev inside onlink");
    never_reaches(bench, "gw", "172.16.10.205");
    bench.console("gw", "ip route del 172.16.0.0/16");
    assert!(!bench.holds("hv1", "ip -o -4 addr show vmbr1 | grep -q inet"));
}

#[test]
fn it_lives_its_whole_life() {
    site().lives_its_whole_life();
}
