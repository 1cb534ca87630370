//! An address that another machine has already.

use crate::bench::Bench;
use crate::play::{interfaces, same};

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
