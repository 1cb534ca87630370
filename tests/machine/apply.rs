//! A machine that is lost by an apply, and comes back by its rescue.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::bench::{Bench, asked_for};

/// Its power goes in the midst of the swap, and nothing but its provider switches it on again.
#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_machine_that_an_apply_loses_is_rescued_and_counts_as_rolled_back() {
    asked_for();
    let bench = Bench::healthy();
    // The provider tells the rescue system's key: nobody has to be asked.
    fs::write(bench.machine("tells-key"), "").unwrap();
    bench.await_answer("hostname", "web1");
    let words = ["apply", "site.yml", "--yes", "--rescue=auto", "--output", "json"];
    let mut command = bench.command(&words);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut told: Vec<Value> = Vec::new();
    for line in out.lines().map_while(Result::ok) {
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        if event["event"] == "step" && event["step"] == "swap" {
            bench.power("off");
        }
        told.push(event);
    }
    let code = child.wait().unwrap().code();
    let ends: Vec<&str> = told
        .iter()
        .filter(|event| event["event"] == "host_finished")
        .filter_map(|event| event["outcome"].as_str())
        .collect();
    assert_eq!((ends.as_slice(), code), (&["unknown", "rescued"][..], Some(3)), "{told:#?}");
    assert_eq!(bench.boots(), "disk");
    assert_eq!(bench.journal(), None);
    assert_eq!(bench.on("hostname"), "web1");
    // As it was before the change, by its own word.
    assert_eq!(bench.on("ls /etc/sysctl.d/90-rappel.conf 2>/dev/null || echo none"), "none");
    assert!(!bench.on("cat /etc/network/interfaces").contains("# written by rappel"));
    assert_eq!(bench.on("ls -A /var/lib/rappel/tx 2>/dev/null || echo none"), "none");
    bench.rappel(&["status"]).code(0);
    bench.rappel(&["history", "--runs"]).code(0);
}
