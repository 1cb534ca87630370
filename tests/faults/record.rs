//! What came of the cases, for people and programs.

use std::fs;
use std::path::PathBuf;

use rappel::remote::scripts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::case::Case;

/// Which remote scripts cases are tried on: the first letters of what
/// `cat src/remote/scripts/* | sha256sum` says.
pub fn digest() -> String {
    let mut all: Vec<_> = scripts::ALL.iter().collect();
    all.sort_by_key(|script| script.name);
    let mut hash = Sha256::new();
    all.iter().for_each(|script| hash.update(script.text));
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// One case's end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub step: String,
    pub fault: String,
    pub kind: String,
    pub scenario: String,
    /// The scripts that it was tried on.
    pub scripts: String,
    /// The seed of the run that tried it.
    pub seed: u64,
    /// What rappel reported.
    pub outcome: String,
    /// `old` or `new`, what the host was found to be; `neither` if it was neither.
    pub host: String,
    /// Whether a dead preparation was left for the next run to sweep up.
    pub abandoned: bool,
    pub seconds: f64,
    /// Which invariant broke: `lost`, `half_done`, `false_report`.
    pub broken: Vec<String>,
    /// Why it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What was seen, if something broke.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evidence: String,
}

impl Record {
    pub fn of(case: &Case, seed: u64) -> Self {
        Self {
            step: case.step.clone(),
            fault: case.fault.name().to_owned(),
            kind: case.kind.name.to_owned(),
            scenario: case.scenario.name().to_owned(),
            scripts: digest(),
            seed,
            outcome: String::new(),
            host: "old".to_owned(),
            abandoned: false,
            seconds: 0.0,
            broken: Vec::new(),
            skipped: None,
            evidence: String::new(),
        }
    }

    /// Whether it tells what came of that case.
    fn is_of(&self, case: &Case) -> bool {
        self.skipped.is_none() && self.name() == case.to_string()
    }

    fn name(&self) -> String {
        format!("{} {} {} {}", self.kind, self.scenario, self.step, self.fault)
    }
}

/// What an earlier run has found out about the present scripts: nothing without a file.
pub fn known(name: &str) -> Vec<Record> {
    let text = fs::read_to_string(path(name)).unwrap_or_default();
    let summary: Option<Summary> = serde_json::from_str(&text).ok();
    let mut records = summary.map(|s| s.records).unwrap_or_default();
    records.retain(|r| r.scripts == digest() && r.skipped.is_none());
    records
}

/// The cases that no record tells of.
pub fn unknown(cases: Vec<Case>, known: &[Record]) -> Vec<Case> {
    cases.into_iter().filter(|case| !known.iter().any(|record| record.is_of(case))).collect()
}

fn path(name: &str) -> PathBuf {
    // A run that takes hours goes on from a copy of the tests: then it says where to write.
    let target = std::env::var_os("RAPPEL_FAULTS_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target")).join(name)
}

/// All of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Summary {
    pub scripts: String,
    pub seed: u64,
    pub cases: usize,
    pub lost: usize,
    pub half_done: usize,
    pub false_reports: usize,
    pub skipped: usize,
    pub records: Vec<Record>,
}

impl Summary {
    pub fn of(seed: u64, records: Vec<Record>) -> Self {
        let tried = |r: &&Record| r.skipped.is_none();
        let count = |what: &str| {
            records.iter().filter(tried).filter(|r| r.broken.iter().any(|b| b == what)).count()
        };
        let skipped = records.iter().filter(|r| r.skipped.is_some()).count();
        Self {
            scripts: digest(),
            seed,
            cases: records.len() - skipped,
            lost: count("lost"),
            half_done: count("half_done"),
            false_reports: count("false_report"),
            skipped,
            records,
        }
    }

    pub fn is_good(&self) -> bool {
        self.lost + self.half_done + self.false_reports == 0
    }

    /// Writes it below `target/`, whole or not at all.
    pub fn write(&self, name: &str) -> PathBuf {
        let (path, draft) = (path(name), path(&format!("{name}.new")));
        fs::write(&draft, serde_json::to_string_pretty(self).expect("JSON")).expect("written");
        fs::rename(&draft, &path).expect("renamed");
        path
    }
}

#[test]
fn a_run_is_taken_up_where_it_broke_off() {
    let cases = crate::case::all(&crate::case::KINDS[0]);
    let mut records: Vec<Record> = cases.iter().take(3).map(|c| Record::of(c, 7)).collect();
    records[1].skipped = Some("the lab failed".to_owned());
    let left = unknown(cases.clone(), &records);
    assert_eq!(left.len(), cases.len() - 2);
    assert!(left.contains(&cases[1]), "what was not tried is tried again");
    assert!(!left.contains(&cases[2]));
}
