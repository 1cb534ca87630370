//! Rounds of checks until Ctrl-C.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::time::Duration;

use crate::bench::Bench;

/// Ctrl-C.
fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill").success());
}

#[test]
fn a_failure_in_between_is_shown_and_not_forgotten() {
    let bench = Bench::t3();
    let mut child = bench.start(&["ping", "hv1", "--watch=1"]);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut seen = Vec::new();
    let mut until = |text: &str, seen: &mut Vec<String>| {
        for line in lines.by_ref() {
            let line = line.expect("a line");
            seen.push(line);
            if seen.last().is_some_and(|line| line.contains(text)) {
                return;
            }
        }
        panic!("no {text:?} in {seen:#?}");
    };
    until("mtu 203.0.113.254 on eth0", &mut seen);
    assert!(
        seen.iter().all(|line| !line.contains("fail") && line.contains("Z  hv1  ")),
        "{seen:#?}"
    );
    bench.console("hv1", "nft 'table inet cut { chain o { type filter hook output priority 0; icmp type echo-request meta length > 1000 drop; }; }'");
    until("packets of 1500 bytes get lost", &mut seen);
    bench.console("hv1", "nft delete table inet cut");
    until("(1500 bytes)".trim_matches(['(', ')']), &mut seen);
    // What has not changed is not shown again.
    assert_eq!(seen.iter().filter(|line| line.contains("  ssh ")).count(), 1, "{seen:#?}");
    interrupt(&child);
    until("not everything passed in at least one of them", &mut seen);
    assert_eq!(child.wait().expect("ended").code(), Some(1), "the failure counts");
}

#[test]
fn programs_get_the_rounds_numbered_and_a_clean_end() {
    let bench = Bench::t3();
    let mut child = bench.start(&["ping", "--watch=1", "--output", "json"]);
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    loop {
        line.clear();
        assert!(out.read_line(&mut line).expect("a line") > 0, "it ended");
        let check: serde_json::Value = serde_json::from_str(&line).expect("an object");
        assert_eq!(check["result"], "pass", "{check}");
        assert!(check["seconds"].as_f64().is_some_and(|s| s < 60.0), "{check}");
        if check["round"] == 2 {
            break;
        }
    }
    interrupt(&child);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert!(rest.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

#[test]
fn a_host_that_goes_and_comes_back() {
    let bench = Bench::t3();
    let mut child = bench.start(&["ping", "--watch=1", "-T", "2"]);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut until = |text: &str| {
        let found = lines.by_ref().map_while(Result::ok).find(|line| line.contains(text));
        assert!(found.is_some(), "no {text:?}");
    };
    until("gateway 203.0.113.254");
    bench.lab.link("hv1", "eth0", false).expect("pulled");
    until("hv1: unreachable");
    bench.lab.link("hv1", "eth0", true).expect("plugged");
    until("gateway 203.0.113.254");
    interrupt(&child);
    until("a host could not be reached in at least one of them");
    let mut code = None;
    bench.eventually("the end", Duration::from_secs(10), |_| true);
    if let Ok(status) = child.wait() {
        code = status.code();
    }
    assert_eq!(code, Some(4));
}
