//! What came of the cases, for people and programs.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use crate::case::Case;

/// One case's end.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    pub step: String,
    pub fault: &'static str,
    pub kind: &'static str,
    pub scenario: &'static str,
    /// What rappel reported.
    pub outcome: String,
    /// `old` or `new`, what the host was found to be; `neither` if it was neither.
    pub host: &'static str,
    /// Whether a dead preparation was left for the next run to sweep up.
    pub abandoned: bool,
    pub seconds: f64,
    /// Which invariant broke: `lost`, `half_done`, `false_report`.
    pub broken: Vec<&'static str>,
    /// Why it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What was seen, if something broke.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub evidence: String,
}

impl Record {
    pub fn of(case: &Case) -> Self {
        Self {
            step: case.step.clone(),
            fault: case.fault.name(),
            kind: case.kind.name,
            scenario: case.scenario.name(),
            outcome: String::new(),
            host: "old",
            abandoned: false,
            seconds: 0.0,
            broken: Vec::new(),
            skipped: None,
            evidence: String::new(),
        }
    }
}

/// All of a run.
#[derive(Debug, Serialize)]
pub struct Summary {
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
        let count =
            |what: &str| records.iter().filter(tried).filter(|r| r.broken.contains(&what)).count();
        let skipped = records.iter().filter(|r| r.skipped.is_some()).count();
        Self {
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

    /// Writes it below `target/`.
    pub fn write(&self, name: &str) -> PathBuf {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target").join(name);
        fs::write(&path, serde_json::to_string_pretty(self).expect("JSON")).expect("written");
        path
    }
}
