//! An address that another machine has already.

use crate::bench::Bench;
use crate::play::{interfaces, same};
use crate::site::with_neighbour;

const SECOND: &str = "\niface eth0 inet static\n    address 203.0.113.11/24\n";

#[test]
fn an_address_of_another_machine_is_refused_before_anything_changes() {
    let bench = Bench::t3();
    bench.console("gw", "ip addr add 203.0.113.11/32 dev inside");
    let mac = bench.console("gw", "cat /sys/class/net/inside/address");
    let before = bench.picture("hv1");
    bench
        .change("ssh", &interfaces(SECOND))
        .code(5)
        .says(&format!("203.0.113.11 is taken: {} answers for it", mac.trim()))
        .never_says("files swapped in");
    same(&bench.picture("hv1"), &before);
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel/tx"), "nothing is left open");

    bench.console("gw", "ip addr del 203.0.113.11/32 dev inside");
    bench
        .change("ssh", &interfaces(SECOND))
        .code(0)
        .says("before the change: dad 203.0.113.11 on eth0 pass (arping)")
        .says("after the change: dad 203.0.113.11 on eth0 pass (arping)");
}

#[test]
fn an_address_that_somebody_takes_meanwhile_is_given_back() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    let taker = "ip addr add 203.0.113.11/32 dev inside";
    // After the wire was found free, and before the change begins.
    bench.console("hv1", "mkdir -p /run/rappel-fault; printf '#!/bin/sh\\ntouch /run/rappel-fault/reached\\nsleep 3\\n' >/run/rappel-fault/arm; chmod +x /run/rappel-fault/arm");
    std::thread::scope(|scope| {
        let change = scope.spawn(|| bench.change("ssh", &interfaces(SECOND)));
        bench.eventually("armed", std::time::Duration::from_secs(30), |b| {
            b.holds("hv1", "test -e /run/rappel-fault/reached")
        });
        bench.console("gw", taker);
        let said = change.join().expect("ended");
        said.code(3).says("dad 203.0.113.11 on eth0").says("has it");
    });
    bench.console("hv1", "rm -r /run/rappel-fault");
    same(&bench.picture("hv1"), &before);
}

#[test]
fn an_ipv6_address_of_another_machine_is_refused_before_anything_changes() {
    let bench = Bench::t3();
    bench.console("gw", "ip addr add 2001:db8:2:96ce::1/128 dev inside nodad");
    let before = bench.picture("hv1");
    let taken = format!("2001:db8:2:96ce::1 is taken: {} answers", bench.mac("gw", "inside"));
    bench.apply().code(5).says(&taken).never_says("files swapped in");
    same(&bench.picture("hv1"), &before);
    bench.console("gw", "ip addr del 2001:db8:2:96ce::1/128 dev inside");
    bench
        .apply()
        .code(0)
        .says("before the change: dad 2001:db8:2:96ce::1 on eth0 pass (asked by the kernel)")
        .says("after the change: ping 2001:db8:2:96ff:ff:ff:ff:ff from 2001:db8:2:96ce::1 on eth0 pass");
}

#[test]
fn a_mac_address_of_another_machine_is_refused_before_anything_changes() {
    let bench = with_neighbour();
    let mac = bench.mac("w1", "eth0");
    let before = bench.picture("hv1");
    let change = interfaces(&format!("    hwaddress {mac}\n"));
    bench
        .change("ssh", &change)
        .code(5)
        .says(&format!("{mac} is taken: "))
        .never_says("files swapped in");
    // The same without a tool that sees frames.
    bench.console("hv1", "chmod -x /usr/bin/tcpdump");
    bench.change("ssh", &change).code(5).says(&format!("{mac} is taken: "));
    same(&bench.picture("hv1"), &before);
}

#[test]
fn an_address_that_is_shared_on_purpose() {
    let bench = Bench::t3();
    bench.console("gw", "ip addr add 203.0.113.11/32 dev inside");
    bench.change("dad", &interfaces(SECOND)).code(5).says("203.0.113.11 is taken");
    let shared = format!("pass (shared as declared, with {} has it", bench.mac("gw", "inside"));
    let shared = shared.trim_end_matches(" has it");
    bench
        .change("{dad: {shared: [203.0.113.11]}}", &interfaces(SECOND))
        .code(0)
        .says(&format!("before the change: dad 203.0.113.11 on eth0 {shared}"))
        .says(&format!("after the change: dad 203.0.113.11 on eth0 {shared}"));
}
