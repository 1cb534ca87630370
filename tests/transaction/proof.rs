//! What a test came to, kept for the book's page of results: on which hosts it ran, how the
//! runs in it ended, and whether it passed. One file a test, below `target/proofs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use rappel::lab::{Kind, Spec};
use rappel::run::journal::{Filter, Place, open};
use serde::Serialize;

/// What this process has learned, by test: a test may have several labs, one after another.
static KNOWN: LazyLock<Mutex<BTreeMap<String, Record>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default, Serialize)]
struct Record {
    /// Kinds of hosts, or of shells.
    hosts: BTreeSet<String>,
    /// How many hosts of its runs ended how.
    outcomes: BTreeMap<String, usize>,
    passed: bool,
}

/// A test that is under way; written down when it is dropped.
pub struct Proof {
    /// None where nobody can tell which test this is.
    test: Option<String>,
    hosts: BTreeSet<String>,
    journal: Option<PathBuf>,
}

impl Proof {
    /// The present test, on hosts of these kinds.
    pub fn on<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Self {
        let thread = std::thread::current();
        let test = thread.name().filter(|name| name.contains("::")).map(str::to_owned);
        Self { test, hosts: hosts.into_iter().map(str::to_owned).collect(), journal: None }
    }

    /// The present test, in a lab.
    pub fn in_lab(spec: &Spec) -> Self {
        let with_debian = spec.hosts.iter().filter(|host| host.kind != Kind::Netns);
        Self::on(with_debian.map(|host| match host.kind {
            Kind::Plain => "bookworm, no init",
            Kind::Systemd | Kind::Netns => host.base.as_str(),
        }))
    }

    /// The same, with a home whose journal tells of the runs.
    #[must_use]
    pub fn at_home(mut self, home: &Path) -> Self {
        self.journal = Some(home.join(".local/state/rappel/journal.db"));
        self
    }

    fn outcomes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let Some(file) = self.journal.clone().filter(|file| file.exists()) else { return counts };
        let Ok(Some(journal)) = open(&Place::File(file), false) else { return counts };
        for run in journal.runs(&Filter::default()).unwrap_or_default() {
            if ["apply", "rollback", "rescue"].contains(&run.command.as_str()) {
                for (outcome, hosts) in run.outcomes {
                    *counts.entry(outcome).or_default() += hosts;
                }
            }
        }
        counts
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        let Some(test) = &self.test else { return };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let record = known
            .entry(test.clone())
            .or_insert_with(|| Record { passed: true, ..Record::default() });
        record.hosts.append(&mut self.hosts.clone());
        for (outcome, hosts) in self.outcomes() {
            *record.outcomes.entry(outcome).or_default() += hosts;
        }
        record.passed &= !std::thread::panicking();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target"));
        let folder = target.join("proofs").join(env!("CARGO_CRATE_NAME"));
        let text = serde_json::to_string(record).unwrap_or_default();
        // A page without this proof is refused when it is made; the test itself goes on.
        let _ = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(format!("{test}.json")), text));
    }
}
