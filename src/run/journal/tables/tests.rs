use std::path::Path;

use serde_json::json;

use crate::desired::Masks;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::run::journal::{
    Entry, Filter, Head, HostState, Journal, JournalError, Place, Started, Wanted, Writer, open,
};

mod meanwhile;
pub mod parts;

/// What holds in every database: a case opens the same journal as often as it wants.
pub type Case = fn(&dyn Fn() -> Box<dyn Journal>);
/// All of them.
pub const CASES: [Case; 3] =
    [a_run_reads_back, runs_are_found_by_what_is_known, many_write_at_the_same_time];

/// A journal in a file.
pub fn at(path: &Path) -> Result<Box<dyn Journal>, JournalError> {
    open(&Place::File(path.to_owned()), true).map(|journal| journal.expect("a journal"))
}

/// Tries a case on a new file.
pub fn in_a_file(case: Case) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("deep").join("er").join("journal.db");
    case(&|| at(&path).expect("a journal"));
}

#[test]
fn a_run_reads_back_as_it_was_written() {
    in_a_file(a_run_reads_back);
}

#[test]
fn runs_are_found_by_what_is_known_of_them() {
    in_a_file(runs_are_found_by_what_is_known);
}

#[test]
fn many_runs_write_at_the_same_time_and_lose_nothing() {
    in_a_file(many_write_at_the_same_time);
}

/// An apply.
pub fn head(run: &str, hosts: &[&str]) -> Head {
    let wanted = |host: &&str| Wanted::of(host, Some("d".to_owned()));
    Head {
        run: run.to_owned(),
        command: "apply".to_owned(),
        playbook: Some("site.yml".to_owned()),
        who: "ada@laptop".to_owned(),
        resumes: None,
        hosts: hosts.iter().map(wanted).collect(),
        part: None,
    }
}

/// A turn's end.
pub fn finished(host: &str, outcome: Outcome) -> Event {
    Event::HostFinished { host: host.to_owned(), outcome, seconds: 1.0 }
}

/// As they are kept.
pub fn entries(events: &[Event]) -> Vec<Entry> {
    events.iter().filter_map(|event| Entry::of(event, &Masks::default())).collect()
}

fn a_run_reads_back(open: &dyn Fn() -> Box<dyn Journal>) {
    let mut journal = open();
    journal.begin(&head("ab12", &["b", "a", "c"])).expect("begun");
    let change = |host: &str| Event::ChangeStarted { host: host.to_owned() };
    let back = Outcome::RolledBack { reason: "no gateway".to_owned() };
    let events = [
        Event::RolloutStarted { run: "ab12".to_owned(), batches: Vec::new(), budget: 0 },
        change("b"),
        finished("b", Outcome::Confirmed { generation: 3 }),
        change("a"),
        finished("a", back),
        change("c"),
    ];
    journal.write("ab12", &entries(&events)).expect("written");
    drop(journal);
    let journal = open();
    let runs = journal.runs(&Filter::default()).expect("read");
    let run = runs.first().expect("a run");
    assert_eq!((run.hosts, run.changing, run.ended, run.exit_code), (3, true, None, None));
    assert_eq!(run.outcomes.get("confirmed"), Some(&1));
    let hosts = journal.hosts("ab12").expect("read");
    let names: Vec<&str> = hosts.iter().map(|h| h.host.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"], "in the run's order");
    assert_eq!(hosts[0].generation, Some(3));
    assert_eq!(hosts[1].reason.as_deref(), Some("no gateway"));
    assert_eq!((hosts[2].state, hosts[2].outcome.as_deref()), (HostState::Begun, None));
    let lines = journal.lines("ab12", Some("a")).expect("read");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].event, json!({"event": "change_started", "host": "a"}));
}

