//! The hypervisor with NAT and proxied IPv6.

use rappel::lab::topology;

use crate::bench::Bench;
use crate::every::{ByHand, Site};
use crate::traffic::{
    OUTSIDE, answer, mac, neighbour, never_reaches, outside_reaches, reaches, seen, serve,
};

const GUESTS: [&str; 2] = ["2001:db8:2:96ce::11", "2001:db8:2:96ce::12"];

fn site() -> Site {
    Site {
        bench: Bench::t3(),
        play: "t3",
        hosts: &["hv1"],
        end,
        by_hand: &[
            ByHand {
                host: "hv1",
                change: "sysctl -qw net.ipv4.ip_forward=0",
                named: "net.ipv4.ip_forward",
            },
            ByHand { host: "hv1", change: "nft delete table inet rappel", named: "inet rappel" },
            ByHand {
                host: "hv1",
                change: "sed -i /::12/d /etc/network/if-up.d/rappel-ndp-proxy",
                named: "if-up.d/rappel-ndp-proxy",
            },
        ],
    }
}

fn end(bench: &Bench) {
    for guest in GUESTS {
        outside_reaches(bench, guest);
        // The provider sees the host's own MAC for the guest: it is proxied.
        assert_eq!(neighbour(bench, "gw", guest), mac(bench, "hv1", "eth0"));
    }
    never_reaches(bench, "gw", "2001:db8:2:96ce::99");
    assert!(
        !bench.holds("hv1", "ip -6 neigh show proxy | grep -q 96ff"),
        "the gateway is never proxied"
    );
    for outside in OUTSIDE {
        reaches(bench, "guest1", outside);
    }
    let packet = seen(bench, "gw", "outside", "icmp and dst 198.51.100.2", || {
        reaches(bench, "guest2", "198.51.100.2");
    });
    assert!(packet.contains("203.0.113.10 > 198.51.100.2"), "{packet}");
    serve(bench, "guest1", "80", "hello");
    assert_eq!(answer(bench, "203.0.113.10", "8080"), "hello\n", "the port forward");
    // A neighbour on the provider's wire does not get to the private network.
    bench.console("gw", "ip route replace 10.42.0.0/24 via 203.0.113.10");
    never_reaches(bench, "gw", "10.42.0.11");
    bench.console("gw", "ip route del 10.42.0.0/24");
}

#[test]
fn it_lives_its_whole_life() {
    site().lives_its_whole_life();
}

/// The kernel forgets proxied neighbours with the link; the hook sets them anew.
#[test]
fn a_link_flap_loses_no_guest() {
    let site = site();
    site.stand_up();
    let bench = &site.bench;
    bench.console("hv1", "ifdown eth0; ifup eth0");
    for guest in GUESTS {
        outside_reaches(bench, guest);
    }
    // Pulling the cable does not take the interface down, and loses nothing.
    bench.lab.link("hv1", "eth0", false).expect("pulled");
    bench.lab.link("hv1", "eth0", true).expect("plugged");
    for guest in GUESTS {
        outside_reaches(bench, guest);
    }
}

/// A guest that restarts looks for duplicates of its address; the host must not answer.
#[test]
fn a_restarted_guest_finds_no_duplicate() {
    let site = site();
    site.stand_up();
    let bench = &site.bench;
    reaches(bench, "guest1", OUTSIDE[1]);
    bench.lab.reboot("guest1").expect("restarts");
    reaches(bench, "guest1", OUTSIDE[1]);
    assert!(!bench.holds("guest1", "ip -6 addr show dadfailed | grep -q inet6"));
    outside_reaches(bench, GUESTS[0]);
}

/// The document proxies the gateway too, and puts the guests on the provider's wire.
#[test]
fn what_the_document_does_is_found_before_any_connection() {
    let spec = topology::t3();
    let bench = Bench::of(&spec);
    bench.write("playbooks/t3.yml", AS_IN_THE_DOCUMENT);
    let said = bench.rappel(&["apply", "playbooks/t3.yml", "--yes"]).code(5);
    said.says("ND01").says("IF11").says("IF10").says("AD08").says("no host was contacted");
}

const AS_IN_THE_DOCUMENT: &str = r#"- hosts: hypervisors
  artifacts:
    - kind: interfaces
      content: |
        auto lo
        iface lo inet loopback
        auto eth0
        iface eth0 inet manual
        auto br0
        iface br0 inet static
            bridge_ports eth0
            bridge_fd 0
            address 203.0.113.10
            netmask 255.255.255.0
            gateway 203.0.113.254
        iface br0 inet6 static
            address 2001:db8:2:96ce::1
            netmask 64
        auto br0:0
        iface br0:0 inet static
            address 10.42.0.1
            netmask 255.255.255.0
    - kind: hook
      phase: if-up.d
      name: ovh-ipv6-route
      content: |
        #!/bin/sh
        if [ "$IFACE" = "br0" ]; then
            ip -6 route add 2001:db8:2:96ce::/56 dev br0
            ip -6 route add default via 2001:db8:2:96ff:ff:ff:ff:ff
            ip neigh add proxy 2001:db8:2:96ff:ff:ff:ff:ff dev br0
        fi
    - kind: sysctl
      content: |
        net.ipv6.conf.all.forwarding=1
        net.ipv6.conf.all.proxy_ndp=1
"#;
