//! What the journal holds, for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::clean::clean;
use crate::observed::utc;
use crate::run::journal::{HostRecord, HostState, LAPSE, Line, PartRecord, RunRecord};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();

/// Outcomes as the journal has them, from the best to the worst, with the words for people.
const OUTCOMES: [(&str, &str, Style); 13] = [
    ("confirmed", "confirmed", GOOD),
    ("unchanged", "unchanged", GOOD),
    ("drifted", "drifted", CARE),
    ("planned", "to change", CARE),
    ("skipped", "not begun", CARE),
    ("refused", "refused", BAD),
    ("failed", "failed", BAD),
    ("rolled_back", "rolled back", CARE),
    ("unreachable", "unreachable", BAD),
    ("revert_incomplete", "reverted incompletely", BAD),
    ("rescued", "rescued", GOOD),
    ("stranded", "not rescued", BAD),
    ("unknown", "unknown", BAD),
];

/// Runs, a line each.
pub fn runs(runs: &[RunRecord]) -> String {
    if runs.is_empty() {
        return "no run is in the journal\n".to_owned();
    }
    runs.iter().map(|run| format!("{}  {}\n", run_line(run), counts(run))).collect()
}

/// One run, as the head of what follows.
pub fn run(run: &RunRecord) -> String {
    let mut out = format!("{}\n", run_line(run));
    let end = match (run.ended, run.exit_code) {
        (Some(ended), Some(code)) => {
            let seconds = ended.saturating_sub(run.started) / 1000;
            format!("ended {} after {seconds} s, exit code {code}", when(ended))
        }
        _ => "has no end: it was broken off, or goes on still".to_owned(),
    };
    let _ = writeln!(out, "{end}; {}", counts(run));
    if let Some(first) = &run.resumes {
        let _ = writeln!(out, "took up the rest of run {}", clean(first));
    }
    out
}

/// The parts of a rollout, a line each; which of them has no end is told with when it was
/// last heard of.
pub fn parts(run: &RunRecord, parts: &[PartRecord]) -> String {
    let of = run.shards.unwrap_or(1);
    let name = clean(run.rollout.as_deref().unwrap_or_default());
    let mut out = format!("rollout {name} in {of} part(s)\n");
    for shard in 1..=of {
        let state = match parts.iter().find(|part| part.shard == shard) {
            None => format!("{CARE}has not begun{CARE:#}"),
            Some(PartRecord { who, ended: Some(ended), exit_code, .. }) => {
                let code = exit_code.map_or_else(String::new, |code| format!(", exit code {code}"));
                format!("{}  ended {}{code}", clean(who), when(*ended))
            }
            Some(PartRecord { who, seen, .. }) => format!(
                "{}  {CARE}has no end{CARE:#}, last heard of {}; dead if that is {} s ago",
                clean(who),
                when(*seen),
                LAPSE / 1000
            ),
        };
        let _ = writeln!(out, "  {shard}/{of}  {state}");
    }
    out
}

