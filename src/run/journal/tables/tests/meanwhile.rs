//! What another part writes while one looks how the rollout stands.

use std::sync::Mutex;

use super::parts::{both, names};
use super::{at, entries, finished};
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::run::journal::database::{Database, Row, Trouble, Value, Writers};
use crate::run::journal::sqlite::Sqlite;
use crate::run::journal::tables::parts::snapshot;
use crate::run::journal::{Claim, Journal};

/// A database that another part writes to between two questions, as PostgreSQL lets it.
struct Shared {
    database: Sqlite,
    other: Mutex<Other>,
}

struct Other {
    journal: Box<dyn Journal>,
    /// What it writes, and before which question.
    writes: Vec<(usize, Event)>,
    questions: usize,
}

impl Other {
    fn writes(&mut self) {
        let due = self.writes.iter().take_while(|(at, _)| *at <= self.questions).count();
        for (_, event) in self.writes.drain(..due) {
            self.journal.write("ab12", &entries(&[event])).expect("written");
        }
        self.questions += 1;
    }
}

impl Database for Shared {
    fn name(&self) -> String {
        self.database.name()
    }
    fn version(&self) -> Result<Result<i64, &'static str>, Trouble> {
        self.database.version()
    }
    fn remake(&self, steps: &[&str], version: i64) -> Result<(), Trouble> {
        self.database.remake(steps, version)
    }
    fn rows(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Trouble> {
        self.other.lock().expect("no panic").writes();
        self.database.rows(sql, values)
    }
    fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, Trouble> {
        self.database.execute(sql, values)
    }
    fn begin(&self, writers: Writers) -> Result<(), Trouble> {
        self.database.begin(writers)
    }
    fn commit(&self) -> Result<(), Trouble> {
        self.database.commit()
    }
    fn roll_back(&self) {
        self.database.roll_back();
    }
    fn now(&self) -> Result<u64, Trouble> {
        self.database.now()
    }
}

/// How the rollout stands for the second part, while the first writes this, each before the
/// question of that number.
fn stands(writes: Vec<(usize, Event)>) -> Claim {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("journal.db");
    let (mut one, mut two) = both(&|| at(&path).expect("a journal"));
    one.ready("ab12", &names(&["a", "c"])).expect("written");
    two.ready("ab12", &names(&["b", "d"])).expect("written");
    let other = Mutex::new(Other { journal: one, writes, questions: 0 });
    let database = Shared { database: Sqlite::open(&path).expect("opened"), other };
    let snapshot = snapshot(&database, "ab12").expect("read");
    let asked = database.other.lock().expect("no panic").questions;
    assert_eq!(asked, QUESTIONS);
    snapshot.stands(2, 0)
}

/// That a look asks.
const QUESTIONS: usize = 4;

/// All ways in which three events may fall between the questions.
fn ways(events: &[Event; 3]) -> Vec<Vec<(usize, Event)>> {
    let mut ways = Vec::new();
    for first in 0..=QUESTIONS {
        for second in first..=QUESTIONS {
            for third in second..=QUESTIONS {
                ways.push([first, second, third].into_iter().zip(events.clone()).collect());
            }
        }
    }
    ways
}

fn over(exit_code: u8) -> Event {
    Event::RunFinished { run: "ab12".to_owned(), exit_code }
}

#[test]
fn a_part_that_ends_well_while_it_is_looked_at_has_left_nobody() {
    let confirmed = Outcome::Confirmed { generation: 1 };
    let events = [finished("a", confirmed.clone()), finished("c", confirmed), over(0)];
    for way in ways(&events) {
        let told = format!("{way:?}");
        assert_eq!(stands(way), Claim::Yes, "{told}");
    }
}

/// That it skips hosts has a reason, which is known before that.
#[test]
fn a_part_that_stops_for_a_failure_is_known_by_the_failure() {
    let back = Outcome::RolledBack { reason: "no gateway".to_owned() };
    let skipped = Outcome::Skipped { reason: "1 host failed".to_owned() };
    let events = [finished("a", back), finished("c", skipped), over(3)];
    for way in ways(&events) {
        let told = format!("{way:?}");
        let claim = stands(way);
        assert!(matches!(claim, Claim::Yes | Claim::Spent(1)), "{claim:?} {told}");
    }
}
