//! Proxied neighbour discovery that is not what the play declares.

use crate::bench::Bench;

/// The hook's entries, made by another line.
fn with_entries(bench: &Bench, line: &str) {
    bench.edit(
        "playbooks/t3.yml",
        "template: network/ndp-proxy.sh.j2",
        &format!(
            "content: |\n        #!/bin/sh\n        [ \"$IFACE\" = br1 ] || exit 0\n        {line}"
        ),
    );
}

#[test]
fn guests_whose_proxy_entries_are_made() {
    let bench = Bench::t3();
    bench
        .apply()
        .code(0)
        .says("before the change: ndp_proxy 2001:db8:2:96ce::11 on eth0 fail")
        .says("after the change: ndp_proxy 2001:db8:2:96ce::11 on eth0 pass (configuration read back)")
        .says("after the change: mtu 203.0.113.254 on eth0 pass (1500 bytes)");
}

#[test]
fn a_guest_without_a_proxy_entry() {
    let bench = Bench::t3();
    with_entries(&bench, "ip -6 neigh replace proxy 2001:db8:2:96ce::11 dev eth0");
    bench
        .apply_against_lint()
        .code(3)
        .says("ndp_proxy 2001:db8:2:96ce::12 on eth0 fails (there is no entry for it)")
        .never_says("ndp_proxy 2001:db8:2:96ce::11 on eth0 fails");
    bench.edit("playbooks/t3.yml", "    - ndp_proxy\n", "");
    bench.apply_against_lint().code(0);
}

#[test]
fn a_proxy_entry_on_the_guests_own_bridge() {
    let bench = Bench::t3();
    with_entries(
        &bench,
        "for last in 11 12; do for dev in eth0 br1; do ip -6 neigh replace proxy 2001:db8:2:96ce::$last dev $dev; done; done",
    );
    bench
        .apply_against_lint()
        .code(3)
        .says("ndp_proxy 2001:db8:2:96ce::11 on eth0 fails (it is proxied on br1)");
}

#[test]
fn a_gateway_that_is_proxied() {
    let bench = Bench::t3();
    with_entries(
        &bench,
        "for last in 96ce::11 96ce::12 96ff:ff:ff:ff:ff; do ip -6 neigh replace proxy 2001:db8:2:$last dev eth0; done",
    );
    bench.apply_against_lint().code(3).says("the gateway's own address is proxied");
}
