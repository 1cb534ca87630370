//! The laptop dies at each call that changes something, before its answer comes: the same
//! command goes on, and still knows what to return to.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{Call, Kit, Work, beside_each_other, dedibox, hetzner, metal, ovh};

/// Runs a rescue and kills it with SIGKILL once a call has been made so many times.
fn killed_at(kit: &Kit, call: Call, times: usize) {
    let mut command = kit.bench.command(&["rescue", "web1", "--yes", "--wait", "10"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(120);
    while kit.calls(call) < times && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "{:?}", kit.log());
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(kit.calls(call) >= times, "{call:?} in {:?}", kit.log());
}

fn each_call(kit: fn() -> Kit, usual: &'static str) {
    let first = kit();
    // Where setting and taking back are the same call, the second one is meant.
    let again = usize::from(first.unset == first.set || first.unset == first.reset);
    let calls = [(first.set, 1), (first.reset, 1), (first.unset, 1 + again)];
    let one = |(call, times)| Box::new(move || goes_on(&kit(), call, times, usual)) as Work;
    beside_each_other(calls.map(one).into());
}

fn goes_on(kit: &Kit, call: Call, times: usize, usual: &str) {
    killed_at(kit, call, times);
    let boot = format!("\"boot\": \"{usual}\"");
    assert!(kit.bench.journal().contains(&boot), "{call:?}: {}", kit.bench.journal());
    let said = kit.bench.rescue().code(4).says("going on with an earlier rescue");
    let said = said.says("again, read back").never_says("MAY STILL");
    kit.keeps_secrets(&said.text);
    assert!(!kit.in_rescue(), "{call:?}: {:?}", kit.log());
}

#[test]
fn killed_at_each_call_to_ovhcloud() {
    each_call(ovh, "1");
}

#[test]
fn killed_at_each_call_to_hetzner() {
    each_call(hetzner, "disk");
}

#[test]
fn killed_at_each_call_to_dedibox() {
    each_call(dedibox, "normal");
}

#[test]
fn killed_at_each_call_to_elastic_metal() {
    each_call(metal, "normal");
}
