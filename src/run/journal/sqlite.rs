//! The journal in an SQLite file.
//!
//! Write-ahead logging lets others read while one writes; each write is one transaction,
//! on disk when it returns, so that a run that is killed leaves what it had written.

mod look;
mod schema;

use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Row, ToSql, TransactionBehavior, named_params, params};

use super::entry::{News, now};
use super::{
    DifferenceRecord, Entry, Filter, Head, HostRecord, HostState, Journal, JournalError, Line,
    Look, PastRecord, RunRecord,
};
use crate::rollout::outcome::Outcome;

/// How long another run's write is waited for; it takes milliseconds.
const BUSY: Duration = Duration::from_secs(10);

/// A journal in a file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// Opens it; makes it, for its owner alone, if it is not there.
    ///
    /// # Errors
    /// It is no journal, one of a later version, or cannot be reached.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        make(path).map_err(|error| JournalError {
            path: path.to_owned(),
            action: "opened",
            reason: error.to_string(),
            busy: false,
        })?;
        let connection = Connection::open(path).and_then(|connection| {
            connection.busy_timeout(BUSY)?;
            Ok(connection)
        });
        let failed = |error| failure(path, "opened", &error);
        let mut this = Self { connection: connection.map_err(failed)?, path: path.to_owned() };
        let known = schema::prepare(&mut this.connection).map_err(failed)?;
        known.map_err(|reason| JournalError {
            path: path.to_owned(),
            action: "opened",
            reason: reason.to_owned(),
            busy: false,
        })?;
        Ok(this)
    }

    fn read<T>(
        &self,
        sql: &str,
        values: &[(&str, &dyn ToSql)],
        row: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, JournalError> {
        let all = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare_cached(sql)?.query_map(values, row)?.collect()
        };
        all().map_err(|error| failure(&self.path, "read", &error))
    }
}

/// Directory and file are made beforehand, so that nobody else may read them; the files
/// that SQLite puts beside it get the same mode.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(parent)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn failure(path: &Path, action: &'static str, error: &rusqlite::Error) -> JournalError {
    let code = error.sqlite_error_code();
    JournalError {
        path: path.to_owned(),
        action,
        reason: match code {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                "it is no journal, or a damaged one".to_owned()
            }
            _ => error.to_string(),
        },
        busy: matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)),
    }
}

impl Journal for Sqlite {
    fn begin(&mut self, head: &Head) -> Result<(), JournalError> {
        let path = self.path.clone();
        let mut write = || {
            let write =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            write.execute(
                "INSERT INTO runs (run, command, playbook, who, resumes, started) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    head.run,
                    head.command,
                    head.playbook,
                    head.who,
                    head.resumes,
                    stored(now())
                ],
            )?;
            {
                let mut host = write.prepare_cached(
                    "INSERT INTO hosts (run, position, host, digest) VALUES (?1, ?2, ?3, ?4)",
                )?;
                for (position, wanted) in (0_i64..).zip(&head.hosts) {
                    host.execute(params![head.run, position, wanted.host, wanted.digest])?;
                }
            }
            write.commit()
        };
        write().map_err(|error| failure(&path, "written", &error))
    }

    fn write(&mut self, run: &str, entries: &[Entry]) -> Result<(), JournalError> {
        let path = self.path.clone();
        let mut write = || {
            let write =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for entry in entries {
                insert(&write, run, entry)?;
            }
            write.commit()
        };
        write().map_err(|error| failure(&path, "written", &error))
    }

    fn runs(&self, filter: &Filter) -> Result<Vec<RunRecord>, JournalError> {
        let limit = if filter.limit == 0 { -1 } else { i64::try_from(filter.limit).unwrap_or(-1) };
        let mut runs = self.read(
            schema::RUNS,
            named_params! {
                ":id": filter.id, ":command": filter.command, ":playbook": filter.playbook,
                ":host": filter.host, ":chain": filter.chain, ":looks": filter.looks,
                ":limit": limit,
            },
            run_record,
        )?;
        for run in &mut runs {
            let counted = self.read(
                "SELECT outcome, count(*) FROM hosts WHERE run = :run AND outcome IS NOT NULL \
                 GROUP BY outcome",
                named_params! { ":run": run.run },
                |row| Ok((row.get(0)?, number(row.get(1)?))),
            )?;
            run.outcomes = counted.into_iter().collect();
        }
        Ok(runs)
    }

    fn hosts(&self, run: &str) -> Result<Vec<HostRecord>, JournalError> {
        self.read(schema::HOSTS, named_params! { ":run": run }, host_record)
    }

    fn lines(&self, run: &str, host: Option<&str>) -> Result<Vec<Line>, JournalError> {
        self.read(schema::LINES, named_params! { ":run": run, ":host": host }, line)
    }

    fn look(&mut self, look: &Look) -> Result<(), JournalError> {
        let written = look::write(&mut self.connection, look);
        written.map_err(|error| failure(&self.path, "written", &error))
    }

    fn differences(&self, host: Option<&str>) -> Result<Vec<DifferenceRecord>, JournalError> {
        self.read(schema::DIFFERENCES, named_params! { ":host": host }, look::difference)
    }

    fn past(&self, host: &str, limit: usize) -> Result<Vec<PastRecord>, JournalError> {
        let limit = i64::try_from(limit).unwrap_or(-1);
        self.read(schema::PAST, named_params! { ":host": host, ":limit": limit }, look::past)
    }
}

