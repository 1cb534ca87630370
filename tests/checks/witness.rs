//! Checks of a host that others make: a neighbour on its segment, and a guest.

use rappel::lab::{Kind, topology};

use crate::bench::Bench;
use crate::play::{artifact, rules, same};
use crate::site::{add_to_inventory, with_neighbour};

/// The host answers everybody but its neighbour.
const DEAF: &str = "ip saddr 203.0.113.21 icmp type echo-request drop";

#[test]
fn a_host_that_only_its_neighbours_cannot_reach() {
    let bench = with_neighbour();
    bench.only_stopped_by(
        "{ping: {from: witness, family: inet}}",
        &rules("input", DEAF),
        "ping 203.0.113.10 from a witness fails (no answer to 3 echo requests, by w1)",
    );
    bench.only_stopped_by(
        "{tcp: {port: 22, from: witness}}",
        &rules("input", "ip saddr 203.0.113.21 tcp dport 22 drop"),
        "tcp 203.0.113.10:22 from a witness fails",
    );
    let arp = "table arp rappel\ndelete table arp rappel\ntable arp rappel {\n    chain c {\n        type filter hook input priority filter; policy accept;\n        arp saddr ip 203.0.113.21 drop\n    }\n}\n";
    bench.only_stopped_by(
        "{neighbour: {from: witness}}",
        &artifact("nft", arp),
        "neighbour 203.0.113.10 from a witness fails (nobody answers for it on eth0, by w1)",
    );
}

#[test]
fn a_witness_that_cannot_be_reached_or_is_not_there() {
    let bench = with_neighbour();
    let change = artifact("sysctl", "net.ipv4.ip_forward = 1");
    bench.write(
        "playbooks/t3.yml",
        &crate::play::play("{ping: {from: witness, family: inet}}", &change),
    );
    bench.rappel(&["ping", "playbooks/t3.yml"]).code(0).says("ping, by w1");
    bench.lab.power_cut("w1").expect("cut");
    bench
        .rappel(&["ping", "playbooks/t3.yml", "-T", "2"])
        .code(1)
        .says("ping 203.0.113.10 from a witness")
        .says("not probed: w1: ");
    bench
        .rappel(&["apply", "playbooks/t3.yml", "--yes", "-T", "2"])
        .code(0)
        .says("before the change: ping 203.0.113.10 from a witness unknown (not probed: w1: ")
        .says("after the change: ping 203.0.113.10 from a witness unknown (not probed: w1: ");
    bench.edit("inventory/hosts.yml", "ansible_host: 203.0.113.21", "ansible_host: 192.0.2.21");
    bench
        .rappel(&["ping", "playbooks/t3.yml"])
        .code(1)
        .says("not probed: no other host of the inventory has an address in 203.0.113.0/24");
}

#[test]
fn proxied_addresses_as_a_neighbour_sees_them() {
    let bench = with_neighbour();
    bench.edit("playbooks/t3.yml", "- ndp_proxy", "- ndp_proxy: {from: witness}");
    let mac = bench.mac("hv1", "eth0");
    bench.apply().code(0).says(&format!(
        "after the change: ndp_proxy 2001:db8:2:96ce::11 from a witness pass ({mac} answers for it, by w1)"
    ));
    // The entries are right, and somebody else answers.
    bench.console("gw", "ip addr add 2001:db8:2:96ce::12/128 dev inside nodad");
    bench.rappel(&["ping", "playbooks/t3.yml"]).code(1).says(&format!(
        "{} answers for it, and the host is {mac}, by w1",
        bench.mac("gw", "inside")
    ));
    bench.console("gw", "ip addr del 2001:db8:2:96ce::12/128 dev inside");
    // Not the declared address, but one too many.
    bench.edit(
        "playbooks/t3.yml",
        "ndp_proxy: {from: witness}",
        "ndp_proxy: {from: witness, addresses: ['2001:db8:2:96ce::11'], never: ['2001:db8:2:96ce::12']}",
    );
    bench
        .rappel(&["ping", "playbooks/t3.yml"])
        .code(1)
        .says("it is proxied on eth0 and must not be")
        .says(&format!("{mac} answers for it and must not, by w1"));
}

#[test]
fn a_guest_that_loses_its_way_out() {
    let mut spec = topology::t3();
    if let Some(guest) = spec.host_mut("guest1") {
        guest.kind = Kind::Plain;
        guest.aliases = vec!["2001:db8:2:96ce::11".to_owned()];
    }
    let bench = Bench::of(&spec);
    add_to_inventory(&bench, "guests", "guest1", "2001:db8:2:96ce::11");
    bench.edit("playbooks/t3.yml", "- ndp_proxy", "- ping: {from: guest}");
    // Before the change it has no way out, and cannot be asked.
    bench
        .apply()
        .code(0)
        .says("before the change: ping 203.0.113.254 from a guest unknown (not probed: guest1: ")
        .says("after the change: ping 203.0.113.254 from a guest pass (ping, by guest1)")
        .says("after the change: ping 2001:db8:2:96ff:ff:ff:ff:ff from a guest pass (ping, by guest1)");
    let before = bench.picture("hv1");
    bench.edit("inventory/host_vars/hv1.yml", "  nat:\n    address: 203.0.113.10\n", "");
    bench
        .apply_against_lint()
        .code(3)
        .says("ping 203.0.113.254 from a guest fails (no answer to 3 echo requests, by guest1)")
        .never_says("ping 2001:db8:2:96ff:ff:ff:ff:ff from a guest fails");
    same(&bench.picture("hv1"), &before);
    bench.edit("playbooks/t3.yml", "    - ping: {from: guest}\n", "");
    bench.apply_against_lint().code(0);
}
