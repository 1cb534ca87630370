//! The book's table of faults, from the records of the last `make faults`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::case::FAULTS;
use crate::steps;

const HEAD: &str = "# Faults

What happens to a host when something breaks in the middle of a change. Made by
`make faults && make faults-table`: hosts of a [lab](../../src/lab) are broken at every named step
of a transaction, then judged from outside.

- **lost**: a new SSH login over a family that worked before does not work.
- **half done**: files and live state are neither the old nor the new ones, or a transaction is
  still open after its deadlines and two turns of its watchdog.
- **false report**: rappel says `confirmed`, `rolled back`, `failed` or `refused`, and it is not so.

Each host has a disk of its own (ext4). Power loss stops the disk first and then everything else:
what was written and not synced is lost.

";

/// How faults are told to people.
fn words(fault: &str) -> &str {
    match fault {
        "kill" => "SIGKILL to the script",
        "kill-tree" => "SIGKILL to the script and all it started",
        "power" => "power loss",
        "link-3s" => "uplink down for 3 s",
        "link-12s" => "uplink down for longer than the window",
        "controller-kill" => "SIGKILL to rappel",
        "controller-interrupt" => "Ctrl-C",
        "disk-full" => "disk full from then on",
        "inodes-full" => "no inodes left from then on",
        "hang" => "the step hangs past all deadlines",
        other => other,
    }
}

fn broken<'a>(records: impl Iterator<Item = &'a Value>) -> usize {
    records.filter(|r| r["broken"].as_array().is_some_and(|b| !b.is_empty())).count()
}

fn text<'a>(record: &'a Value, key: &str) -> &'a str {
    record[key].as_str().unwrap_or_default()
}

/// The outcomes of some records, with how often each came.
fn outcomes<'a>(records: impl Iterator<Item = &'a Value>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for record in records {
        let name = match text(record, "outcome") {
            "killed" => format!("{} configuration", text(record, "host")),
            other => other.replace('_', " "),
        };
        *counts.entry(name).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
    words.join(", ")
}

fn page(summary: &Value) -> String {
    let records: Vec<&Value> = summary["records"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|r| r["skipped"].is_null())
        .collect();
    let mut page = HEAD.to_owned();
    let number = |key: &str| summary[key].as_u64().unwrap_or_default();
    let _ = writeln!(
        page,
        "{} cases on the scripts `{}` (the first letters of what `cat src/remote/scripts/* | sha256sum` says; seed {}): {} lost, {} half done, {} false reports.\n",
        number("cases"),
        text(summary, "scripts"),
        number("seed"),
        number("lost"),
        number("half_done"),
        number("false_reports"),
    );
    page.push_str("| fault | hosts | cases | outcome | broken |\n|---|---|---|---|---|\n");
    for fault in FAULTS {
        let of = || records.iter().copied().filter(|r| text(r, "fault") == fault.name());
        let hosts: BTreeSet<&str> = of().map(|r| text(r, "kind")).collect();
        let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
        let broken = broken(of());
        let (name, count, outcome) = (words(fault.name()), of().count(), outcomes(of()));
        let _ = writeln!(page, "| {name} | {hosts} | {count} | {outcome} | {broken} |");
    }
    page.push_str("\nWhere SIGKILL hits rappel there is no report: the configuration that was found is given.\n");
    page.push_str("\n| step | of | cases | outcome |\n|---|---|---|---|\n");
    for step in steps::all() {
        let of = || records.iter().copied().filter(|r| text(r, "step") == step.name);
        let (name, script, count) = (&step.name, step.script, of().count());
        let _ = writeln!(page, "| {name} | {script} | {count} | {} |", outcomes(of()));
    }
    page
}

#[test]
#[ignore = "writes docs/book/faults.md"]
fn the_table_of_the_book() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let json =
        fs::read_to_string(root.join("target/faults.json")).expect("run `make faults` first");
    let summary: Value = serde_json::from_str(&json).expect("JSON");
    fs::write(root.join("docs/book/faults.md"), page(&summary)).expect("written");
}

#[test]
fn the_table_counts_what_was_recorded() {
    let record = |outcome: &str| {
        serde_json::json!({"fault": "power", "kind": "debian12", "step": "swap", "outcome": outcome,
            "host": "old", "broken": []})
    };
    let skipped = serde_json::json!({"fault": "power", "skipped": "not reached"});
    let summary = serde_json::json!({"seed": 7, "cases": 3,
        "records": [record("rolled_back"), record("rolled_back"), record("killed"), skipped]});
    let page = page(&summary);
    let row = "| power loss | debian12 | 3 | old configuration 1, rolled back 2 | 0 |";
    assert!(page.contains(row), "{page}");
    assert!(page.contains("| swap | activate.sh | 3 |"), "{page}");
}
