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
        .says("after the change: ndp_proxy 2001:db8:2:96ce::11 on eth0 pass (advertisement with our MAC seen)")
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

/// Drops what asks for one proxied address, whose entry stays right.
const UNHEARD: &str = "    - kind: nft\n      path: /etc/nftables.d/unheard.nft\n      content: |\n        table inet unheard\n        delete table inet unheard\n        table inet unheard {\n            chain c {\n                type filter hook prerouting priority raw; policy accept;\n                icmpv6 type nd-neighbor-solicit @th,64,128 0x20010db8000296ce0000000000000012 drop\n            }\n        }\n";

#[test]
fn a_right_entry_that_nobody_hears_asked_for() {
    let bench = Bench::t3();
    let template = "      template: network/rappel.nft.j2\n";
    bench.edit("playbooks/t3.yml", template, &format!("{template}{UNHEARD}"));
    bench
        .apply_against_lint()
        .code(3)
        .says("ndp_proxy 2001:db8:2:96ce::12 on eth0 fails (it is asked for, and nobody answers)")
        .never_says("ndp_proxy 2001:db8:2:96ce::11 on eth0 fails");
    bench.edit("playbooks/t3.yml", "    - ndp_proxy\n", "");
    bench.apply_against_lint().code(0);
}

#[test]
fn without_tcpdump_an_upstream_ping_counts_and_a_silent_guest_is_not_known() {
    let bench = Bench::t3();
    bench.console("hv1", "chmod -x /usr/bin/tcpdump");
    bench.console("guest2", "ip link set eth0 down");
    bench
        .apply()
        .code(0)
        .says("after the change: ndp_proxy 2001:db8:2:96ce::11 on eth0 pass (configuration read back, there is no tcpdump on this host, upstream ping from here)")
        .says("after the change: ndp_proxy 2001:db8:2:96ce::12 on eth0 unknown (configuration read back, there is no tcpdump on this host)");
}

#[test]
fn an_address_that_must_not_be_proxied() {
    let bench = Bench::t3();
    with_entries(
        &bench,
        "for last in 11 12 99; do ip -6 neigh replace proxy 2001:db8:2:96ce::$last dev eth0; done",
    );
    // Nobody said that it shall be.
    bench.apply_against_lint().code(3).says(
        "proxied 2001:db8:2:96ce::99 on eth0 fails (it is proxied, and the check does not name it)",
    );
    bench.edit("playbooks/t3.yml", "- ndp_proxy", "- ndp_proxy: {never: ['2001:db8:2:96ce::99']}");
    bench
        .apply_against_lint()
        .code(3)
        .says("ndp_proxy 2001:db8:2:96ce::99 fails (it is proxied on eth0 and must not be)");
    bench.edit("playbooks/t3.yml", "    - ndp_proxy: {never: ['2001:db8:2:96ce::99']}\n", "");
    bench.apply_against_lint().code(0);
}

/// The link goes down and comes back, and ifupdown is not told.
const FLAP: &str = "ip link set eth0 down; ip link set eth0 up; ip route replace default via 203.0.113.254 dev eth0; ip -6 addr replace 2001:db8:2:96ce::1/128 dev eth0 nodad; ip -6 route replace default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0 onlink; ip -6 route replace 2001:db8:2:96ce::/64 dev br1";

#[test]
fn entries_that_a_link_flap_loses() {
    let bench = Bench::t3();
    bench.apply().code(0);
    // A cable that is pulled and plugged in again: whatever this kernel makes of it, the
    // check says what is the case.
    for up in [false, true] {
        bench.lab.link("hv1", "eth0", up).expect("the cable");
    }
    let kept = bench.holds("hv1", "ip -6 neigh show proxy | grep -q 96ce::11");
    let code = if kept { 0 } else { 1 };
    bench.eventually("the host", std::time::Duration::from_secs(60), Bench::ssh_works);
    bench.rappel(&["ping", "playbooks/t3.yml"]).code(code);
    bench.console("hv1", FLAP);
    bench
        .rappel(&["ping", "playbooks/t3.yml"])
        .code(1)
        .says("ndp_proxy 2001:db8:2:96ce::11 on eth0")
        .says("there is no entry for it");
}

#[test]
fn a_change_whose_reload_loses_the_entries() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    let file = format!(
        "    - kind: file\n      path: /etc/rappel-lab\n      content: x\n      reload: \"{FLAP}\"\n  checks:\n"
    );
    bench.edit("playbooks/t3.yml", "  checks:\n", &file);
    bench
        .apply_against_lint()
        .code(3)
        .says("ndp_proxy 2001:db8:2:96ce::11 on eth0 fails (there is no entry for it)");
    crate::play::same(&bench.picture("hv1"), &before);
    bench.edit("playbooks/t3.yml", "    - ndp_proxy\n", "");
    bench.apply_against_lint().code(0);
}
