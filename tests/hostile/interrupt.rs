//! Ctrl-C at any point: nothing new begins, what is open goes to its end or reverts, the
//! exit code says it.

use std::process::{Child, Command};
use std::time::Duration;

use crate::bench::Bench;
use crate::evil::{Seen, at_step, await_closed, await_step, bench, misbehave, unchanged};

const APPLY: [&str; 5] = ["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "15"];

/// The signal of Ctrl-C, to this one process.
fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
}

/// Interrupts while a step takes its time, once or twice or more.
fn at(bench: &Bench, step: &str, times: usize) -> Seen {
    at_step(bench, step, "touch /run/rappel-fault/reached; sleep 3");
    let child = bench.start(&APPLY);
    await_step(bench);
    for _ in 0..times {
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(200));
    }
    let seen = Seen::of(child);
    await_closed(bench);
    seen
}

#[test]
fn once_or_twice_before_the_watchdog_is_armed_nothing_begins() {
    let bench = bench();
    at(&bench, "stage", 1).safe().code(130);
    at(&bench, "snapshot", 2).safe().code(130);
    unchanged(&bench);
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel/log"), "nothing was begun");
}

#[test]
fn once_after_it_is_armed_lets_the_change_end_and_says_so() {
    let bench = bench();
    let seen = at(&bench, "worker", 1).code(130);
    seen.says("open changes go to their end").says("confirmed as generation 1");
    assert!(bench.holds("hv1", "test -e /etc/harmless"));
}

#[test]
fn twice_after_it_is_armed_the_change_reverts_at_once() {
    let bench = bench();
    for step in ["arm", "swap", "activated"] {
        let seen = at(&bench, step, 2).safe().code(130).says("interrupted");
        assert!(!seen.text.contains("not confirmed within"), "it waited: {}", seen.text);
        unchanged(&bench);
    }
}

#[test]
fn three_times_it_leaves_and_the_watchdog_reverts() {
    let bench = bench();
    let seen = at(&bench, "swap", 3).safe().code(130);
    seen.says("left while changes were under way on hv1");
    unchanged(&bench);
}

#[test]
fn while_it_is_verified_the_second_time_reverts() {
    let bench = bench();
    bench.edit("playbooks/t3.yml", "confirm_window: 12s", "confirm_window: 30s\n    settle: 10s");
    let child = bench.start(&["apply", "playbooks/t3.yml", "--yes"]);
    bench.eventually("the change", Duration::from_secs(60), |b| {
        b.holds("hv1", "grep -q '^end|activated' /var/lib/rappel/tx/worker.events")
    });
    std::thread::sleep(Duration::from_secs(2));
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    Seen::of(child).safe().code(130).says("interrupted by the user");
    await_closed(&bench);
    unchanged(&bench);
}

#[test]
fn while_hosts_are_read_it_ends_at_once() {
    let bench = bench();
    misbehave(&bench, "observe", "touch /tmp/reading; exec sleep 60");
    let child = bench.start(&["plan", "playbooks/t3.yml"]);
    bench
        .eventually("reading", Duration::from_secs(60), |b| b.holds("hv1", "test -e /tmp/reading"));
    interrupt(&child);
    let seen = Seen::of(child).code(130);
    assert!(seen.time < Duration::from_secs(50), "{:?}", seen.time);
}

#[test]
fn at_the_question_nothing_is_changed() {
    let bench = bench();
    let mut rappel = bench.command(&["apply", "playbooks/t3.yml"]);
    rappel.args(bench.reach());
    let words: Vec<String> = std::iter::once(rappel.get_program())
        .chain(rappel.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''")))
        .collect();
    // A terminal of its own, on which ^C is typed once the question stands.
    let mut script = Command::new("script");
    script.args(["-qec", &words.join(" "), "/dev/null"]);
    script.current_dir(bench.project.path());
    for (key, value) in rappel.get_envs() {
        match value {
            Some(value) => script.env(key, value),
            None => script.env_remove(key),
        };
    }
    script.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = script.spawn().expect("script");
    let mut stdin = child.stdin.take().expect("piped");
    let mut out = std::io::BufReader::new(child.stdout.take().expect("piped"));
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("[y/N]") {
        let mut byte = [0];
        assert_eq!(std::io::Read::read(&mut out, &mut byte).expect("read"), 1, "no question");
        seen.extend(byte);
    }
    std::io::Write::write_all(&mut stdin, b"\x03").expect("typed");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("read");
    assert_eq!(child.wait().expect("ended").code(), Some(130), "{rest}");
    assert!(rest.contains("Nothing was changed"), "{rest}");
    unchanged(&bench);
}
