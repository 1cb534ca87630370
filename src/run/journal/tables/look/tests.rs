use crate::desired::Masks;
use crate::plan::{Drifted, What};
use crate::rollout::outcome::Outcome;
use crate::run::journal::tables::tests::at;
use crate::run::journal::{DifferenceRecord, Filter, Found, Head, Journal, Look, Looked};

const SECRET: &str = "hunter2hunter2";

fn drifted(what: What, subject: &str, how: &str) -> Drifted {
    Drifted { what, subject: subject.to_owned(), how: how.to_owned(), since: None }
}

/// A look at one host, at a time, which finds just this; nothing where it was not reached.
fn look(at: u64, playbook: &str, drift: Option<&[Drifted]>, whole: bool) -> Look {
    let masks = Masks::default().and([SECRET.to_owned()]);
    let found = drift.map(|drift| Found::all(drift, &masks));
    let outcome = match &found {
        None => Outcome::Unreachable { reason: "gone".to_owned(), remedy: None },
        Some(found) if found.is_empty() => Outcome::Unchanged,
        Some(_) => Outcome::Drifted,
    };
    Look {
        head: Head {
            run: format!("{at:04x}{playbook}"),
            command: "drift".to_owned(),
            playbook: Some(playbook.to_owned()),
            who: "ada@laptop".to_owned(),
            ..Head::default()
        },
        started: at,
        ended: at,
        exit_code: 0,
        hosts: vec![Looked { host: "h".to_owned(), outcome, found, whole }],
    }
}

/// Subject, before, first, last, gone.
type Told = (String, Option<u64>, u64, u64, Option<u64>);

/// What the looks come to.
fn told(journal: &dyn Journal) -> Vec<Told> {
    let row = |d: DifferenceRecord| (d.subject, d.before, d.first, d.last, d.gone);
    journal.differences(None).expect("read").into_iter().map(row).collect()
}

fn journal() -> (tempfile::TempDir, Box<dyn Journal>) {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = at(&dir.path().join("j.db")).expect("a journal");
    (dir, journal)
}

#[test]
fn what_came_and_went_is_kept_with_its_times() {
    let (_dir, mut journal) = journal();
    let (a, b) =
        (drifted(What::Address, "a", "is in no file"), drifted(What::File, "b", "differs"));
    let mut see = |at, drift: Option<&[Drifted]>| {
        journal.look(&look(at, "site.yml", drift, true)).expect("written");
    };
    see(10, Some(&[]));
    see(20, Some(std::slice::from_ref(&a)));
    see(30, None);
    see(40, Some(&[a.clone(), b.clone()]));
    see(50, Some(std::slice::from_ref(&b)));
    see(60, Some(&[b.clone(), a.clone()]));
    let text = |text: &str| text.to_owned();
    assert_eq!(
        told(journal.as_ref()),
        [
            (text("b"), Some(20), 40, 60, None),
            (text("a"), Some(50), 60, 60, None),
            (text("a"), Some(10), 20, 40, Some(50)),
        ]
    );
    let past = journal.past("h", 3).expect("read");
    let outcomes: Vec<Option<&str>> = past.iter().map(|p| p.outcome.as_deref()).collect();
    assert_eq!(outcomes, [Some("drifted"); 3]);
    assert_eq!(past[0].reason.as_deref(), Some("2 difference(s)"));
    assert_eq!(journal.runs(&Filter::default()).expect("read").len(), 6, "each look is a run");
}

/// What could not be compared may still be there; another playbook wants other things.
#[test]
fn nothing_is_called_gone_that_was_not_looked_for() {
    let (_dir, mut journal) = journal();
    let rule = drifted(What::Nft, "inet rappel: accept", "is in no file");
    journal.look(&look(10, "site.yml", Some(&[rule]), true)).expect("written");
    journal.look(&look(20, "site.yml", Some(&[]), false)).expect("written");
    journal.look(&look(30, "other.yml", Some(&[]), true)).expect("written");
    assert_eq!(told(journal.as_ref())[0].4, None);
    journal.look(&look(40, "site.yml", Some(&[]), true)).expect("written");
    assert_eq!(told(journal.as_ref())[0].4, Some(40));
}

#[test]
fn a_clock_that_goes_back_loses_nothing() {
    let (_dir, mut journal) = journal();
    let a = drifted(What::Address, "a", "is in no file");
    journal.look(&look(500, "site.yml", Some(&[a]), true)).expect("written");
    journal.look(&look(100, "site.yml", Some(&[]), true)).expect("written");
    assert_eq!(told(journal.as_ref())[0].4, Some(100));
}

#[test]
fn no_secret_is_kept_and_one_thing_is_one_difference() {
    let (dir, mut journal) = journal();
    let drift = [
        drifted(What::Attributes, "/etc/x", "mode 0600, wanted 0644"),
        drifted(What::Attributes, "/etc/x", "owner a, wanted root"),
        drifted(What::Sysctl, "net.a", &format!("is 0, wanted {SECRET}")),
        drifted(What::Nft, &format!("inet t, chain c: comment {SECRET}"), "is in no file"),
    ];
    journal.look(&look(10, "site.yml", Some(&drift), true)).expect("written");
    let known = journal.differences(Some("h")).expect("read");
    assert_eq!(known.len(), 3, "{known:?}");
    assert_eq!(known[0].how, "mode 0600, wanted 0644; owner a, wanted root");
    let masks = Masks::default().and([SECRET.to_owned()]);
    assert!(known[2].is_about(&drift[3], &masks));
    drop(journal);
    for entry in std::fs::read_dir(dir.path()).expect("read") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("read");
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
    }
}

/// A journal that an earlier version made keeps what it holds.
#[test]
fn an_older_journal_gets_the_new_tables() {
    let (dir, journal) = journal();
    drop(journal);
    let path = dir.path().join("j.db");
    let old = rusqlite::Connection::open(&path).expect("a database");
    old.execute_batch(
        "DROP TABLE differences; DROP TABLE compared; DROP TABLE parts;
         DROP INDEX runs_by_rollout; ALTER TABLE runs DROP COLUMN rollout;
         ALTER TABLE runs DROP COLUMN shards; ALTER TABLE runs DROP COLUMN digest;
         ALTER TABLE hosts DROP COLUMN shard; ALTER TABLE hosts DROP COLUMN turn;
         PRAGMA user_version = 1;
         INSERT INTO runs (run, command, who, started) VALUES ('ab12', 'apply', 'ada', 5);",
    )
    .expect("made old");
    drop(old);
    let mut journal = at(&path).expect("a journal");
    journal.look(&look(10, "site.yml", Some(&[]), true)).expect("written");
    let filter = |looks| Filter { looks, ..Filter::default() };
    let runs = |looks| journal.runs(&filter(looks)).expect("read").len();
    assert_eq!((runs(None), runs(Some(false)), runs(Some(true))), (2, 1, 1));
}
