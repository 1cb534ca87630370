//! How often rappel waits for a host that is far away: through a line that delays everything
//! by 100 ms each way, so that what is sent without waiting counts once.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::bench::Bench;

const DELAY_LINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/speed/delay_line.py");

/// What the line says of one connection.
#[derive(Debug, Deserialize)]
struct Connection {
    round_trips: usize,
    up: usize,
    down: usize,
}

/// The line, for as long as it is kept.
struct Line {
    child: Child,
    log: PathBuf,
}

impl Line {
    fn of(bench: &Bench) -> Self {
        let log = bench.project.path().join("line");
        fs::create_dir(&log).expect("made");
        let words = ["python3", DELAY_LINE, "0.1", log.to_str().expect("UTF-8")];
        let mut command = bench.at_controller(&words);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
        let mut said = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut said).expect("read");
        assert_eq!(said, "ready\n");
        Self { child, log }
    }

    /// The connections that something makes, in order of their beginnings.
    fn connections(&self, act: impl FnOnce()) -> Vec<Connection> {
        let before = self.files();
        act();
        // The last words of the last one are still on their way.
        std::thread::sleep(Duration::from_millis(500));
        let files = self.files();
        let read = |path| fs::read_to_string(path).expect("a connection");
        let new = files.iter().filter(|file| !before.contains(file));
        new.map(|path| serde_json::from_str(&read(path)).expect("JSON")).collect()
    }

    /// What is written of each connection so far, in order of their beginnings.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.log).expect("read");
        let paths = entries.map(|entry| entry.expect("read").path());
        // Half-written ones have an ending.
        let mut files: Vec<_> = paths.filter(|path| path.extension().is_none()).collect();
        files.sort();
        files
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A play of so many files.
fn files(bench: &Bench, count: usize) {
    let mut play = String::from("- hosts: hypervisors\n  rollout:\n    settle: 1s\n  artifacts:\n");
    for n in 0..count {
        let text = "x".repeat(500);
        play += &format!(
            "    - kind: file\n      path: /etc/far/{n}\n      content: \"{count} {text}\"\n"
        );
    }
    bench.write("playbooks/far.yml", &play);
}

/// What OpenSSH waits for when the command does nothing.
fn openssh(bench: &Bench, line: &Line) -> usize {
    let seen = line.connections(|| {
        let output = bench.lab.ssh("root@203.0.113.10", "true").expect("ssh");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
    seen.iter().map(|connection| connection.round_trips).sum()
}

#[test]
fn a_host_far_away_is_waited_for_as_often_for_forty_files_as_for_one() {
    let bench = Bench::t3();
    let line = Line::of(&bench);
    let plain = openssh(&bench, &line);
    let mut seen = Vec::new();
    for count in [1, 40] {
        files(&bench, count);
        let plan = line.connections(|| {
            bench.rappel(&["plan", "playbooks/far.yml"]).code(2);
        });
        let apply = line.connections(|| {
            let words = ["apply", "playbooks/far.yml", "--yes", "--confirm-window", "40"];
            bench.rappel(&words).code(0);
        });
        seen.push(Seen::of(&plan, &apply));
    }
    let [one, forty] = seen.as_slice() else { unreachable!("two plays") };
    assert_eq!((one.connections, forty.connections), (3, 3), "plan 1; apply 2");
    // Handshake, login, one command, goodbye: a busy machine splits an answer now and then.
    assert!(one.plan <= plain + 2, "plan {}, OpenSSH's `true` {plain}", one.plan);
    assert!(one.apply <= 3 * plain + 2, "apply {}, OpenSSH's `true` {plain}", one.apply);
    assert!(forty.plan <= one.plan + 3, "{} for one file, {} for forty", one.plan, forty.plan);
    assert!(forty.apply <= one.apply + 6, "{} for one file, {} for forty", one.apply, forty.apply);
    // And they did go through the line.
    assert!(forty.bytes > one.bytes + 40 * 500, "{} and {} bytes", one.bytes, forty.bytes);
}

/// What a plan and an apply came to.
struct Seen {
    connections: usize,
    plan: usize,
    apply: usize,
    bytes: usize,
}

impl Seen {
    fn of(plan: &[Connection], apply: &[Connection]) -> Self {
        let round_trips = |of: &[Connection]| of.iter().map(|one| one.round_trips).sum();
        let bytes = |one: &Connection| one.up + one.down;
        Self {
            connections: plan.len() + apply.len(),
            plan: round_trips(plan),
            apply: round_trips(apply),
            bytes: plan.iter().chain(apply).map(bytes).sum(),
        }
    }
}
