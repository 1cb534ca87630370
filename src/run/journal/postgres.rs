//! A PostgreSQL database as the journal's: parts of a rollout on several machines share it.
//!
//! The tables are in a schema of their own, `rappel`. A connection that breaks is made anew,
//! and whoever writes tries again for a while.

mod address;
mod password;
mod tls;

use std::cell::RefCell;
use std::collections::HashMap;

use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls, Statement};

use super::JournalError;
use super::database::{Database, Row, Trouble, Value, Writers};
use super::tables::VERSION;

pub use address::Address;

/// What makes one session as a journal needs it. What is written is on disk when a commit
/// returns, and a client that vanished in the midst of a transaction holds nobody up for long.
const SESSION: &str = "
SET search_path = rappel; SET synchronous_commit = on; SET lock_timeout = '30s';
SET idle_in_transaction_session_timeout = '30s'; SET standard_conforming_strings = on;
";
/// Whoever writes alone holds this lock: \"rapl\".
const ALONE: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(1918988396)";

/// A database on a server.
pub struct Postgres {
    address: Address,
    session: RefCell<Option<Session>>,
}

struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl Postgres {
    /// Connects.
    ///
    /// # Errors
    /// The server cannot be reached, or does not let us in.
    pub fn open(address: Address) -> Result<Self, JournalError> {
        let session = connect(&address).map_err(|trouble| JournalError {
            place: address.to_string(),
            action: "opened",
            reason: trouble.reason,
            busy: trouble.busy,
        })?;
        Ok(Self { address, session: RefCell::new(Some(session)) })
    }

    /// Does something in the session. One that broke is left behind.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, postgres::Error>,
    ) -> Result<T, Trouble> {
        let mut session = self.session.borrow_mut();
        // Only a beginning makes a new one: half of a transaction would be lost with the old.
        let Some(open) = session.as_mut() else {
            return Err(Trouble { reason: "the connection broke".to_owned(), busy: true });
        };
        let done = work(open).map_err(|error| trouble(&error));
        if open.client.is_closed() {
            *session = None;
        }
        done.map_err(|trouble| Trouble { busy: trouble.busy || session.is_none(), ..trouble })
    }

    fn again(&self) -> Result<(), Trouble> {
        let mut session = self.session.borrow_mut();
        if session.as_ref().is_none_or(|open| open.client.is_closed()) {
            *session = None;
            *session = Some(connect(&self.address)?);
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<(), Trouble> {
        self.with(|session| session.client.batch_execute(sql))
    }
}

fn connect(address: &Address) -> Result<Session, Trouble> {
    let config = address.config()?;
    let client = match address.tls()? {
        None => config.connect(NoTls),
        Some(roots) => config.connect(tls::connector(roots)?),
    };
    let client = client.and_then(|mut client| client.batch_execute(SESSION).map(|()| client));
    Ok(Session { client: client.map_err(|error| trouble(&error))?, prepared: HashMap::new() })
}

impl Session {
    fn prepared(&mut self, sql: &'static str) -> Result<Statement, postgres::Error> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        // The only place where the two databases want it otherwise.
        let statement = self.client.prepare(&sql.replace('?', "$"))?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl Database for Postgres {
    fn name(&self) -> String {
        self.address.to_string()
    }

    fn version(&self) -> Result<Result<i64, &'static str>, Trouble> {
        let there = "SELECT CAST(to_regclass('rappel.version') AS TEXT) AS there";
        let there = self.rows(there, &[])?;
        if there.first().map_or(Ok(None), |row| row.some_text("there"))?.is_none() {
            return Ok(Ok(0));
        }
        let known = self.rows("SELECT version FROM rappel.version", &[])?;
        Ok(match known.first().map_or(Ok(0), |row| row.number("version"))? {
            known @ 1..=VERSION => Ok(known),
            later if later > VERSION => Err("a later version of rappel has made it"),
            _ => Err("its schema `rappel` is another program's"),
        })
    }

    fn remake(&self, steps: &[&str], version: i64) -> Result<(), Trouble> {
        // Whoever may not make schemas can be given one.
        let there = "SELECT CAST(to_regnamespace('rappel') AS TEXT) AS there";
        let there = self.rows(there, &[])?;
        if there.first().map_or(Ok(None), |row| row.some_text("there"))?.is_none() {
            self.batch("CREATE SCHEMA rappel")?;
        }
        steps.iter().try_for_each(|step| self.batch(&dialect(step)))?;
        self.batch(&format!(
            "CREATE TABLE IF NOT EXISTS version (version BIGINT NOT NULL); DELETE FROM version; \
             INSERT INTO version VALUES ({version})"
        ))
    }

    fn rows(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Trouble> {
        let rows = self.with(|session| {
            let statement = session.prepared(sql)?;
            session.client.query(&statement, &borrowed(&given(values, &statement)))
        })?;
        rows.iter().map(|row| read(row).map_err(|error| trouble(&error))).collect()
    }

    fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, Trouble> {
        self.with(|session| {
            let statement = session.prepared(sql)?;
            session.client.execute(&statement, &borrowed(&given(values, &statement)))
        })
    }

    fn begin(&self, writers: Writers) -> Result<(), Trouble> {
        self.again()?;
        self.batch(match writers {
            Writers::Many => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Writers::One => ALONE,
        })
    }

    fn commit(&self) -> Result<(), Trouble> {
        self.batch("COMMIT")
    }

    fn roll_back(&self) {
        // A session that broke has rolled back by itself.
        let _ = self.batch("ROLLBACK");
    }

    fn now(&self) -> Result<u64, Trouble> {
        let now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
        let now = self.rows(now, &[])?;
        now.first().map_or(Ok(0), |row| row.number("now"))
    }
}

/// The tables' words as PostgreSQL has them. Texts are compared by their bytes, as in SQLite.
fn dialect(sql: &str) -> String {
    sql.replace(" WITHOUT ROWID", "")
        .replace("INTEGER PRIMARY KEY", "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
        .replace(" INTEGER", " BIGINT")
        .replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// Values as the statement wants them.
fn given(values: &[Value], statement: &Statement) -> Vec<Box<dyn ToSql + Sync>> {
    let one = |(value, kind): (&Value, &Type)| -> Box<dyn ToSql + Sync> {
        match value {
            Value::Null if *kind == Type::INT8 => Box::new(None::<i64>),
            Value::Null => Box::new(None::<String>),
            Value::Number(number) => Box::new(*number),
            // A text that PostgreSQL would not take must not cost the whole record.
            Value::Text(text) => Box::new(text.replace('\0', "\u{fffd}")),
        }
    };
    values.iter().zip(statement.params()).map(one).collect()
}

fn borrowed(values: &[Box<dyn ToSql + Sync>]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(AsRef::as_ref).collect()
}

fn read(row: &postgres::Row) -> Result<Row, postgres::Error> {
    let columns = row.columns().iter().enumerate().map(|(at, column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(at)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(i64::from).into(),
            _ => row.try_get::<_, Option<&str>>(at)?.into(),
        };
        Ok((column.name().to_owned(), value))
    });
    Ok(Row { columns: columns.collect::<Result<_, postgres::Error>>()? })
}

fn trouble(error: &postgres::Error) -> Trouble {
    let passes = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    let said = error.as_db_error();
    let io = std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>());
    let busy = said.map_or(io || error.is_closed(), |said| passes.contains(said.code()));
    let reason = match said {
        Some(said) => said.message().to_owned(),
        None => in_full(error),
    };
    Trouble { reason, busy }
}

/// With its causes, which it does not tell by itself.
fn in_full(error: &postgres::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = next.source();
    }
    words
}

#[cfg(test)]
mod tests;
