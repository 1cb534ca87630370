//! Checks of the wire next to the host: large packets, neighbours, routes.

use crate::bench::Bench;
use crate::play::{artifact, interfaces};

#[test]
fn packets_too_large_for_the_wire() {
    let bench = Bench::t3();
    // The switch between host and gateway takes 1500 bytes and drops the rest unseen; TCP
    // agrees on less with everybody outside and works.
    bench.only_stopped_by(
        "mtu",
        &interfaces("    mtu 9000\n"),
        "mtu 203.0.113.254 on eth0 fails (packets of 9000 bytes get lost, small ones do not)",
    );
}

#[test]
fn a_gateway_that_answers_no_ping_says_nothing_of_large_packets() {
    let bench = Bench::t3();
    bench.console("gw", "nft 'table inet quiet { chain i { type filter hook input priority 0; icmp type echo-request drop; }; }'");
    bench.change("mtu", &artifact("sysctl", "net.ipv4.ip_forward = 1")).code(0).says(
        "after the change: mtu 203.0.113.254 on eth0 unknown (it answers no ping of any size)",
    );
}

#[test]
fn a_neighbour_that_can_no_longer_be_asked_for() {
    let bench = Bench::t3();
    bench.console("gw", "ip addr add 203.0.113.77/32 dev inside");
    let rule = "table arp rappel\ndelete table arp rappel\ntable arp rappel {\n    chain c {\n        type filter hook output priority filter; policy accept;\n        arp daddr ip 203.0.113.77 drop\n    }\n}\n";
    bench.only_stopped_by(
        "{neighbour: 203.0.113.77}",
        &artifact("nft", rule),
        "neighbour 203.0.113.77 fails (nobody answers for it on eth0)",
    );
}

#[test]
fn a_route_that_is_gone() {
    let bench = Bench::t3();
    let up = "    up ip route replace 10.9.0.0/16 via 203.0.113.254 dev eth0\n    down ip route del 10.9.0.0/16 || true\n";
    let check = "{route: {to: 10.9.0.0/16, via: 203.0.113.254}}";
    bench
        .change(check, &interfaces(up))
        .code(0)
        .says("before the change: route 10.9.0.0/16 fail (there is none)")
        .says("after the change: route 10.9.0.0/16 pass");
    bench.only_stopped_by(check, &interfaces(""), "route 10.9.0.0/16 fails (there is none)");
    // A route that was missing before as well: the play declares what shall be there.
    bench
        .change("{route: {to: 10.8.0.0/16, dev: eth0}}", &interfaces("    metric 5\n"))
        .code(3)
        .says("route 10.8.0.0/16 fails (there is none)");
}
