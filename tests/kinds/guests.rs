//! Guests' ports are put into a bridge by others; a change of the bridge must not lose them.

use std::time::Duration;

use crate::bench::Bench;
use crate::cases::{Subject, carries_traffic, picture, same};

/// Two ports that nobody but this case puts into the bridge: one up, one down on purpose.
const PORTS: &str = "for p in tap8 tap9; do ip link add $p type veth peer name peer-$p; ip link set peer-$p up; ip link set $p master br1; done; ip link set tap9 up";

fn ports(bench: &Bench) -> String {
    bench.console(
        "hv1",
        "for p in tap8 tap9; do echo $p $(readlink /sys/class/net/$p/master) $(($(cat /sys/class/net/$p/flags) & 1)); done",
    )
}

fn a_changed_bridge_keeps_its_guests(base: &str) {
    let subject = Subject::variant(base);
    let bench = &subject.bench;
    // Guests take some seconds to notice that their gateway has another MAC address; whether
    // they are reached meanwhile is not what this is about.
    bench.edit("playbooks/t3.yml", "    - ndp_proxy\n", "");
    subject.apply().code(0);
    bench.console("hv1", PORTS);
    let before = ports(bench);
    assert!(before.contains("br1 1") && before.contains("br1 0"), "{before}");
    bench.edit("inventory/host_vars/hv1.yml", "02:00:0a:2a:00:01", "02:00:0a:2a:00:02");
    subject.apply().code(0);
    assert_eq!(ports(bench), before, "after the change");
    assert!(bench.console("hv1", "cat /sys/class/net/br1/address").contains("00:02"));
    bench.eventually("guests find the new MAC", Duration::from_secs(20), |b| {
        b.gateway_pings("2001:db8:2:96ce::11")
    });
    carries_traffic(bench);

    let whole = picture(bench);
    bench.edit("inventory/host_vars/hv1.yml", "02:00:0a:2a:00:02", "02:00:0a:2a:00:03");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    subject.apply().code(3).says("rolled back");
    assert_eq!(ports(bench), before, "after the revert");
    same(&picture(bench), &whole);
}

#[test]
fn ifupdown_returns_them() {
    a_changed_bridge_keeps_its_guests("bookworm");
}

#[test]
fn ifupdown2_returns_them() {
    a_changed_bridge_keeps_its_guests("bookworm-ifupdown2");
}

/// ifupdown2 that has not done it all the first time, on a slow host.
const AGAIN: &str = "cat >/usr/local/sbin/ifquery <<'E'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case $* in
    *--check*)
        sleep 3
        if mkdir /run/asked 2>/dev/null; then printf '\\taddress 203.0.113.10/24 [fail]\\n'; fi
        ;;
esac
exec ifquery \"$@\"
E
chmod +x /usr/local/sbin/ifquery";

/// A hypervisor's tools put a guest into the new bridge as soon as there is one, which may be
/// before the change is through.
#[test]
fn a_port_that_somebody_adds_meanwhile_stays_up() {
    let subject = Subject::variant("bookworm-ifupdown2");
    let bench = &subject.bench;
    bench.console("hv1", AGAIN);
    subject.apply().code(0);
    bench.console("hv1", "test -d /run/asked");
    let ports = "for port in /sys/class/net/br1/brif/*; do \
                 test $(($(cat /sys/class/net/${port##*/}/flags) & 1)) = 1 || exit 1; done";
    bench.console("hv1", ports);
    carries_traffic(bench);
}
