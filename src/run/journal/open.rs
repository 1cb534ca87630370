//! Where the journal is, and which backend reads it.

use std::path::PathBuf;

use super::postgres::{Address, Postgres};
use super::sqlite::Sqlite;
use super::tables::Tables;
use super::{Journal, JournalError};

/// Where the journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this file.
    File(PathBuf),
    /// In this PostgreSQL database.
    Server(Address),
    /// The user wants none.
    Nowhere,
}

impl Place {
    /// As it was named: a file, the address of a PostgreSQL database, `none` for none; else below the user's directory of states, as the
    /// XDG Base Directory Specification has it.
    ///
    /// # Errors
    /// Nothing was named, and the user has no home; or what was named is no address.
    pub fn of(named: Option<&str>) -> Result<Self, JournalError> {
        match named.map(str::trim).filter(|name| !name.is_empty()) {
            Some("none") => return Ok(Self::Nowhere),
            Some(url) if Address::is_one(url) => return Ok(Self::Server(Address::of(url)?)),
            Some(file) => return Ok(Self::File(PathBuf::from(file))),
            None => {}
        }
        let absolute = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        let states = absolute("XDG_STATE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".local").join("state")));
        match states {
            Some(states) => Ok(Self::File(states.join("rappel").join("journal.db"))),
            None => Err(JournalError {
                place: "journal.db".to_owned(),
                action: "opened",
                reason: "neither XDG_STATE_HOME nor HOME names a directory".to_owned(),
                busy: false,
            }),
        }
    }
}

/// Opens a journal; makes one if there is none and `create` is wanted. Nothing where there
/// is none.
///
/// # Errors
/// There is something else in its place, or it cannot be reached.
pub fn open(place: &Place, create: bool) -> Result<Option<Box<dyn Journal>>, JournalError> {
    match place {
        Place::Nowhere => Ok(None),
        Place::File(path) if !create && !path.exists() => Ok(None),
        Place::File(path) => {
            let database = Sqlite::open(path).map_err(|trouble| JournalError {
                place: path.display().to_string(),
                action: "opened",
                reason: trouble.reason,
                busy: trouble.busy,
            });
            Ok(Some(Box::new(Tables::open(database?)?)))
        }
        Place::Server(address) => {
            Ok(Some(Box::new(Tables::open(Postgres::open(address.clone())?)?)))
        }
    }
}
