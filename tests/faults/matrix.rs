//! Runs cases on a few labs side by side. How many, and which, is told by the environment:
//! `RAPPEL_FAULTS_N` (a sample of that size; `all` or `RAPPEL_TEST_ALL` for all),
//! `RAPPEL_FAULTS_SEED`, `RAPPEL_FAULTS_KINDS` (names, with commas between),
//! `RAPPEL_FAULTS_ONLY` (words that a case's name must hold), `RAPPEL_FAULTS_LABS`,
//! `RAPPEL_FAULTS_RESUME` (only what no record of the present scripts tells of).

#![expect(clippy::print_stderr, reason = "a sample says what it tries, as it goes")]

use std::collections::VecDeque;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use crate::case::{self, Case, Dice, KINDS};
use crate::record::{self, Record, Summary};
use crate::site::Site;

/// A sample in every test run, always the same: what a machine finds, another finds as well.
/// Other seeds give other cases.
const SAMPLE: usize = 4;
const SEED: u64 = 11;

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The cases that are asked for.
fn chosen(seed: u64) -> Vec<Case> {
    let kinds = setting("RAPPEL_FAULTS_KINDS").unwrap_or_else(|| "debian12".to_owned());
    let only = setting("RAPPEL_FAULTS_ONLY").unwrap_or_default();
    let words: Vec<&str> = only.split_whitespace().collect();
    let mut cases: Vec<Case> = KINDS
        .iter()
        .filter(|k| kinds == "all" || kinds.split(',').any(|name| name == k.name))
        .flat_map(case::all)
        .filter(|c| words.iter().all(|w| c.to_string().split(' ').any(|part| part == *w)))
        .collect();
    assert!(!cases.is_empty(), "no such cases");
    let mut dice = Dice(seed);
    dice.shuffle(&mut cases);
    let all = env::var_os("RAPPEL_TEST_ALL").is_some();
    let count = match setting("RAPPEL_FAULTS_N") {
        Some(n) if n == "all" => cases.len(),
        Some(n) => n.parse().expect("RAPPEL_FAULTS_N is a number or `all`"),
        None if all => cases.len(),
        None => SAMPLE,
    };
    cases.truncate(count);
    // A lab is of one kind: cases of a kind stay together.
    cases.sort_by_key(|c| c.kind.name);
    cases
}

/// What all labs of a run know.
struct Run<'a> {
    seed: u64,
    /// How many records there will be.
    total: usize,
    /// Writes what is known so far: a run that is stopped has its records all the same.
    keep: &'a (dyn Fn(&[Record]) + Sync),
}

/// Works off a queue on one lab; a lab on which something broke is thrown away.
fn work(queue: &Mutex<VecDeque<Case>>, done: &Mutex<Vec<Record>>, run: &Run<'_>) {
    let mut site: Option<(Site, &'static str)> = None;
    loop {
        let Some(case) = queue.lock().expect("the queue").pop_front() else { return };
        let mut record = tried(&mut site, &case, run.seed);
        // On a busy machine a change may have been over before its step: that tells nothing.
        if record.skipped.is_some() && record.broken.is_empty() {
            site = None;
            record = tried(&mut site, &case, run.seed);
        }
        if !record.broken.is_empty() || record.skipped.is_some() {
            site = None;
        }
        let mut done = done.lock().expect("the records");
        say(&case, &record, done.len() + 1, run.total);
        done.push(record);
        (run.keep)(&done);
    }
}

/// Tries a case on the lab of its kind, which is made if there is none.
fn tried(site: &mut Option<(Site, &'static str)>, case: &Case, seed: u64) -> Record {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        if site.as_ref().is_none_or(|(_, kind)| *kind != case.kind.name) {
            *site = None;
            *site = Some((Site::up(case.kind), case.kind.name));
        }
        let (site, _) = site.as_mut().expect("a site");
        site.try_case(case, seed)
    }));
    tried.unwrap_or_else(|panic| {
        let mut record = Record::of(case, seed);
        let text = panic.downcast_ref::<String>().cloned();
        record.skipped = Some(text.unwrap_or_else(|| "the lab failed".to_owned()));
        record
    })
}

fn say(case: &Case, record: &Record, count: usize, total: usize) {
    let verdict = match &record.skipped {
        Some(why) => format!("skipped: {why}"),
        None if record.broken.is_empty() => "ok".to_owned(),
        None => record.broken.join(" ").to_uppercase(),
    };
    let (outcome, host, seconds) = (&record.outcome, &record.host, record.seconds);
    eprintln!("[{count}/{total}] {case}: {outcome}, host {host}, {seconds:.0} s: {verdict}");
    if !record.broken.is_empty() {
        eprintln!("{}", record.evidence);
    }
}

#[test]
fn nothing_is_lost_half_done_or_told_wrongly() {
    let seed = setting("RAPPEL_FAULTS_SEED").map_or(SEED, |s| s.parse().expect("a number"));
    let name = setting("RAPPEL_FAULTS_OUT").unwrap_or_else(|| "faults-sample.json".to_owned());
    let mut cases = chosen(seed);
    let count = cases.len();
    let known = setting("RAPPEL_FAULTS_RESUME").map_or_else(Vec::new, |_| record::known(&name));
    cases = record::unknown(cases, &known);
    eprintln!(
        "{count} cases, {} of them known, scripts {}, seed {seed} (RAPPEL_FAULTS_SEED={seed} RAPPEL_FAULTS_N={count})",
        count - cases.len(),
        record::digest(),
    );
    let labs: usize = setting("RAPPEL_FAULTS_LABS").map_or(2, |s| s.parse().expect("a number"));
    let keep = |records: &[Record]| {
        Summary::of(seed, records.to_vec()).write(&name);
    };
    let run = Run { seed, total: known.len() + cases.len(), keep: &keep };
    let labs = labs.min(cases.len());
    let queue = Mutex::new(VecDeque::from(cases));
    let done = Mutex::new(known);
    std::thread::scope(|scope| {
        for _ in 0..labs {
            scope.spawn(|| work(&queue, &done, &run));
        }
    });
    let summary = Summary::of(seed, done.into_inner().expect("the records"));
    let path = summary.write(&name);
    eprintln!(
        "{} cases: {} lost, {} half done, {} false reports, {} skipped; {}",
        summary.cases,
        summary.lost,
        summary.half_done,
        summary.false_reports,
        summary.skipped,
        path.display()
    );
    assert!(summary.is_good(), "seed {seed}");
    // A case that cannot be tried proves nothing; many of them are a mistake of the lab.
    assert!(summary.cases > 4 * summary.skipped, "{} cases were skipped", summary.skipped);
}
