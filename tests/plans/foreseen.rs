//! For each change that is applied, the live state afterwards is the one that the plan has
//! foreseen: on every kind of host, to the hypervisor and back.

use crate::bench::{Bench, Said};
use crate::state::{comes_as_kept, goes_back_as_shown, keep, variant};

const T3: &str = "playbooks/t3.yml";

/// Applies a playbook, and compares what was foreseen with what came.
#[track_caller]
fn comes_as_foreseen(bench: &Bench, playbook: &str) -> Said {
    let (said, plan) = keep(bench, playbook, "kept.plan");
    comes_as_kept(bench, "hv1", "kept.plan", plan);
    said
}

/// Everything that a hypervisor goes through: set up, another guest, another network on
/// its bridge, and back.
fn both_ways(base: &str) {
    let bench = variant(base);
    comes_as_foreseen(&bench, T3);
    let vars = "inventory/host_vars/hv1.yml";
    bench.edit(
        vars,
        "    - name: guest2\n",
        "    - name: guest3\n      ipv4: 10.42.0.13\n      ipv6: 2001:db8:2:96ce::13\n    - name: guest2\n",
    );
    comes_as_foreseen(&bench, T3);
    bench.edit(vars, "ipv4: 10.42.0.1/24", "ipv4: 10.42.0.254/24");
    comes_as_foreseen(&bench, T3);
    goes_back_as_shown(&bench, "hv1", "0");
}

#[test]
fn under_ifupdown() {
    both_ways("bookworm");
}

#[test]
fn under_ifupdown_of_debian_13() {
    both_ways("trixie");
}

#[test]
fn under_ifupdown2() {
    both_ways("bookworm-ifupdown2");
}

/// The uplink becomes a bridge's port, and back: the way every hypervisor goes once.
fn an_address_moves_to_a_bridge(base: &str) {
    let bench = variant(base);
    bench.write("bridge.yml", &play(BRIDGED));
    comes_as_foreseen(&bench, "bridge.yml")
        .says("this moves the address that you are connected through: 203.0.113.10 goes from eth0 to vmbr0")
        .says("the way out over IPv4 changes: default via 203.0.113.254 dev eth0, then default via 203.0.113.254 dev vmbr0");
    bench.write("plain.yml", &play(PLAIN));
    comes_as_foreseen(&bench, "plain.yml");
}

fn play(content: &str) -> String {
    let indented: String = content.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      content: |\n{indented}"
    )
}

const PLAIN: &str = "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address 203.0.113.10/24\n  gateway 203.0.113.254\n  up ip route add 10.98.0.0/16 via 203.0.113.254 dev $IFACE\n";
const BRIDGED: &str = "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet manual\nauto vmbr0\niface vmbr0 inet static\n  address 203.0.113.10/24\n  gateway 203.0.113.254\n  bridge_ports eth0\n  bridge_fd 0\n  bridge_maxwait 0\n  bridge_hw eth0\n";

#[test]
fn a_bridge_over_the_uplink_under_ifupdown() {
    an_address_moves_to_a_bridge("bookworm");
}

#[test]
fn a_bridge_over_the_uplink_under_ifupdown2() {
    an_address_moves_to_a_bridge("bookworm-ifupdown2");
}