fn insert(write: &Connection, run: &str, entry: &Entry) -> rusqlite::Result<()> {
    write
        .prepare_cached("INSERT INTO events (run, time, host, event) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![run, stored(entry.time), entry.host, entry.event.to_string()])?;
    match &entry.news {
        News::None => 0,
        News::Changing => write.execute("UPDATE runs SET changing = 1 WHERE run = ?1", [run])?,
        News::Read(machine) => write.execute(
            "UPDATE hosts SET machine = ?3 WHERE run = ?1 AND host = ?2",
            params![run, entry.host, machine],
        )?,
        News::Host(state) => write.execute(
            "UPDATE hosts SET state = ?3 WHERE run = ?1 AND host = ?2",
            params![run, entry.host, state.word()],
        )?,
        News::Finished(outcome) => finished(write, run, entry, outcome)?,
        News::Ended(code) => write.execute(
            "UPDATE runs SET ended = ?2, exit_code = ?3 WHERE run = ?1",
            params![run, stored(entry.time), code],
        )?,
    };
    Ok(())
}

fn finished(
    write: &Connection,
    run: &str,
    entry: &Entry,
    outcome: &Outcome,
) -> rusqlite::Result<usize> {
    write.execute(
        "UPDATE hosts SET state = 'finished', outcome = ?3, generation = ?4, reason = ?5, \
         remedy = ?6, ended = ?7 WHERE run = ?1 AND host = ?2",
        params![
            run,
            entry.host,
            outcome.word(),
            outcome.generation(),
            outcome.reason(),
            outcome.remedy(),
            stored(entry.time)
        ],
    )
}

fn run_record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        run: row.get("run")?,
        command: row.get("command")?,
        playbook: row.get("playbook")?,
        who: row.get("who")?,
        resumes: row.get("resumes")?,
        started: loaded(row.get("started")?),
        ended: row.get::<_, Option<i64>>("ended")?.map(loaded),
        exit_code: row.get("exit_code")?,
        changing: row.get("changing")?,
        hosts: number(row.get("hosts")?),
        outcomes: std::collections::BTreeMap::new(),
    })
}

fn host_record(row: &Row<'_>) -> rusqlite::Result<HostRecord> {
    Ok(HostRecord {
        host: row.get("host")?,
        state: HostState::of(&row.get::<_, String>("state")?),
        digest: row.get("digest")?,
        machine_id: row.get("machine")?,
        outcome: row.get("outcome")?,
        generation: row.get("generation")?,
        reason: row.get("reason")?,
        remedy: row.get("remedy")?,
        ended: row.get::<_, Option<i64>>("ended")?.map(loaded),
    })
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let event: String = row.get("event")?;
    Ok(Line {
        time: loaded(row.get("time")?),
        host: row.get("host")?,
        // Of a line that somebody has edited the text is what there is.
        event: serde_json::from_str(&event).unwrap_or(serde_json::Value::String(event)),
    })
}

/// SQLite's integers have a sign.
fn stored(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

fn loaded(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0)
}

fn number(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests;
