//! A KVM host that moves its address from its only NIC to a bridge.

use rappel::lab::topology::{self, NIC_MAC};

use crate::bench::Bench;
use crate::every::{ByHand, Site, reachable, same};
use crate::traffic::{OUTSIDE, mac, neighbour, outside_reaches, reaches, seen};

fn site() -> Site {
    Site {
        bench: Bench::shipped(&topology::t4(), "t4"),
        play: "t4",
        hosts: &["hv1"],
        end,
        by_hand: &[
            ByHand { host: "hv1", change: "nft delete table inet rappel", named: "inet rappel" },
            ByHand {
                host: "hv1",
                change: "sed -i \"s/bridge_stp off/bridge_stp on/\" /etc/network/interfaces",
                named: "bridge_stp on",
            },
            ByHand {
                host: "hv1",
                change: "virsh -q net-autostart lan --disable",
                named: "autostart: no",
            },
            ByHand {
                host: "hv1",
                change: "EDITOR='sed -i s/br0/br9/' virsh -q net-edit lan",
                named: "br9",
            },
        ],
    }
}

fn end(bench: &Bench) {
    for own in ["172.16.1.1", "2001:db8:4::10", "172.16.20.5", "2001:db8:4::205"] {
        outside_reaches(bench, own);
    }
    // One MAC address for the host, the bridge's, which is the NIC's.
    assert_eq!(mac(bench, "hv1", "br0"), NIC_MAC);
    for own in ["172.16.1.1", "2001:db8:4::10"] {
        assert_eq!(neighbour(bench, "gw", own), NIC_MAC);
    }
    // The guest speaks for itself: its own address and its own MAC address.
    assert_eq!(neighbour(bench, "gw", "172.16.20.5"), mac(bench, "vm1", "eth0"));
    for outside in OUTSIDE {
        reaches(bench, "vm1", outside);
    }
    let packet = seen(bench, "gw", "outside", "icmp and dst 198.51.100.2", || {
        reaches(bench, "vm1", "198.51.100.2");
    });
    assert!(packet.contains("172.16.20.5 > 198.51.100.2"), "no masquerade: {packet}");
    let network = bench.console("hv1", "virsh net-info lan && virsh net-dumpxml --inactive lan");
    let words: Vec<&str> = network.split_whitespace().collect();
    for wanted in [["Active:", "yes"], ["Autostart:", "yes"], ["<bridge", "name='br0'/>"]] {
        assert!(words.windows(2).any(|two| two == wanted), "{wanted:?}: {network}");
    }
    for gone in [
        "pgrep -x dhclient",
        "test -e /var/lib/dhcp/dhclient.enp4s0f0.leases",
        "ip -o -4 addr show dev enp4s0f0 | grep inet",
        "ip -o route show default dev enp4s0f0 | grep default",
    ] {
        assert!(!bench.holds("hv1", gone), "still there: {gone}");
    }
    assert!(bench.holds("hv1", "ip route show default | grep -q 'via 172.16.0.1 dev br0'"));
}

#[test]
fn it_lives_its_whole_life() {
    let site = site();
    for there in ["pgrep -x dhclient", "test -s /var/lib/dhcp/dhclient.enp4s0f0.leases"] {
        assert!(site.bench.holds("hv1", there), "a DHCP client runs before: {there}");
    }
    site.lives_its_whole_life();
    assert!(!site.bench.holds("hv1", "virsh net-list --all --name | grep -qx lan"));
    // And it is back, with a lease of its own.
    assert!(site.bench.holds("hv1", "pgrep -x dhclient"));
}

/// The change takes the only NIC away from its DHCP client. When it is not heard of again,
/// the client is back as well.
#[test]
fn a_wrong_gateway_brings_the_dhcp_client_back() {
    let site = site();
    let bench = &site.bench;
    let before = bench.picture("hv1");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 172.16.0.1", "gateway: 172.16.0.9");
    site.apply("hv1").code(3).says("rolled back");
    same(&[bench.picture("hv1")], &[before]);
    assert!(bench.holds("hv1", "pgrep -x dhclient"));
    assert!(reachable(bench, "hv1"));
}
