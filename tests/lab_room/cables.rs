//! Cables that are pulled and plugged while their hosts reboot.

use std::thread;
use std::time::Duration;

use rappel::lab::topology;

use crate::help::{answers, until, up};

const P1: &str = "203.0.113.21";

/// A cable is plugged or pulled at any moment of a boot; what was said last holds.
#[test]
fn a_cable_is_as_it_was_left_whenever_the_host_booted() {
    let lab = up(&topology::plain_pair());
    for step in 0..24 {
        lab.link("p1", "eth0", false).unwrap();
        thread::scope(|scope| {
            let boot = scope.spawn(|| lab.power_cut("p1").and_then(|()| lab.power_on("p1")));
            thread::sleep(Duration::from_millis(step * 12));
            // While its port is not there, is being made, or has just been made.
            lab.link("p1", "eth0", true).unwrap();
            boot.join().unwrap().unwrap();
        });
        until("what was plugged in is in", || answers(&lab, P1));
    }
}

#[test]
fn a_cable_stays_pulled_over_a_reboot() {
    let lab = up(&topology::plain_pair());
    lab.link("p1", "eth0", false).unwrap();
    lab.power_cut("p1").unwrap();
    lab.power_on("p1").unwrap();
    let carrier = || lab.sh("p1", "ip link show eth0").unwrap_or_default();
    until("it has booted without its cable", || carrier().contains("NO-CARRIER"));
    assert!(!answers(&lab, P1));
    lab.link("p1", "eth0", true).unwrap();
    until("the cable is back", || answers(&lab, P1));
}
