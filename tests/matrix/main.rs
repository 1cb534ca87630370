//! The failure matrix of the book names a proof for each fault; each proof is a test, and
//! what those tests came to is a page that is made from their records.

mod cases;
mod page;
mod proofs;
mod results;

use page::{exists, rows};

const ROWS: usize = 50;

#[test]
fn every_fault_has_its_row() {
    let numbers: Vec<usize> = rows().iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=ROWS).collect::<Vec<_>>());
}

#[test]
fn every_proof_is_a_test() {
    let mut missing = Vec::new();
    for row in rows() {
        // Only what the row itself says is not built yet may go without.
        assert!(!row.proofs.is_empty() || row.line.contains("not built yet"), "{}", row.line);
        missing.extend(row.proofs.into_iter().filter(|name| !exists(name)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    assert!(exists("transaction::t3::rollback_returns_to_the_plain_host"));
    assert!(!exists("transaction::t3::no_such_test"));
    assert!(!exists("nothing::t3::rollback_returns_to_the_plain_host"));
}
