//! What the journal keeps of real runs, and what it is good for.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::fleet::{Fault, Fleet};

/// Runs rappel on a terminal of its own and types answers, each when a question stands;
/// gives what the terminal showed.
pub fn on_a_terminal(bench: &Bench, words: &[&str], answers: &str, limit: Duration) -> String {
    let mut rappel = bench.command(words);
    rappel.args(bench.reach());
    let quoted: Vec<String> = std::iter::once(rappel.get_program())
        .chain(rappel.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''")))
        .collect();
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &quoted.join(" "), "/dev/null"]).current_dir(bench.project.path());
    // What is said is looked for as text.
    script.env("NO_COLOR", "1");
    for (key, value) in rappel.get_envs() {
        match value {
            Some(value) => script.env(key, value),
            None => script.env_remove(key),
        };
    }
    let mut child =
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script starts");
    let mut stdin = child.stdin.take().expect("piped");
    let mut out = child.stdout.take().expect("piped");
    let mut seen = Vec::new();
    let started = Instant::now();
    for answer in answers.split("\\n").filter(|answer| !answer.is_empty()) {
        let from = seen.len();
        while !String::from_utf8_lossy(&seen[from..]).contains("[y/N]") {
            assert!(started.elapsed() < limit, "no question: {}", String::from_utf8_lossy(&seen));
            let mut byte = [0];
            assert_eq!(out.read(&mut byte).expect("read"), 1, "{}", String::from_utf8_lossy(&seen));
            seen.extend(byte);
        }
        stdin.write_all(format!("{answer}\n").as_bytes()).expect("typed");
    }
    out.read_to_end(&mut seen).expect("read");
    child.wait().expect("ended");
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn runs_and_hosts_are_told_without_a_connection() {
    let fleet = Fleet::new();
    fleet.plant("h1", Fault::RolledBack);
    let run = fleet.apply(1, &["--limit", "h0:h1:h2"]).code(3).run();
    fleet.bench.rappel(&["plan", "site.yml", "-e", "version=1", "--limit", "h0"]).code(0);
    for host in ["h0", "h1", "h2"] {
        fleet.bench.lab.power_cut(host).expect("cut");
    }
    let said = fleet.bench.rappel(&["history", "--runs"]).code(0);
    let said = said.says("2 confirmed, 1 rolled back").says("apply site.yml").says("plan site.yml");
    assert_eq!(said.out.lines().count(), 2, "{}", said.out);
    let said = fleet.bench.rappel(&["history", "--runs", "h2"]).code(0);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    let said = fleet.bench.rappel(&["history", "--run", &run[..6]]).code(0);
    said.says("h0  confirmed as generation 1").says("exit code 3").says("h1  rolled back");
    let said = fleet.bench.rappel(&["history", "--run", &run, "h1"]).code(0);
    said.says("step arm").says("planned: /etc/harmless").never_says("  h0  ");
    fleet.bench.rappel(&["history", "--run", "zz"]).code(1).says("has no run");
    // Wanted nowhere, it is nowhere; where it cannot be, a run says so and goes on.
    let none = ["plan", "site.yml", "-e", "version=1", "--limit", "h3", "--journal"];
    let count = || fleet.bench.rappel(&["history", "--runs"]).out.lines().count();
    fleet.bench.rappel(&[&none[..], &["none"]].concat()).code(2);
    assert_eq!(count(), 2);
    fleet.bench.rappel(&[&none[..], &["/proc/nowhere.db"]].concat()).code(1).says("journal");
}

#[test]
fn other_files_than_before_are_not_taken_for_the_rest() {
    let fleet = Fleet::new();
    fleet.plant("h1", Fault::RolledBack);
    fleet.apply(1, &["--limit", "h0:h1:h2:h3", "--forks", "1"]).code(3);
    fleet.mend("h1", Fault::RolledBack);
    let told = fleet.apply(2, &["--resume"]).code(5);
    assert!(told.text.contains("what is rendered has changed"), "{}", told.text);
    assert!(told.begun().is_empty());
    let told = fleet.apply(2, &["--resume", "--accept-changes"]).code(0);
    assert_eq!(told.ended("confirmed"), crate::fleet::set(&["h1", "h2", "h3"]));
    assert_eq!(fleet.having(1), crate::fleet::set(&["h0"]));
    let told = fleet.apply(2, &["--resume"]).code(0);
    assert!(told.begun().is_empty(), "nothing is left");
}
