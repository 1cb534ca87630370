//! The page that tells what the matrix's proofs came to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::cases::{Came, Summary};
use crate::page::{Row, root, rows};
use crate::proofs::{Record, folder, leaves_none, record, takes_long};

const HEAD: &str = "# What the proofs came to

The fifty faults of the [matrix](matrix.md), and what came of them when the tests last ran. Made
from the records of that run by `make test && make faults && make matrix-table`; a page with a
proof that failed or did not run is not made.

- **tests**: of the row's proofs, how many passed. Those of whole machines run in `make test-all`
  only; one that did not run is told as such.
- **how their runs ended**: what rappel reported of the hosts, in all runs of those tests that
  were to change them. Each test judges from outside whether that is so.
- **cases in the fault lab**: of [the random cases](faults.md), and how they ended. Where SIGKILL
  hit rappel there is no report: the configuration that was found is given.

";

/// A page, or the proofs that have no good record.
fn page(rows: &[Row], records: &Path, faults: &Summary) -> Result<String, Vec<String>> {
    let mut bad = Vec::new();
    let mut page = HEAD.to_owned();
    let _ = writeln!(
        page,
        "Fault lab: {} cases (seed {}, scripts `{}`): {} lost, {} half done, {} false reports.\n",
        faults.cases,
        faults.seed,
        faults.scripts,
        faults.lost,
        faults.half_done,
        faults.false_reports
    );
    page.push_str(
        "| # | fault | hosts | tests | how their runs ended | cases in the fault lab |\n",
    );
    page.push_str("|---|---|---|---|---|---|\n");
    for row in rows {
        let (line, without) = line(row, records, &faults.of(row.number));
        page.push_str(&line);
        bad.extend(without);
    }
    if bad.is_empty() { Ok(page) } else { Err(bad) }
}

fn line(row: &Row, records: &Path, came: &Came) -> (String, Vec<String>) {
    let mut bad = Vec::new();
    let (mut passed, mut later) = (0, 0);
    let mut total = Record::default();
    let mut beside = 0;
    for proof in &row.proofs {
        if leaves_none(proof) {
            beside += usize::from(proof.starts_with("src::"));
            continue;
        }
        match record(records, proof) {
            Some(found) if found.passed => {
                passed += 1;
                total.hosts.extend(found.hosts);
                for (outcome, hosts) in found.outcomes {
                    *total.outcomes.entry(outcome).or_default() += hosts;
                }
            }
            None if takes_long(proof) => later += 1,
            _ => bad.push(proof.clone()),
        }
    }
    let tests = [(passed, "passed"), (beside, "of one function alone"), (later, "not run")];
    let tests = tests.iter().filter(|(count, _)| *count > 0);
    let tests: Vec<String> = tests.map(|(count, word)| format!("{count} {word}")).collect();
    let hosts = total.hosts.union(&came.hosts).cloned().collect();
    let broken = if came.broken > 0 { format!("; {} broken", came.broken) } else { String::new() };
    let cases = match came.cases {
        0 => String::new(),
        count => format!("{count}: {}{broken}", counted(&came.outcomes)),
    };
    let (number, fault) = (row.number, &row.fault);
    let (hosts, tests, ended) = (joined(&hosts), tests.join(", "), counted(&total.outcomes));
    (format!("| {number} | {fault} | {hosts} | {tests} | {ended} | {cases} |\n"), bad)
}

fn joined(words: &BTreeSet<String>) -> String {
    words.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn counted(outcomes: &BTreeMap<String, usize>) -> String {
    let words = outcomes.iter().map(|(name, count)| format!("{} {count}", name.replace('_', " ")));
    words.collect::<Vec<_>>().join(", ")
}

#[test]
#[ignore = "writes docs/book/results.md"]
fn the_results_of_the_book() {
    let json = fs::read_to_string(folder().with_file_name("faults.json"));
    let faults: Summary =
        serde_json::from_str(&json.expect("run `make faults` first")).expect("its records");
    match page(&rows(), &folder(), &faults) {
        Ok(page) => fs::write(root().join("docs/book/results.md"), page).expect("written"),
        Err(bad) => panic!("run these first, they have no record or failed: {bad:#?}"),
    }
}

#[test]
fn a_row_counts_its_tests_and_cases() {
    let records = tempfile::tempdir().expect("a directory");
    let row = Row {
        number: 4,
        fault: "laptop sleeps".to_owned(),
        proofs: ["kinds::a::b", "src::c::d", "machine::e::f", "faults::matrix::g"]
            .map(str::to_owned)
            .to_vec(),
        line: String::new(),
    };
    let faults: Summary = serde_json::from_value(serde_json::json!({
        "cases": 3, "seed": 7, "scripts": "00ff", "lost": 0, "half_done": 0, "false_reports": 1,
        "records": [
            {"fault": "link-12s", "step": "up", "scenario": "good", "kind": "debian13",
                "outcome": "killed", "host": "old"},
            {"fault": "link-12s", "step": "up", "scenario": "good", "kind": "debian13",
                "outcome": "confirmed", "host": "old", "broken": ["false_report"]},
            {"fault": "link-12s", "step": "up", "scenario": "good", "kind": "debian13",
                "outcome": "confirmed", "host": "new", "skipped": "not reached"},
        ]
    }))
    .expect("a summary");
    let rows = [row];
    assert_eq!(page(&rows, records.path(), &faults), Err(vec!["kinds::a::b".to_owned()]));

    let write = |passed: bool| {
        let folder = records.path().join("kinds");
        fs::create_dir_all(&folder).expect("made");
        let record = serde_json::json!({"hosts": ["bookworm"], "outcomes": {"rolled_back": 2}, "passed": passed});
        fs::write(folder.join("a::b.json"), record.to_string()).expect("written");
    };
    write(false);
    assert!(page(&rows, records.path(), &faults).is_err(), "a failed one is no proof");
    write(true);
    let page = page(&rows, records.path(), &faults).expect("a page");
    let wanted = "| 4 | laptop sleeps | bookworm, debian13 | 1 passed, 1 of one function alone, 1 not run | rolled back 2 | 2: confirmed 1, old configuration 1; 1 broken |";
    assert!(page.contains(wanted), "{page}");
}
