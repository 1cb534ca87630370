//! Signals at any moment: nothing new begins, no host is left pending without its watchdog,
//! what is told is so, and the rest can be taken up.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::chance::{Chance, all};
use crate::fleet::{Fleet, HOSTS, Told};

const SIGNALS: [&str; 8] =
    ["INT", "INT INT", "INT INT INT", "TERM", "TERM INT", "HUP", "HUP HUP HUP", "KILL"];

fn send(child: &Child, signal: &str) {
    // The program may be through already.
    let _ = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
}

/// Follows a run to its end, on threads that its output cannot block.
fn follow(mut child: Child, signals: &str, after: Duration, between: Duration) -> Told {
    let (mut out, mut err) =
        (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let out = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let err = std::thread::spawn(move || {
        let mut text = String::new();
        err.read_to_string(&mut text).map(|_| text)
    });
    sleep(after);
    for signal in signals.split(' ') {
        send(&child, signal);
        sleep(between);
    }
    let started = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().expect("waited") {
            break status.code();
        }
        assert!(started.elapsed() < Duration::from_secs(300), "it does not end");
        sleep(Duration::from_millis(50));
    };
    let (out, err) = (out.join().expect("read"), err.join().expect("read"));
    Told::of(code, &out.expect("UTF-8"), &err.expect("UTF-8"))
}

/// An open transaction has a watchdog that would revert it, or nothing of it was begun.
fn guarded(fleet: &Fleet, host: &str) -> Result<(), String> {
    const OPEN: &str = r#"
tx=/var/lib/rappel/tx
[ -e $tx/changing ] || [ -e $tx/pending ] || exit 0
[ -e $tx/confirmed ] || [ -e $tx/reverted ] && exit 0
systemctl list-units --no-legend --plain --state=active,activating 'rappel-watchdog-*' 'rappel-worker-*' 'rappel-turn-back-*' | grep -q . && exit 0
sleep 1
[ -d $tx ] || exit 0
ls $tx; systemctl list-units --no-legend --plain --all 'rappel-*'; exit 1
"#;
    let output = fleet.bench.lab.exec(host, &["sh", "-c", OPEN]).map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{host} is pending without a watchdog: {}",
        String::from_utf8_lossy(&output.stdout)
    ))
}

fn one(fleet: &Fleet, version: usize, signals: &str, after: Duration, between: Duration) {
    let child = fleet.start(version, &["--forks", "3"]);
    let told = follow(child, signals, after, between);
    for host in Fleet::names() {
        guarded(fleet, &host).unwrap_or_else(|what| panic!("{what}\n{}", told.text));
    }
    let killed = signals == "KILL";
    if !killed && told.events.iter().any(|event| event["event"] == "stop_asked") {
        assert_eq!(told.code, Some(130), "{}", told.text);
    }
    nothing_begins_after(&told);
    // What was left to its watchdog is over when its windows are.
    fleet.bench.eventually("the end of all transactions", Duration::from_secs(120), |bench| {
        Fleet::names().iter().all(|host| !bench.holds(host, "test -e /var/lib/rappel/tx/changing"))
    });
    let have = fleet.having(version);
    let told_so = told.ended("confirmed");
    let left = killed || told.text.contains("\"how\":\"leave\"");
    if left {
        assert!(told_so.is_subset(&have), "{told_so:?} of {have:?}\n{}", told.text);
    } else {
        assert_eq!(told_so, have, "what is told is so\n{}", told.text);
        assert!(told.ended("unknown").is_empty(), "{}", told.text);
    }
    if told.text.contains("\"event\":\"rollout_started\"") {
        crate::places::rest(fleet, version, &have, &[]);
    } else {
        assert!(have.is_empty());
        fleet.apply(version, &[]).code(0);
    }
    assert_eq!(fleet.having(version).len(), HOSTS);
}

fn nothing_begins_after(told: &Told) {
    let asked = told.events.iter().position(|event| event["event"] == "stop_asked");
    let Some(asked) = asked else { return };
    // An event that was on its way when the signal came may be shown after it.
    let begun: BTreeSet<&str> = told.events[asked..]
        .iter()
        .filter(|event| event["event"] == "change_started")
        .filter_map(|event| event["host"].as_str())
        .collect();
    assert!(begun.len() <= 3, "{begun:?} were begun after the signal:\n{}", told.text);
}

#[test]
fn no_signal_at_any_moment_leaves_a_host_pending_without_its_watchdog() {
    let mut chance = Chance::new("signals");
    let fleet = Fleet::new();
    let rounds = if all() { 24 } else { 4 };
    let mut kinds = Vec::new();
    while kinds.len() < rounds {
        kinds.extend(chance.shuffled(SIGNALS.to_vec()));
    }
    for (version, signals) in (1..=rounds).zip(kinds) {
        let after = Duration::from_millis(500 + chance.below(22_000));
        let between = Duration::from_millis(20 + chance.below(1500));
        eprintln!("{signals} after {after:?}, {between:?} apart");
        one(&fleet, version, signals, after, between);
    }
}

#[test]
fn once_lets_open_changes_end_twice_reverts_them() {
    let fleet = Fleet::new();
    fleet.terms("canary: 0, batch: 3");
    let hold = |version: usize, signals: &str| {
        for host in ["h0", "h1", "h2"] {
            fleet.bench.console(
                host,
                "mkdir -p /run/rappel-fault; printf '#!/bin/sh\\ntouch /run/reached\\nsleep 4\\n' >/run/rappel-fault/arm; chmod +x /run/rappel-fault/arm",
            );
        }
        let child = fleet.start(version, &["--forks", "3"]);
        fleet.bench.eventually("three open changes", Duration::from_secs(60), |bench| {
            ["h0", "h1", "h2"].iter().all(|host| bench.holds(host, "test -e /run/reached"))
        });
        sleep(Duration::from_secs(1));
        let told = follow(child, signals, Duration::ZERO, Duration::from_millis(600)).code(130);
        for host in ["h0", "h1", "h2"] {
            fleet.bench.console(host, "rm -rf /run/rappel-fault /run/reached");
        }
        told
    };
    let three = crate::fleet::set(&["h0", "h1", "h2"]);
    let once = hold(1, "INT");
    // Those that were not armed yet when it came are as they were; nobody reverts.
    assert!(once.ended("rolled_back").is_empty(), "{}", once.text);
    assert_eq!(fleet.having(1), once.ended("confirmed"));
    assert_eq!(once.ended("skipped").len(), 9, "{}", once.text);
    let twice = hold(2, "INT INT");
    assert!(twice.ended("confirmed").is_empty(), "{}", twice.text);
    assert!(fleet.having(2).is_empty());
    assert!(twice.ended("rolled_back").is_subset(&three));
}
