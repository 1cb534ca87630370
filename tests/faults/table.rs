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

/// Which cases belong to a row of the matrix in docs/book/matrix.md.
struct Row {
    number: u8,
    what: &'static str,
    /// Faults, steps and scenarios of its cases; an empty list takes any.
    faults: &'static [&'static str],
    steps: &'static [&'static str],
    scenarios: &'static [&'static str],
}

const fn row(
    number: u8,
    what: &'static str,
    faults: &'static [&'static str],
    steps: &'static [&'static str],
    scenarios: &'static [&'static str],
) -> Row {
    Row { number, what, faults, steps, scenarios }
}

const CHANGE: &[&str] = &["swap", "nft", "sysctl", "up", "reload", "activated"];
const ENDING: &[&str] = &["confirmed", "confirmed-logged", "generation", "disarmed"];
const BACK: &[&str] = &[
    "reverting",
    "revert-down",
    "revert-files",
    "revert-up",
    "revert-replay",
    "revert-reload",
    "revert-restart",
    "revert-reboot",
    "reverted",
];

const ROWS: [Row; 12] = [
    row(
        1,
        "controller killed between arm and swap",
        &["controller-kill"],
        &["arm", "worker", "down"],
        &[],
    ),
    row(2, "controller killed between swap and confirm", &["controller-kill"], CHANGE, &[]),
    row(
        3,
        "killed between confirm and cleanup",
        &["controller-kill", "kill", "kill-tree"],
        ENDING,
        &["good"],
    ),
    row(4, "the laptop is gone for longer than the window", &["link-12s"], &[], &[]),
    row(6, "the host loses power while pending, and again while it reverts", &[], &[], &["boot"]),
    row(7, "power loss during the change", &["power"], CHANGE, &["good"]),
    row(8, "the script and all of its session are killed", &["kill-tree"], &[], &[]),
    row(20, "one family does not work", &[], &[], &["bad"]),
    row(26, "a step hangs", &["hang"], &[], &[]),
    row(27, "a command of the change fails", &[], &[], &["broken"]),
    row(31, "no space or no inodes left", &["disk-full", "inodes-full"], &[], &[]),
    row(44, "the way back itself is broken", &[], BACK, &[]),
];

impl Row {
    fn takes(&self, record: &Value) -> bool {
        let any = |list: &[&str], key: &str| list.is_empty() || list.contains(&text(record, key));
        any(self.faults, "fault") && any(self.steps, "step") && any(self.scenarios, "scenario")
    }
}

/// The rows of the matrix that the fault lab has cases of.
fn matrix(records: &[&Value]) -> String {
    let mut table = String::from(
        "\nBy the rows of the [matrix](matrix.md) that the fault lab has cases of:\n\n\
         | # | fault | hosts | cases | outcome | broken |\n|---|---|---|---|---|---|\n",
    );
    for row in &ROWS {
        let of: Vec<&Value> = records.iter().copied().filter(|r| row.takes(r)).collect();
        let hosts: BTreeSet<&str> = of.iter().map(|r| text(r, "kind")).collect();
        let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
        let (number, what, count, outcome) =
            (row.number, row.what, of.len(), outcomes(of.iter().copied()));
        let _ = writeln!(
            table,
            "| {number} | {what} | {hosts} | {count} | {outcome} | {} |",
            broken(of.iter().copied())
        );
    }
    table
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
    page.push_str(&matrix(&records));
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
