//! Two at one host: the second one is told who was first, with what, and since when.

use crate::evil::{Seen, at_step, await_step, bench, run};

const APPLY: [&str; 3] = ["apply", "playbooks/t3.yml", "--yes"];

#[test]
fn the_second_operator_is_told_who_what_and_since_when() {
    let bench = bench();
    at_step(&bench, "activated", "touch /run/rappel-fault/reached; sleep 6");
    let first = {
        let mut command = bench.command(&APPLY);
        command.args(bench.reach()).env("USER", "ada");
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("starts")
    };
    await_step(&bench);
    let id = bench.console("hv1", "cat /var/lib/rappel/lock/run");
    let run_named = format!("(run {})", id.trim());
    let today = bench.console("hv1", "date -u +%Y-%m-%d");
    let since = format!("since {}", today.trim());
    run(&bench, &APPLY).code(5).says("locked by ada@").says(&since).says(&run_named);
    let json = run(&bench, &["apply", "playbooks/t3.yml", "--yes", "--output", "json"])
        .code(5)
        .says("\"outcome\":\"refused\"")
        .says("locked by ada@")
        .says(&since);
    for line in json.text.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
    run(&bench, &["status"]).code(0).says("locked by ada@").says(&since);
    run(&bench, &["status", "--output", "json"]).code(0).says("\"who\":\"ada@");
    Seen::of(first).code(0).says("confirmed as generation 1");
}

#[test]
fn the_second_of_two_runs_that_meet_in_staging_is_refused_by_the_host() {
    let bench = bench();
    at_step(&bench, "stage", "touch /run/rappel-fault/reached; sleep 4");
    let first = bench.start(&APPLY);
    await_step(&bench);
    // The same operator, twice: no exception.
    run(&bench, &APPLY).code(5).says("locked by ").says("since ");
    Seen::of(first).code(0).says("confirmed as generation 1");
}
