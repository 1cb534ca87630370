//! What the journal needs of a database, and no more: so each query is written once.
//!
//! Queries number their values `?1`, `?2` …; a database that writes this otherwise changes it.

use super::JournalError;

/// What goes into a query, and what comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(some: Option<T>) -> Self {
        some.map_or(Self::Null, Into::into)
    }
}

/// Times and counts go in as the databases' integers, which have a sign.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// One row of an answer.
#[derive(Debug, Clone)]
pub struct Row {
    /// Each column's name and value.
    pub columns: Vec<(String, Value)>,
}

impl Row {
    fn get(&self, name: &str) -> Result<&Value, Trouble> {
        let found = self.columns.iter().find(|(column, _)| column == name);
        found.map(|(_, value)| value).ok_or_else(|| Trouble::new(format!("no column {name}")))
    }

    /// A text, if there is one.
    pub fn some_text(&self, name: &str) -> Result<Option<String>, Trouble> {
        match self.get(name)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Number(_) => Err(Trouble::new(format!("column {name} holds no text"))),
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<String, Trouble> {
        self.some_text(name)?.ok_or_else(|| Trouble::new(format!("column {name} is empty")))
    }

    /// A number, if there is one.
    pub fn some_number<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>, Trouble> {
        match self.get(name)? {
            Value::Null => Ok(None),
            Value::Number(number) => T::try_from(*number)
                .map(Some)
                .map_err(|_| Trouble::new(format!("column {name} holds {number}"))),
            Value::Text(_) => Err(Trouble::new(format!("column {name} holds no number"))),
        }
    }

    /// A number.
    pub fn number<T: TryFrom<i64>>(&self, name: &str) -> Result<T, Trouble> {
        self.some_number(name)?.ok_or_else(|| Trouble::new(format!("column {name} is empty")))
    }
}

/// Why a database did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In words, without any secret.
    pub reason: String,
    /// Whether it may work a little later.
    pub busy: bool,
}

impl Trouble {
    /// One that stays.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), busy: false }
    }
}

/// Who may write while a transaction is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Others too, where the database can do that: nothing is read that they might change.
    Many,
    /// This one alone: what it reads stays so until its end.
    One,
}

/// A database.
pub trait Database: Send {
    /// How it is named in messages; no secret is in it.
    fn name(&self) -> String;

    /// The version of the journal's tables that are there, 0 for none. The inner error says
    /// what else it is.
    fn version(&self) -> Result<Result<i64, &'static str>, Trouble>;

    /// Makes or changes tables to this version, inside a transaction.
    fn remake(&self, steps: &[&str], version: i64) -> Result<(), Trouble>;

    /// Asks.
    fn rows(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Trouble>;

    /// Writes; gives the count of rows that were written.
    fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, Trouble>;

    /// Begins a transaction.
    fn begin(&self, writers: Writers) -> Result<(), Trouble>;

    /// Ends it; what was written is durable then.
    fn commit(&self) -> Result<(), Trouble>;

    /// Ends it as if nothing had been written.
    fn roll_back(&self);

    /// The time that all who use this database share, in milliseconds since 1970.
    fn now(&self) -> Result<u64, Trouble>;
}

/// Does some work as one transaction: all of it, or nothing.
pub fn whole<T>(
    database: &dyn Database,
    writers: Writers,
    work: impl FnOnce() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    database.begin(writers)?;
    let done = work().and_then(|value| database.commit().map(|()| value));
    if done.is_err() {
        database.roll_back();
    }
    done
}

/// The same trouble, with the journal's name.
pub fn failure(database: &dyn Database, action: &'static str, trouble: Trouble) -> JournalError {
    let Trouble { reason, busy } = trouble;
    JournalError { place: database.name(), action, reason, busy }
}
