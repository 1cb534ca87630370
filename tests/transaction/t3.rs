//! The hypervisor topology from a plain Debian host to its end state, and back.

use crate::bench::Bench;

/// A web server on the guest for the port forward: answers every connection.
const SERVE: &str = "busybox nc -l -p 80 -e echo hello >/dev/null 2>&1 &";

#[test]
fn a_plain_host_becomes_a_hypervisor_with_traffic_of_both_families() {
    let bench = Bench::t3();
    assert!(
        !bench.holds("guest1", "ping -q -c 1 -W 1 198.51.100.2"),
        "guests are cut off at first"
    );
    bench
        .apply()
        .code(0)
        .says("confirmed as generation 1")
        .says("gateway 2001:db8:2:96ff:ff:ff:ff:ff on eth0");

    for guest in ["2001:db8:2:96ce::11", "2001:db8:2:96ce::12"] {
        assert!(bench.gateway_pings(guest), "the provider reaches {guest}");
        // The provider sees the host's own MAC for the guest: it is proxied.
        let neighbours = bench.console("gw", &format!("ip -6 neigh show to {guest}"));
        let mac = bench.console("hv1", "cat /sys/class/net/eth0/address");
        assert!(neighbours.contains(mac.trim()), "{neighbours} against {mac}");
    }
    assert!(!bench.gateway_pings("2001:db8:2:96ce::99"), "an address of no guest does not answer");
    assert!(
        !bench.holds("hv1", "ip -6 neigh show proxy | grep -q 96ff"),
        "the gateway is never proxied"
    );

    for target in ["198.51.100.2", "2001:db8:ffff::2"] {
        assert!(
            bench.holds("guest1", &format!("ping -q -c 2 -W 2 {target}")),
            "a guest reaches {target}"
        );
    }
    outside_sees_the_hosts_address(&bench);
    bench.console("guest1", SERVE);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let ask = ["busybox", "nc", "-w", "3", "203.0.113.10", "8080"];
    let answer =
        bench.lab.controller(&ask).expect("a command").stdin(std::process::Stdio::null()).output();
    assert_eq!(
        String::from_utf8_lossy(&answer.expect("runs").stdout),
        "hello\n",
        "the port forward"
    );

    bench.apply().code(0).says("hv1: unchanged");
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(0).says("1 unchanged");
}

/// What leaves over IPv4 carries the host's address.
fn outside_sees_the_hosts_address(bench: &Bench) {
    let watch = "timeout 4 tcpdump -n -c 1 -i outside icmp and dst 198.51.100.2 2>/dev/null";
    let seen = std::thread::scope(|scope| {
        let watching = scope.spawn(|| bench.console("gw", watch));
        std::thread::sleep(std::time::Duration::from_millis(800));
        bench.console("guest2", "ping -q -c 2 -W 2 198.51.100.2");
        watching.join().expect("watched")
    });
    assert!(seen.contains("203.0.113.10 > 198.51.100.2"), "{seen}");
}

#[test]
fn a_reboot_keeps_what_was_confirmed() {
    let bench = Bench::t3();
    bench.apply().code(0);
    bench.lab.reboot("hv1").expect("reboots");
    bench.eventually("ssh after the boot", std::time::Duration::from_secs(40), Bench::ssh_works);
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(0).says("1 unchanged");
    assert!(bench.gateway_pings("2001:db8:2:96ce::11"), "proxied again after the boot");
}

#[test]
fn rollback_returns_to_the_plain_host() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.apply().code(0);
    let changed = bench.picture("hv1");
    assert_ne!(changed, before);
    // What is kept for it is looked at first: a damaged copy is nothing to go back to.
    let kept = "/var/lib/rappel/gen/1/before/root/etc/network/interfaces";
    let list = "/var/lib/rappel/gen/1/before/files";
    for (damage, mend, told) in [
        (
            format!("cp -a {kept} /run/kept && echo '# by hand' >>{kept}"),
            format!("cp -a /run/kept {kept}"),
            "/etc/network/interfaces",
        ),
        (format!("mv {kept} /run/kept"), format!("mv /run/kept {kept}"), "/etc/network/interfaces"),
        (
            format!("mv {list} /run/kept"),
            format!("mv /run/kept {list}"),
            "it cannot be read to its end",
        ),
    ] {
        bench.console("hv1", &damage);
        let said = bench.rappel(&["rollback", "--yes", "--to", "0"]);
        assert_ne!(said.code, Some(0));
        said.says("generation 1 on the host is damaged").says(told);
        assert_eq!(bench.picture("hv1"), changed);
        bench.console("hv1", &mend);
    }
    bench.rappel(&["rollback", "--yes", "--to", "0"]).code(0).says("confirmed as generation 2");
    similar_asserts(&bench.picture("hv1"), &before);
    bench
        .rappel(&["history"])
        .code(0)
        .says("confirmed as generation 1")
        .says("confirmed as generation 2");
    // The rollback is a generation like any other: undone, the hypervisor is back.
    bench.rappel(&["rollback", "--yes"]).code(0).says("generation 3");
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(0).says("1 unchanged");
}

#[test]
fn a_new_guest_does_not_cycle_the_uplink() {
    let bench = Bench::t3();
    bench.apply().code(0);
    bench.edit(
        "inventory/host_vars/hv1.yml",
        "    - name: guest2\n",
        "    - name: guest3\n      ipv4: 10.42.0.13\n      ipv6: 2001:db8:2:96ce::13\n    - name: guest2\n",
    );
    bench.apply().code(0).says("confirmed as generation 2").never_says("interfaces taken down");
    assert!(bench.holds("hv1", "ip -6 neigh show proxy | grep -q 96ce::13"));
    assert!(bench.gateway_pings("2001:db8:2:96ce::11"));
}

/// Line by line, so that a failure shows the difference and not two pages.
#[track_caller]
pub fn similar_asserts(now: &str, before: &str) {
    let missing: Vec<&str> = before.lines().filter(|l| !now.lines().any(|n| n == *l)).collect();
    let extra: Vec<&str> = now.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
}
