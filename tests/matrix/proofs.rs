//! What the named tests came to when they last ran, from `target/proofs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What a test left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Record {
    pub hosts: BTreeSet<String>,
    /// How many hosts of its runs ended how.
    pub outcomes: BTreeMap<String, usize>,
    pub passed: bool,
}

/// Where tests leave it.
pub fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target");
    target.join("proofs")
}

/// The record of a proof, `suite::module::test`; none if it did not run.
pub fn record(folder: &Path, proof: &str) -> Option<Record> {
    let (suite, test) = proof.split_once("::")?;
    let text = fs::read_to_string(folder.join(suite).join(format!("{test}.json"))).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether a test leaves no record: one beside the code has no host, and what the fault lab's
/// matrix came to is in `target/faults.json`.
pub fn leaves_none(proof: &str) -> bool {
    proof.starts_with("src::") || proof.starts_with("faults::matrix::")
}

/// Whether only `make test-all` runs it.
pub fn takes_long(proof: &str) -> bool {
    proof.starts_with("machine::")
}
