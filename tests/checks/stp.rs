//! Bridges with spanning tree: their ports forward only after listening and learning, for
//! `bridge_fd` seconds each. The kernel's own spanning tree, as on any Debian host.

use rappel::lab::topology;
use rappel::lab::{Bridge, HostSpec, Kind, NicSpec};

use crate::bench::{Bench, Said};
use crate::play::{artifact, play, same};

/// The uplink as the only port of a bridge; nobody waits for it but rappel.
fn uplink(forward_delay: u8, more: &str) -> String {
    artifact(
        "interfaces",
        &format!(
            "auto lo\niface lo inet loopback\n\niface eth0 inet manual\n\nauto br0\niface br0 inet static\n    address 203.0.113.10/24\n    gateway 203.0.113.254\n    bridge_ports eth0\n    bridge_hw eth0\n    bridge_stp on\n    bridge_fd {forward_delay}\n{more}"
        ),
    )
}

/// A second wire with somebody at its other end.
const WIRE: &str = "wire";

/// The hypervisor with a second NIC; its stanza is given by `second`.
const FIRST: &str = "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address 203.0.113.10/24\n    gateway 203.0.113.254\n\n";
const PLAIN: &str = "auto eth1\niface eth1 inet static\n    address 10.9.0.10/24\n";

fn bridged(forward_delay: u8) -> String {
    let second = format!(
        "iface eth1 inet manual\n\nauto br1\niface br1 inet static\n    address 10.9.0.10/24\n    bridge_ports eth1\n    bridge_stp on\n    bridge_fd {forward_delay}\n    bridge_maxwait 0\n"
    );
    artifact("interfaces", &format!("{FIRST}{second}"))
}

/// The hypervisor with a second NIC and a storage server behind it.
fn with_storage() -> Bench {
    let mut spec = topology::t3();
    spec.bridges.push(Bridge::new(WIRE));
    if let Some(host) = spec.host_mut("hv1") {
        host.wire.nics.push(NicSpec::new("eth1", WIRE));
        host.interfaces = format!("{FIRST}{PLAIN}");
    }
    let nic = NicSpec::new("eth0", WIRE).address("10.9.0.2/24");
    spec.hosts.push(HostSpec::new("storage", Kind::Netns).nic(nic));
    Bench::of(&spec)
}

fn apply(bench: &Bench, checks: &str, artifacts: &str, window: &str) -> Said {
    bench.write("playbooks/t3.yml", &play(checks, artifacts));
    bench.rappel(&[
        "apply",
        "playbooks/t3.yml",
        "--yes",
        "--ignore-lint",
        "--confirm-window",
        window,
    ])
}

const STORAGE: &str = "{ping: 10.9.0.2}";
const REACHED: &str = "after the change: ping 10.9.0.2 pass";
const MISSED: &str = "after the change: ping 10.9.0.2 fail (no answer to 3 echo requests)";

/// The bridge takes part in spanning tree, and its port forwards by now.
#[track_caller]
fn forwards(bench: &Bench, bridge: &str, port: &str) {
    let told = bench.console(
        "hv1",
        &format!(
            "ip -d link show dev {bridge} | grep -o 'stp_state .'; bridge link show dev {port}"
        ),
    );
    assert!(told.contains("stp_state 1") && told.contains("state forwarding"), "{told}");
}

#[test]
fn a_bridge_that_forwards_late_is_waited_for() {
    let bench = with_storage();
    apply(&bench, STORAGE, &bridged(4), "60")
        .code(0)
        .says("before the change: ping 10.9.0.2 pass")
        // It was not there at once: the first rounds failed.
        .says(MISSED)
        .says("not good yet: ")
        .says(REACHED);
    forwards(&bench, "br1", "eth1");
}

#[test]
fn a_bridge_that_forwards_too_late_is_given_back() {
    let bench = with_storage();
    let before = bench.picture("hv1");
    // Listening and learning take 60 s, checks are repeated for 20 s.
    apply(&bench, STORAGE, &bridged(30), "90")
        .code(3)
        .says(MISSED)
        .says("ping 10.9.0.2 fails (no answer to 3 echo requests)")
        .says("rolled back")
        .never_says(REACHED);
    same(&bench.picture("hv1"), &before);
    assert!(bench.holds("hv1", "ping -n -q -c 1 -W 5 10.9.0.2"), "and it works");
}

#[test]
fn an_uplink_that_forwards_late_is_waited_for() {
    let bench = Bench::t3();
    apply(&bench, "ssh", &uplink(4, "    bridge_maxwait 0\n"), "60")
        .code(0)
        .says("after the change: gateway 203.0.113.254 on br0 pass");
    forwards(&bench, "br0", "eth0");
    assert!(bench.gateway_pings("203.0.113.10"));
}

#[test]
fn an_uplink_that_forwards_after_the_window_is_given_back() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    // 60 s until anybody reaches the host, and a window of 15 s.
    apply(&bench, "ssh", &uplink(30, "    bridge_maxwait 0\n"), "15").code(3).says("rolled back");
    same(&bench.picture("hv1"), &before);
    assert!(bench.gateway_pings("203.0.113.10"));
}

#[test]
fn an_uplink_whose_hook_waits_for_it() {
    let bench = Bench::t3();
    // As Debian's hook does it without `bridge_maxwait`: activation takes that long.
    apply(&bench, "ssh", &uplink(4, ""), "30").code(0);
    forwards(&bench, "br0", "eth0");
}
