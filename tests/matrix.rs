//! The failure matrix of the book names a proof for each fault; each proof is a test.

use std::fs;
use std::path::{Path, PathBuf};

const ROWS: usize = 50;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/book/matrix.md")).expect("the page");
    let row =
        |line: &&str| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit());
    text.lines().filter(row).map(str::to_owned).collect()
}

/// `suite::module::test` → the files it may stand in.
fn places(proof: &str) -> (Vec<PathBuf>, String) {
    let mut words: Vec<&str> = proof.split("::").collect();
    let test = words.pop().unwrap_or_default().to_owned();
    let base = if words.first() == Some(&"src") { root().to_owned() } else { root().join("tests") };
    let stem = words.iter().fold(base, |path, word| path.join(word));
    (vec![stem.with_extension("rs"), stem.join("mod.rs"), stem.join("tests.rs")], test)
}

fn exists(proof: &str) -> bool {
    let (files, test) = places(proof);
    let head = format!("fn {test}(");
    files.iter().any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&head)))
}

#[test]
fn every_fault_has_its_row() {
    let numbers: Vec<usize> =
        rows().iter().filter_map(|row| row[2..].split(' ').next()?.parse().ok()).collect();
    assert_eq!(numbers, (1..=ROWS).collect::<Vec<_>>());
}

#[test]
fn every_proof_is_a_test() {
    let mut missing = Vec::new();
    for row in rows() {
        let proof = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        // Only what the row itself says is not built yet may go without.
        assert!(!named.is_empty() || row.contains("not built yet"), "{row}");
        missing.extend(named.into_iter().filter(|name| !exists(name)).map(str::to_owned));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    assert!(
        exists("matrix::every_fault_has_its_row")
            || exists("transaction::t3::rollback_returns_to_the_plain_host")
    );
    assert!(!exists("transaction::t3::no_such_test"));
    assert!(!exists("nothing::t3::rollback_returns_to_the_plain_host"));
}