fn runs_are_found_by_what_is_known(open: &dyn Fn() -> Box<dyn Journal>) {
    let mut journal = open();
    journal.begin(&head("ab12", &["a"])).expect("begun");
    let rest = Head { resumes: Some("ab12".to_owned()), ..head("cd34", &["b"]) };
    journal.begin(&rest).expect("begun");
    let found = |filter: Filter| -> Vec<String> {
        journal.runs(&filter).expect("read").into_iter().map(|run| run.run).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(Filter { id: text("ab"), ..Filter::default() }), ["ab12"]);
    assert_eq!(found(Filter { host: text("b"), ..Filter::default() }), ["cd34"]);
    assert_eq!(found(Filter { chain: text("ab12"), ..Filter::default() }).len(), 2);
    assert_eq!(found(Filter { command: text("plan"), ..Filter::default() }).len(), 0);
    assert_eq!(found(Filter { id: text("%"), ..Filter::default() }).len(), 0);
    assert_eq!(found(Filter { limit: 1, ..Filter::default() }).len(), 1);
}

fn many_write_at_the_same_time(open: &dyn Fn() -> Box<dyn Journal>) {
    let hosts: Vec<String> = (0..20).map(|n| format!("h{n}")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    std::thread::scope(|scope| {
        for run in 0..6 {
            let (journal, names) = (open(), &names);
            scope.spawn(move || {
                let run = format!("{run:016x}");
                let started =
                    Writer::start(journal, &head(&run, names), Masks::default()).expect("begun");
                let Started::Run { recorder, writer, .. } = started else { panic!("refused") };
                for host in names {
                    recorder.record(&Event::ChangeStarted { host: (*host).to_owned() });
                    recorder.record(&finished(host, Outcome::Confirmed { generation: 1 }));
                }
                writer.finish().expect("written");
            });
        }
    });
    let journal = open();
    let runs = journal.runs(&Filter::default()).expect("read");
    assert_eq!(runs.len(), 6);
    assert!(runs.iter().all(|run| run.outcomes.get("confirmed") == Some(&20)), "{runs:?}");
}

#[test]
fn a_writer_that_is_killed_leaves_what_it_had_written() {
    // As a killed process does: nothing is closed, the file and its log are left as they are.
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("journal.db");
    let mut journal = at(&path).expect("a journal");
    journal.begin(&head("ab12", &["a"])).expect("begun");
    journal
        .write("ab12", &entries(&[finished("a", Outcome::Confirmed { generation: 1 })]))
        .expect("written");
    let copy = dir.path().join("copy.db");
    for end in ["", "-wal"] {
        let with = |path: &Path| format!("{}{end}", path.display());
        std::fs::copy(with(&path), with(&copy)).expect("copied");
    }
    std::mem::forget(journal);
    let left = at(&copy).expect("a journal");
    assert_eq!(left.hosts("ab12").expect("read")[0].generation, Some(1));
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = dir.path().join("text");
    std::fs::write(&text, "dear diary, this is no database at all\n".repeat(90)).expect("written");
    let error = at(&text).err().expect("refused").to_string();
    assert!(error.contains("no journal"), "{error}");
    let other = dir.path().join("other.db");
    let foreign = rusqlite::Connection::open(&other).expect("a database");
    foreign.execute_batch("CREATE TABLE t (a)").expect("made");
    let error = at(&other).err().expect("refused").to_string();
    assert!(error.contains("another program"), "{error}");
    let later = dir.path().join("later.db");
    drop(at(&later).expect("a journal"));
    let raised = rusqlite::Connection::open(&later).expect("a database");
    raised.pragma_update(None, "user_version", 99).expect("raised");
    let error = at(&later).err().expect("refused").to_string();
    assert!(error.contains("later version"), "{error}");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("rappel").join("journal.db");
    let mut journal = at(&path).expect("a journal");
    journal.begin(&head("ab12", &["a"])).expect("begun");
    for entry in std::fs::read_dir(path.parent().expect("a parent")).expect("read") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", entry.path().display());
    }
    let parent = std::fs::metadata(path.parent().expect("a parent")).expect("metadata");
    assert_eq!(parent.permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_journal_is_where_the_user_says() {
    assert_eq!(Place::of(Some("none")).expect("nowhere"), Place::Nowhere);
    let file = Place::of(Some("x/y.db")).expect("a file");
    assert_eq!(file, Place::File("x/y.db".into()));
    assert!(open(&Place::File("/nonexistent/j.db".into()), false).expect("none").is_none());
}
