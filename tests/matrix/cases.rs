//! Which cases of the fault lab belong to a row of the matrix, and what came of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What `make faults` leaves in `target/faults.json`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Summary {
    pub cases: usize,
    pub seed: u64,
    pub scripts: String,
    pub lost: usize,
    pub half_done: usize,
    pub false_reports: usize,
    pub records: Vec<Case>,
}

/// One case's end.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Case {
    pub fault: String,
    pub step: String,
    pub scenario: String,
    pub kind: String,
    pub outcome: String,
    pub host: String,
    #[serde(default)]
    pub broken: Vec<String>,
    #[serde(default)]
    pub skipped: Option<String>,
}

/// A row's faults, steps and scenarios; an empty list takes any.
struct Filter {
    row: usize,
    faults: &'static [&'static str],
    steps: &'static [&'static str],
    scenarios: &'static [&'static str],
}

const fn filter(
    row: usize,
    faults: &'static [&'static str],
    steps: &'static [&'static str],
    scenarios: &'static [&'static str],
) -> Filter {
    Filter { row, faults, steps, scenarios }
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

const FILTERS: [Filter; 12] = [
    filter(1, &["controller-kill"], &["arm", "worker", "down"], &[]),
    filter(2, &["controller-kill"], CHANGE, &[]),
    filter(3, &["controller-kill", "kill", "kill-tree"], ENDING, &["good"]),
    filter(4, &["link-12s"], &[], &[]),
    filter(6, &[], &[], &["boot"]),
    filter(7, &["power"], CHANGE, &["good"]),
    filter(8, &["kill-tree"], &[], &[]),
    filter(20, &[], &[], &["bad"]),
    filter(26, &["hang"], &[], &[]),
    filter(27, &[], &[], &["broken"]),
    filter(31, &["disk-full", "inodes-full"], &[], &[]),
    filter(44, &[], BACK, &[]),
];

impl Filter {
    fn takes(&self, case: &Case) -> bool {
        let any = |list: &[&str], word: &str| list.is_empty() || list.contains(&word);
        any(self.faults, &case.fault)
            && any(self.steps, &case.step)
            && any(self.scenarios, &case.scenario)
    }
}

/// What came of a row's cases.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Came {
    pub hosts: BTreeSet<String>,
    pub cases: usize,
    /// How many ended how; where rappel was killed, in which configuration.
    pub outcomes: BTreeMap<String, usize>,
    pub broken: usize,
}

impl Summary {
    /// Of that row; nothing where the fault lab has no cases of it.
    pub fn of(&self, row: usize) -> Came {
        let mut came = Came::default();
        let Some(filter) = FILTERS.iter().find(|filter| filter.row == row) else { return came };
        let tried = self.records.iter().filter(|case| case.skipped.is_none());
        for case in tried.filter(|case| filter.takes(case)) {
            came.hosts.insert(case.kind.clone());
            came.cases += 1;
            let outcome = match case.outcome.as_str() {
                "killed" => format!("{} configuration", case.host),
                other => other.to_owned(),
            };
            *came.outcomes.entry(outcome).or_default() += 1;
            came.broken += usize::from(!case.broken.is_empty());
        }
        came
    }
}
