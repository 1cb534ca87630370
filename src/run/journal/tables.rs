//! The journal in the tables of a database, whichever it is.

mod look;
mod parts;
mod schema;

use super::database::{Database, Row, Trouble, Value, Writers, failure, signed as stored, whole};
use super::entry::News;
use super::{
    Begun, Claim, DifferenceRecord, Entry, Filter, Head, HostRecord, HostState, Journal,
    JournalError, Line, Look, PartRecord, PastRecord, RunRecord, Snapshot,
};
use crate::rollout::outcome::Outcome;

pub use schema::VERSION;

/// A journal in a database.
pub struct Tables<D> {
    database: D,
    /// Which part of its rollout the run is that this one began.
    shard: Option<u32>,
}

impl<D: Database> Tables<D> {
    /// Makes the tables if there are none.
    ///
    /// # Errors
    /// It is no journal, one of a later version, or cannot be reached.
    pub fn open(database: D) -> Result<Self, JournalError> {
        let known = schema::prepare(&database).and_then(|known| known.map_err(Trouble::new));
        known.map_err(|trouble| failure(&database, "opened", trouble))?;
        Ok(Self { database, shard: None })
    }

    fn writes<T>(
        &self,
        writers: Writers,
        work: impl FnOnce(&D) -> Result<T, Trouble>,
    ) -> Result<T, JournalError> {
        let written = whole(&self.database, writers, || work(&self.database));
        written.map_err(|trouble| failure(&self.database, "written", trouble))
    }

    fn reads<T>(&self, work: impl FnOnce(&D) -> Result<T, Trouble>) -> Result<T, JournalError> {
        work(&self.database).map_err(|trouble| failure(&self.database, "read", trouble))
    }

    fn all<T>(
        &self,
        sql: &'static str,
        values: &[Value],
        record: fn(&Row) -> Result<T, Trouble>,
    ) -> Result<Vec<T>, JournalError> {
        self.reads(|database| database.rows(sql, values)?.iter().map(record).collect())
    }
}

impl<D: Database> Journal for Tables<D> {
    fn begin(&mut self, head: &Head) -> Result<Begun, JournalError> {
        let Some(part) = &head.part else {
            self.writes(Writers::Many, |database| begin(database, head))?;
            return Ok(Begun::Run(head.run.clone()));
        };
        let begun = self.writes(Writers::One, |database| parts::join(database, head, part))?;
        if matches!(begun, Begun::Run(_)) {
            self.shard = Some(part.shard);
        }
        Ok(begun)
    }

    fn write(&mut self, run: &str, entries: &[Entry]) -> Result<(), JournalError> {
        self.writes(Writers::Many, |database| {
            entries.iter().try_for_each(|entry| insert(database, run, self.shard, entry))
        })
    }

    fn runs(&self, filter: &Filter) -> Result<Vec<RunRecord>, JournalError> {
        let limit = if filter.limit == 0 { i64::MAX } else { stored(filter.limit as u64) };
        let values = [
            filter.id.as_ref().into(),
            filter.command.as_ref().into(),
            filter.playbook.as_ref().into(),
            filter.host.as_ref().into(),
            filter.chain.as_ref().into(),
            filter.looks.map(i64::from).into(),
            limit.into(),
        ];
        let mut runs = self.all(schema::RUNS, &values, run_record)?;
        for run in &mut runs {
            let counted = self.all(schema::OUTCOMES, &[(&run.run).into()], |row| {
                Ok((row.text("outcome")?, row.number("hosts")?))
            })?;
            run.outcomes = counted.into_iter().collect();
        }
        Ok(runs)
    }

    fn hosts(&self, run: &str) -> Result<Vec<HostRecord>, JournalError> {
        self.all(schema::HOSTS, &[run.into()], host_record)
    }

    fn lines(&self, run: &str, host: Option<&str>) -> Result<Vec<Line>, JournalError> {
        self.all(schema::LINES, &[run.into(), host.into()], line)
    }

    fn look(&mut self, look: &Look) -> Result<(), JournalError> {
        self.writes(Writers::One, |database| look::write(database, look))
    }

    fn differences(&self, host: Option<&str>) -> Result<Vec<DifferenceRecord>, JournalError> {
        self.all(schema::DIFFERENCES, &[host.into()], look::difference)
    }

    fn past(&self, host: &str, limit: usize) -> Result<Vec<PastRecord>, JournalError> {
        self.all(schema::PAST, &[host.into(), stored(limit as u64).into()], look::past)
    }

    fn parts(&self, run: &str) -> Result<Vec<PartRecord>, JournalError> {
        self.reads(|database| parts::parts(database, run))
    }

    fn beat(&mut self, run: &str) -> Result<(), JournalError> {
        let shard = self.shard;
        self.writes(Writers::Many, |database| parts::beat(database, run, shard))
    }

    fn ready(&mut self, run: &str, changing: &[String]) -> Result<(), JournalError> {
        let shard = self.shard;
        self.writes(Writers::Many, |database| parts::ready(database, run, shard, changing))
    }

    fn snapshot(&self, run: &str) -> Result<Snapshot, JournalError> {
        // A transaction: a connection that broke is made anew.
        self.writes(Writers::Many, |database| parts::snapshot(database, run))
    }

