//! An SQLite file as the journal's database.
//!
//! Write-ahead logging lets others read while one writes; each write is one transaction,
//! on disk when it returns, so that a run that is killed leaves what it had written.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};

use super::database::{Database, Row, Trouble, Value, Writers};
use super::entry::now;
use super::tables::VERSION;
use crate::run::private::private_directory;

/// How long another run's write is waited for; it takes milliseconds.
const BUSY: Duration = Duration::from_secs(10);
/// Tells a journal from other SQLite files: "rapl".
const APPLICATION: i32 = 0x7261_706c;

/// A database in a file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// Opens it; makes it, for its owner alone, if it is not there.
    ///
    /// # Errors
    /// It is no database, or cannot be reached.
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        make(path).map_err(|error| Trouble::new(error.to_string()))?;
        let connection = Connection::open(path).map_err(|error| trouble(&error))?;
        let this = Self { connection, path: path.to_owned() };
        this.prepare().map_err(|error| trouble(&error))?;
        if this.version()? == Ok(0) {
            // Where the file system shares no memory this stays as it is, and is slower.
            let wal = |_: &rusqlite::Row<'_>| Ok(());
            let set = this.connection.pragma_update_and_check(None, "journal_mode", "WAL", wal);
            set.map_err(|error| trouble(&error))?;
        }
        Ok(this)
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.pragma_update(None, "foreign_keys", true)
    }

    fn batch(&self, sql: &str) -> Result<(), Trouble> {
        self.connection.execute_batch(sql).map_err(|error| trouble(&error))
    }

    fn known(&self) -> rusqlite::Result<Result<i64, &'static str>> {
        let connection = &self.connection;
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(match (number("application_id")?, i64::from(number("user_version")?)) {
            (APPLICATION, known @ 1..=VERSION) => Ok(known),
            (APPLICATION, later) if later > VERSION => Err("a later version of rappel has made it"),
            (0, 0) if tables == 0 => Ok(0),
            _ => Err("it is another program's"),
        })
    }
}

impl Database for Sqlite {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn version(&self) -> Result<Result<i64, &'static str>, Trouble> {
        self.known().map_err(|error| trouble(&error))
    }

    fn remake(&self, steps: &[&str], version: i64) -> Result<(), Trouble> {
        steps.iter().try_for_each(|step| self.batch(step))?;
        self.batch(&format!(
            "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version}"
        ))
    }

    fn rows(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Trouble> {
        let all = || -> rusqlite::Result<Vec<Row>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let read = |row: &rusqlite::Row<'_>| {
                let column =
                    |(at, name): (usize, &String)| Ok((name.clone(), value(row.get_ref(at)?)));
                let columns = names.iter().enumerate().map(column);
                Ok(Row { columns: columns.collect::<rusqlite::Result<_>>()? })
            };
            statement.query_map(params_from_iter(values), read)?.collect()
        };
        all().map_err(|error| trouble(&error))
    }

    fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, Trouble> {
        let statement = self.connection.prepare_cached(sql);
        let written = statement.and_then(|mut s| s.execute(params_from_iter(values)));
        written.map(|rows| rows as u64).map_err(|error| trouble(&error))
    }

    fn begin(&self, _: Writers) -> Result<(), Trouble> {
        // Whoever writes, writes alone.
        self.batch("BEGIN IMMEDIATE")
    }

    fn commit(&self) -> Result<(), Trouble> {
        self.batch("COMMIT")
    }

    fn roll_back(&self) {
        // What failed before is told; the next transaction tells if this stays open.
        let _ = self.batch("ROLLBACK");
    }

    fn now(&self) -> Result<u64, Trouble> {
        // Whoever can open the file is on this machine.
        Ok(now())
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Real(number) => Value::Text(number.to_string()),
        // Of a file that somebody has edited the text is what there is.
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Value::Text(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

/// Directory and file are made beforehand, so that nobody else may read them; the files
/// that SQLite puts beside it get the same mode.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        private_directory(parent)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn trouble(error: &rusqlite::Error) -> Trouble {
    let code = error.sqlite_error_code();
    Trouble {
        reason: match code {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                "it is no journal, or a damaged one".to_owned()
            }
            _ => error.to_string(),
        },
        busy: matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)),
    }
}
