//! Default gateways of every kind, and wrong ones of one family only.

use crate::bench::Bench;
use crate::play::{artifact, interfaces, same};

/// The provider's gateway answers no ping, over neither family.
const MUTE: &str = "nft 'table inet mute { chain i { type filter hook input priority 0; icmp type echo-request drop; icmpv6 type echo-request drop; }; }'";

#[test]
fn a_wrong_gateway_of_ipv4_only_while_ipv6_works() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    bench.edit("inventory/hosts.yml", "203.0.113.10", "2001:db8:2:96ce::1");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    bench
        .apply()
        .code(3)
        .says("after the change: gateway 203.0.113.253 on eth0 fail")
        .says("after the change: gateway 2001:db8:2:96ff:ff:ff:ff:ff on eth0 pass");
    same(&bench.picture("hv1"), &before);
}

#[test]
fn a_gateway_that_drops_icmp_answers_arp_and_ndp() {
    let bench = Bench::t3();
    bench.console("gw", MUTE);
    bench
        .apply_patiently()
        .code(0)
        .says("before the change: gateway 203.0.113.254 on eth0 pass (neighbour)")
        .says("after the change: gateway 203.0.113.254 on eth0 pass (neighbour)")
        .says("after the change: gateway 2001:db8:2:96ff:ff:ff:ff:ff on eth0 pass (neighbour)")
        .says("mtu 2001:db8:2:96ff:ff:ff:ff:ff on eth0 unknown (it answers no ping of any size)");
    // A wrong one is still told from one that is only mute.
    bench.edit("inventory/host_vars/hv1.yml", "96ff:ff:ff:ff:ff", "96ff:ff:ff:ff:fe");
    bench.apply_patiently().code(3).says(
        "gateway 2001:db8:2:96ff:ff:ff:ff:fe on eth0 fails (no answer to ping, nor to ARP or NDP)",
    );
}

/// The uplink with one IPv4 address that has nobody in its network, and an IPv6 gateway.
fn far_gateways(inet6: &str, ipv4: &str) -> String {
    artifact(
        "interfaces",
        &format!(
            "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n{ipv4}    gateway 203.0.113.254\niface eth0 inet6 static\n    address 2001:db8:2:96ce::1/64\n    gateway {inet6}\n"
        ),
    )
}

#[test]
fn gateways_outside_the_prefix_and_link_local_ones() {
    let bench = Bench::t3();
    let shown = bench.console("gw", "ip -6 -o addr show dev inside scope link");
    let link_local = shown.split_whitespace().nth(3).and_then(|net| net.split('/').next());
    let link_local = link_local.expect("an address");
    let onlink = "    address 203.0.113.10/32\n";
    bench
        .change("mtu", &far_gateways(link_local, onlink))
        .code(0)
        .says("after the change: gateway 203.0.113.254 on eth0 pass (ping)")
        .says(&format!("after the change: gateway {link_local} on eth0 pass (ping)"))
        .says(&format!("after the change: mtu {link_local} on eth0 pass (1500 bytes)"));
    let pointopoint = "    address 203.0.113.10/32\n    pointopoint 203.0.113.254\n";
    bench
        .change("mtu", &far_gateways(link_local, pointopoint))
        .code(0)
        .says("after the change: gateway 203.0.113.254 on eth0 pass (ping)");
    let before = bench.picture("hv1");
    bench
        .change("mtu", &far_gateways("fe80::dead", pointopoint))
        .code(3)
        .says("gateway fe80::dead on eth0 fails");
    same(&bench.picture("hv1"), &before);
}

#[test]
fn a_host_of_one_family_without_a_default_route() {
    let bench = Bench::t3();
    let routed = artifact(
        "interfaces",
        "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address 203.0.113.10/24\n    up ip route replace 198.51.100.0/24 via 203.0.113.254\n    down ip route del 198.51.100.0/24 || true\n",
    );
    bench
        .change("mtu", &routed)
        .code(0)
        .says("before the change: gateway 203.0.113.254 on eth0 pass")
        .says("after the change: mtu unknown (there is no default gateway)")
        .never_says("after the change: gateway")
        .never_says("change: mtu 2001:")
        .never_says("change: gateway 2001:");
    // From there on nothing of it is a failure, and nothing is claimed.
    bench
        .change("mtu", &artifact("sysctl", "net.ipv4.ip_forward = 1"))
        .code(0)
        .never_says("gateway 203")
        .says("before the change: mtu unknown (there is no default gateway)");
    // A gateway that the file promises and that nobody is.
    bench
        .change("mtu", &interfaces("").replace("203.0.113.254", "203.0.113.253"))
        .code(3)
        .says("rolled back");
}
