//! The whole rescue through the `command` driver.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::bench::{Bench, Said, asked_for};

pub const RESCUE: [&str; 6] = ["rescue", "web1", "--yes", "--accept-new", "--wait", "600"];

/// Runs a rescue and kills it with SIGKILL as soon as it tells of this step.
fn killed_at(bench: &Bench, step: &str) {
    let mut command = bench.command(&[&RESCUE[..], &["--output", "json"]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut told = Vec::new();
    let found = out.lines().map_while(Result::ok).any(|line| {
        let hit = line.contains(&format!("\"step\":\"{step}\""));
        told.push(line);
        hit
    });
    // SIGKILL: nothing can be tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found, "no step {step} in\n{}", told.join("\n"));
}

/// Network destroyed, laptop killed after each step: the host comes back, over the network
/// that was restored, and is not left in rescue mode.
#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_lost_machine_comes_back_although_the_laptop_dies_at_each_step() {
    asked_for();
    let bench = Bench::lost();
    bench.rappel(&["rescue", "--check"]).code(0).says("web1: can be rescued");
    bench
        .rappel(&["rescue", "web1", "--dry-run"])
        .code(0)
        .says("boots disk")
        .says("find the root file system");
    assert!(bench.calls().iter().all(|call| !call.starts_with("rescue-on")));
    for step in ["remembered", "set", "reset", "reached", "restored", "unset"] {
        killed_at(&bench, &format!("rescue-{step}"));
        let journal = bench.journal().expect("it is remembered");
        assert!(journal.contains("\"boot\": \"disk\""), "{journal}");
    }
    let said = bench.rescued(bench.rappel(&RESCUE));
    said.says("going on with an earlier rescue").says("rescued").says("/etc/network/interfaces");
    judge(&bench);
    let calls = bench.calls();
    let number = |word: &str| calls.iter().filter(|call| call.starts_with(word)).count();
    assert!(number("reset rescue") <= 3, "{calls:?}");
}

/// The host itself says so, over the network that was restored.
pub fn judge(bench: &Bench) {
    assert_eq!(bench.boots(), "disk");
    assert_eq!(bench.journal(), None);
    assert_eq!(bench.on("hostname"), "web1");
    assert!(bench.on("cat /etc/network/interfaces").starts_with("# written by rappel"));
    assert_eq!(bench.on("sysctl -n net.ipv4.conf.all.rp_filter"), "0");
    assert_eq!(bench.on("ls -A /var/lib/rappel/tx 2>/dev/null || echo none"), "none");
    let history = bench.rappel(&["history"]).code(0);
    let Said { text, .. } = &history;
    assert!(text.contains("rescued by"), "{text}");
    bench.rappel(&["plan", "site.yml"]).code(0).says("1 unchanged");
}