/// Hosts of a run, a line each.
pub fn hosts(hosts: &[HostRecord]) -> String {
    let wide = hosts.iter().map(|host| clean(&host.host).chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for host in hosts {
        let (word, style) = match (&host.outcome, host.state) {
            (Some(outcome), _) => words(outcome),
            (None, HostState::Waiting) => ("not begun".to_owned(), CARE),
            (None, _) => ("begun, its end is not known".to_owned(), BAD),
        };
        let generation =
            host.generation.map_or_else(String::new, |n| format!(" as generation {n}"));
        let reason = host.reason.as_ref().map_or_else(String::new, |r| format!(": {}", clean(r)));
        let name = clean(&host.host);
        let shard = host.shard.map_or_else(String::new, |shard| format!("[{shard}]  "));
        let _ = writeln!(out, "  {name:wide$}  {shard}{style}{word}{style:#}{generation}{reason}");
    }
    out
}

/// What happened, a line each.
pub fn lines(lines: &[Line]) -> String {
    lines
        .iter()
        .map(|line| format!("    {}  {}\n", when(line.time), clean(&event(&line.event))))
        .collect()
}

fn event(event: &Value) -> String {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("event") {
        "step" => format!("step {}", text("step")),
        "note" => text("message").to_owned(),
        "check" => {
            let before = event.get("baseline").and_then(Value::as_bool).unwrap_or(false);
            let time = if before { "before" } else { "after" };
            format!("{time}: {} {} ({})", text("title"), text("result"), text("how"))
        }
        "host_started" => "read".to_owned(),
        "host_planned" => {
            let files = event.pointer("/plan/files").and_then(Value::as_array);
            let path = |file: &Value| file.get("path").and_then(Value::as_str).map(str::to_owned);
            let paths: Vec<String> = files.into_iter().flatten().filter_map(path).collect();
            if paths.is_empty() {
                "planned: no file changes".to_owned()
            } else {
                format!("planned: {}", paths.join(" "))
            }
        }
        "change_started" => "the change begins".to_owned(),
        "host_finished" => format!("over: {} {}", words(text("outcome")).0, text("reason")),
        other => other.replace('_', " "),
    }
}

fn run_line(run: &RunRecord) -> String {
    let playbook = run.playbook.as_deref().unwrap_or("");
    let rollout = run.rollout.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let what = format!("{} {playbook}{rollout}", run.command);
    format!(
        "{}  {}  {}  {}",
        clean(&run.run),
        when(run.started),
        clean(&run.who),
        clean(what.trim())
    )
}

fn counts(run: &RunRecord) -> String {
    let known = OUTCOMES.iter().filter_map(|(outcome, words, style)| {
        let count = run.outcomes.get(*outcome)?;
        Some(format!("{style}{count} {words}{style:#}"))
    });
    let mut all: Vec<String> = known.collect();
    let ended: usize = run.outcomes.values().sum();
    if ended < run.hosts {
        all.push(format!("{CARE}{} without an end{CARE:#}", run.hosts - ended));
    }
    all.join(", ")
}

fn words(outcome: &str) -> (String, Style) {
    let found = OUTCOMES.iter().find(|(word, ..)| *word == outcome);
    found.map_or_else(|| (clean(outcome), BAD), |(_, words, style)| ((*words).to_owned(), *style))
}

fn when(milliseconds: u64) -> String {
    utc(milliseconds / 1000)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{hosts, lines, run, runs};
    use crate::run::journal::{HostRecord, HostState, Line, RunRecord};

    fn record() -> RunRecord {
        RunRecord {
            run: "ab12".to_owned(),
            command: "apply".to_owned(),
            playbook: Some("site.yml".to_owned()),
            who: "ada@laptop".to_owned(),
            resumes: None,
            rollout: None,
            shards: None,
            started: 1_767_225_599_000,
            ended: None,
            exit_code: None,
            changing: true,
            hosts: 3,
            outcomes: BTreeMap::from([("confirmed".to_owned(), 2)]),
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_run_without_an_end_says_so() {
        let text = plain(&runs(&[record()]));
        assert_eq!(
            text,
            "ab12  2025-12-31 23:59:59Z  ada@laptop  apply site.yml  2 confirmed, 1 without an end\n"
        );
        assert!(plain(&run(&record())).contains("broken off"));
    }

    #[test]
    fn hosts_and_events_cannot_drive_the_terminal() {
        let host = HostRecord {
            host: "a\u{1b}[2J".to_owned(),
            shard: None,
            state: HostState::Begun,
            digest: None,
            machine_id: None,
            outcome: None,
            generation: None,
            reason: Some("\u{9b}2J".to_owned()),
            remedy: None,
            ended: None,
        };
        let line = Line {
            time: 0,
            host: None,
            event: serde_json::json!({"event": "note", "message": "\u{1b}]0;x\u{7}"}),
        };
        let text = plain(&(hosts(&[host]) + &lines(&[line])));
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{text:?}");
        assert!(text.contains("its end is not known"), "{text}");
    }
}