    fn turns(&self, run: &str) -> Result<Vec<(String, HostState)>, JournalError> {
        self.writes(Writers::Many, |database| parts::turns(database, run))
    }

    fn claim(&mut self, run: &str, host: &str, budget: usize) -> Result<Claim, JournalError> {
        let shard = self.shard.unwrap_or_default();
        self.writes(Writers::One, |database| parts::claim(database, run, shard, host, budget))
    }
}

/// A run and its hosts.
fn begin(database: &dyn Database, head: &Head) -> Result<(), Trouble> {
    let part = head.part.as_ref();
    database.execute(
        "INSERT INTO runs (run, command, playbook, who, resumes, started, rollout, shards, digest) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[
            (&head.run).into(),
            (&head.command).into(),
            head.playbook.as_ref().into(),
            (&head.who).into(),
            head.resumes.as_ref().into(),
            stored(database.now()?).into(),
            part.map(|part| &part.rollout).into(),
            part.map(|part| i64::from(part.shards)).into(),
            part.map(|part| &part.digest).into(),
        ],
    )?;
    for (position, wanted) in (0_i64..).zip(&head.hosts) {
        database.execute(
            "INSERT INTO hosts (run, position, host, digest, shard) VALUES (?1, ?2, ?3, ?4, ?5)",
            &[
                (&head.run).into(),
                position.into(),
                (&wanted.host).into(),
                wanted.digest.as_ref().into(),
                wanted.shard.map(i64::from).into(),
            ],
        )?;
    }
    Ok(())
}

fn insert(
    database: &dyn Database,
    run: &str,
    shard: Option<u32>,
    entry: &Entry,
) -> Result<(), Trouble> {
    let host = || Value::from(entry.host.as_ref());
    database.execute(
        "INSERT INTO events (run, time, host, event) VALUES (?1, ?2, ?3, ?4)",
        &[run.into(), stored(entry.time).into(), host(), (&entry.event.to_string()).into()],
    )?;
    match &entry.news {
        News::None => Ok(0),
        News::Changing => {
            database.execute("UPDATE runs SET changing = 1 WHERE run = ?1", &[run.into()])
        }
        News::Read(machine) => database.execute(
            "UPDATE hosts SET machine = ?3 WHERE run = ?1 AND host = ?2",
            &[run.into(), host(), machine.into()],
        ),
        News::Host(state) => database.execute(
            "UPDATE hosts SET state = ?3 WHERE run = ?1 AND host = ?2",
            &[run.into(), host(), state.word().into()],
        ),
        News::Finished(outcome) => finished(database, run, entry, outcome),
        News::Ended(code) => match shard {
            Some(shard) => parts::ended(database, run, shard, entry.time, *code),
            None => ended(database, run, entry.time, *code),
        },
    }
    .map(|_| ())
}

/// That a run is over.
fn ended(database: &dyn Database, run: &str, time: u64, code: u8) -> Result<u64, Trouble> {
    database.execute(
        "UPDATE runs SET ended = ?2, exit_code = ?3 WHERE run = ?1",
        &[run.into(), stored(time).into(), i64::from(code).into()],
    )
}

fn finished(
    database: &dyn Database,
    run: &str,
    entry: &Entry,
    outcome: &Outcome,
) -> Result<u64, Trouble> {
    database.execute(
        "UPDATE hosts SET state = 'finished', outcome = ?3, generation = ?4, reason = ?5, \
         remedy = ?6, ended = ?7 WHERE run = ?1 AND host = ?2",
        &[
            run.into(),
            entry.host.as_ref().into(),
            outcome.word().into(),
            outcome.generation().map(i64::from).into(),
            outcome.reason().into(),
            outcome.remedy().into(),
            stored(entry.time).into(),
        ],
    )
}

fn run_record(row: &Row) -> Result<RunRecord, Trouble> {
    Ok(RunRecord {
        run: row.text("run")?,
        command: row.text("command")?,
        playbook: row.some_text("playbook")?,
        who: row.text("who")?,
        resumes: row.some_text("resumes")?,
        rollout: row.some_text("rollout")?,
        shards: row.some_number("shards")?,
        started: row.number("started")?,
        ended: row.some_number("ended")?,
        exit_code: row.some_number("exit_code")?,
        changing: row.number::<i64>("changing")? != 0,
        hosts: row.number("hosts")?,
        outcomes: std::collections::BTreeMap::new(),
    })
}

fn host_record(row: &Row) -> Result<HostRecord, Trouble> {
    Ok(HostRecord {
        host: row.text("host")?,
        shard: row.some_number("shard")?,
        state: HostState::of(&row.text("state")?),
        digest: row.some_text("digest")?,
        machine_id: row.some_text("machine")?,
        outcome: row.some_text("outcome")?,
        generation: row.some_number("generation")?,
        reason: row.some_text("reason")?,
        remedy: row.some_text("remedy")?,
        ended: row.some_number("ended")?,
    })
}

fn line(row: &Row) -> Result<Line, Trouble> {
    let event = row.text("event")?;
    Ok(Line {
        time: row.number("time")?,
        host: row.some_text("host")?,
        // Of a line that somebody has edited the text is what there is.
        event: serde_json::from_str(&event).unwrap_or(serde_json::Value::String(event)),
    })
}

#[cfg(test)]
pub mod tests;
