//! A router VM behind the one NIC of a hypervisor.

use std::time::Duration;

use rappel::lab::Spec;
use rappel::lab::topology::{self, HOST_MAC, VIRTUAL_MAC};

use crate::bench::Bench;
use crate::every::{ByHand, Site};
use crate::traffic::{
    OUTSIDE, answer, mac, neighbour, never_reaches, outside_reaches, reaches, seen, serve,
};

fn site() -> Site {
    site_of(&topology::t1(), &["hv1", "router1"])
}

pub fn site_of(spec: &Spec, hosts: &'static [&'static str]) -> Site {
    Site {
        bench: Bench::shipped(spec, "t1"),
        play: "t1",
        hosts,
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

/// Additional addresses that are routed to the server instead of having a virtual MAC.
#[test]
fn it_works_routed_as_well() {
    let site = Site {
        bench: Bench::shipped(&topology::t1_routed(), "t1-routed"),
        play: "t1",
        hosts: &["hv1", "router1"],
        end: routed_end,
        by_hand: &[],
    };
    site.lives_its_whole_life();
}

fn routed_end(bench: &Bench) {
    for own in ["203.0.113.10", "2001:db8:2:96ce::1", "192.0.2.7", "2001:db8:2:96ce::205"] {
        outside_reaches(bench, own);
    }
    assert_eq!(neighbour(bench, "gw", "2001:db8:2:96ce::205"), HOST_MAC);
    for outside in OUTSIDE {
        reaches(bench, "lan1", outside);
    }
    serve(bench, "lan1", "80", "hello");
    assert_eq!(answer(bench, "192.0.2.7", "8080"), "hello\n", "the port forward");
}

/// A VM with a MAC that the provider does not know looks well from inside. The check on the
/// hypervisor names it, and the provider never hears it.
#[test]
fn a_wrong_mac_on_the_router_is_found_by_a_check() {
    let mut spec = topology::t1();
    let wrong = "02:00:00:9a:6c:99";
    spec.host_mut("router1").expect("router1").wire.nics[0].mac = Some(wrong.to_owned());
    let site = site_of(&spec, &["hv1"]);
    let bench = &site.bench;
    bench.lab.power_cut("router1").expect("off");
    site.stand_up();
    bench.rappel(&["ping", "hv1", "playbooks/t1.yml"]).code(0);
    bench.lab.power_on("router1").expect("on");
    bench.eventually("the router speaks", Duration::from_secs(60), |bench| {
        bench.holds("hv1", &format!("bridge fdb show br vmbr0 dynamic | grep -q {wrong}"))
    });
    let said = bench.rappel(&["ping", "hv1", "playbooks/t1.yml"]).code(1);
    said.says(wrong);
    bench.rappel(&["status", "--limit", "router1", "-T", "3"]).code(4);
}

/// The document puts an address near the additional one on the bridge. It belongs to
/// somebody else, and the server's own would be gone.
#[test]
fn the_documents_address_on_the_bridge_is_refused() {
    let site = site();
    let bench = &site.bench;
    let before = bench.picture("hv1");
    bench.edit("inventory/host_vars/hv1.yml", "203.0.113.10/24", "192.0.2.8/28");
    // Lint knows what was allocated; told to look away, the host itself is asked.
    site.apply("hv1").code(5).says("AD02").says("no host was contacted");
    let words = ["apply", "playbooks/t1.yml", "--yes", "--limit", "hv1", "--ignore-lint"];
    bench.rappel(&words).code(5).says("this takes away 203.0.113.10");
    crate::every::same(&[bench.picture("hv1")], &[before]);
}
