//! A provider's switch that drops frames from MAC addresses it does not know.

use crate::bench::Bench;
use crate::play::{interfaces, same};

/// An additional address with a MAC address of its own, as a virtual machine or a shared
/// address has one.
const OWN_MAC: &str = "\nauto mv0\niface mv0 inet static\n    pre-up ip link add link eth0 name mv0 type macvlan mode bridge\n    post-down ip link del mv0 || true\n    hwaddress 02:00:00:00:00:77\n    address 203.0.113.77/24\n";

#[test]
fn an_additional_address_whose_frames_the_switch_drops() {
    let bench = Bench::t3();
    bench.switch_knows_only(&[&bench.mac("hv1", "eth0")]);
    let before = bench.picture("hv1");
    bench.change("ssh", &interfaces(OWN_MAC)).code(3).says(
        "ping 203.0.113.254 from 203.0.113.77 on mv0 fails (it answers other addresses of this host, and not this one)",
    );
    same(&bench.picture("hv1"), &before);
    bench.switch_knows_all();
    bench
        .change("ssh", &interfaces(OWN_MAC))
        .code(0)
        .says("after the change: ping 203.0.113.254 from 203.0.113.77 on mv0 pass (ping)");
}

#[test]
fn a_host_that_takes_another_mac_address_than_the_provider_knows() {
    let bench = Bench::t3();
    bench.switch_knows_only(&[&bench.mac("hv1", "eth0")]);
    let before = bench.picture("hv1");
    bench
        .change("ssh", &interfaces("    hwaddress 02:00:00:00:00:78\n"))
        .code(3)
        .says("rolled back");
    same(&bench.picture("hv1"), &before);
}
