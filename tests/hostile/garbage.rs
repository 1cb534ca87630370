//! Answers that are none.

use std::time::Duration;

use crate::bench::Bench;
use crate::evil::{Seen, apply, bench, misbehave, run, unchanged};

fn plan(bench: &Bench, script: &str) -> Seen {
    misbehave(bench, "observe apply status verify", script);
    let seen = run(bench, &["plan", "playbooks/t3.yml"]).safe();
    assert!(seen.time < Duration::from_secs(300), "{:?}", seen.time);
    assert!(matches!(seen.code, Some(1 | 4)), "{:?}: {}", seen.code, seen.text);
    seen
}

#[test]
fn output_without_end_is_cut_off_in_bounded_memory_and_time() {
    let bench = bench();
    plan(&bench, "echo 'rappel|1'; exec yes 'alive|1'").says("more than 400000 lines");
    plan(&bench, "echo 'rappel|1'; exec yes 'x|'").says("more than 400000 lines");
    plan(&bench, "echo 'rappel|1'; exec yes \"files|$(head -c 5000 /dev/zero | tr '\\0' a)\"")
        .says("printed more than");
    plan(&bench, "exec tr '\\0' x </dev/zero").says("a line of more than");
    plan(&bench, "exec yes Welcome").says("login shell prints too much");
    plan(&bench, "exec cat /dev/zero >&2").says("printed more than");
}

#[test]
fn garbage_binary_and_long_lines_are_named_as_such() {
    let bench = bench();
    plan(&bench, "head -c 100000 /dev/urandom").says("not UTF-8 text");
    plan(&bench, "echo 'rappel|1'; printf 'hostname|'; head -c 10M /dev/zero | tr '\\0' a; echo")
        .says("a line of more than 1048576 bytes");
    plan(&bench, "echo 'rappel|1'; echo 'no record at all'").says("no record at all");
    plan(&bench, "echo 'rappel|2'; echo 'end|ok'").says("version \"2\"");
    plan(&bench, "echo 'rappel|1'; echo 'end|ok'").says("lacks");
}

#[test]
fn half_an_answer_is_none() {
    let bench = bench();
    plan(&bench, "printf 'rappel|1\\nhostname|h\\nmachine'").says("hv1");
    plan(&bench, "printf 'rappel|1\\nhostname|h\\n'; exit 3").says("status 3");
    plan(&bench, "printf 'rappel|1\\nhostname|h\\n'; kill -9 $PPID").says("hv1");
}

#[test]
fn silence_is_given_up() {
    let bench = bench();
    plan(&bench, "exec sleep 300").says("no answer within 30 s");
}

/// Title, clear screen in C0 and C1, carriage return, bell, and a reordering of letters.
const ESCAPES: &str = "\\033]0;owned\\007\\033[2J\\302\\2332J\\r\\342\\200\\256txt";

#[test]
fn no_escape_sequence_of_a_host_reaches_the_terminal() {
    let bench = bench();
    let replies = [
        format!("printf 'rappel|1\\nerror|{ESCAPES}\\nend|failed\\n'"),
        format!("printf '{ESCAPES}\\n' >&2; exit 7"),
        format!("printf 'rappel|1\\n{ESCAPES}\\n'"),
        format!(
            "printf 'rappel|1\\nmachine-id|a\\nboot-id|b\\nlock|{ESCAPES} 1 {ESCAPES}\\ntransaction|{ESCAPES}\\nwatchdog|{ESCAPES}\\nlog|1\\t{ESCAPES}\\t{ESCAPES}\\t{ESCAPES}\\t{ESCAPES}\\ngeneration|1\\nend|ok\\n'"
        ),
        format!("printf 'rappel|1\\ngeneration|{ESCAPES}\\nend|ok\\n'"),
        format!(
            "printf 'rappel|1\\nstep|{ESCAPES}\\nbaseline|{ESCAPES} {ESCAPES} {ESCAPES} {ESCAPES} pass {ESCAPES}\\nfailed|{ESCAPES}\\noutput|{ESCAPES}\\nerror|{ESCAPES}\\nend|failed\\n'"
        ),
    ];
    for reply in &replies {
        misbehave(&bench, "apply status verify", reply);
        for words in [&["status"][..], &["history"], &["apply", "playbooks/t3.yml", "--yes"]] {
            for form in ["text", "json"] {
                let mut words = words.to_vec();
                words.extend(["--output", form]);
                let seen = run(&bench, &words);
                let driving =
                    |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
                assert!(!seen.text.contains(driving), "{words:?}: {:?}", seen.text);
            }
            let mut words = words.to_vec();
            words.extend(["--color", "always"]);
            let seen = run(&bench, &words);
            let owned = ["\u{1b}]", "\u{1b}[2J", "\u{7}", "\u{9b}", "\r"];
            assert!(!owned.iter().any(|o| seen.text.contains(o)), "{words:?}: {:?}", seen.text);
        }
    }
}

#[test]
fn a_flood_during_an_apply_is_given_up_and_the_host_stays() {
    let bench = bench();
    misbehave(&bench, "apply", "echo 'rappel|1'; exec yes 'output|x'");
    apply(&bench).safe().code(1).says("more than an apply has to");
    misbehave(&bench, "apply", "echo 'rappel|1'; exec yes 'step|precheck'");
    apply(&bench).safe().code(1);
    unchanged(&bench);
}
