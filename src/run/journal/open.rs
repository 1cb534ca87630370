//! Where the journal is, and which backend reads it.

use std::path::PathBuf;

use super::sqlite::Sqlite;
use super::{Journal, JournalError};

/// Where the journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this file.
    File(PathBuf),
    /// The user wants none.
    Nowhere,
}

impl Place {
    /// As it was named, `none` for none; else below the user's directory of states, as the
    /// XDG Base Directory Specification has it.
    ///
    /// # Errors
    /// Nothing was named, and the user has no home.
    pub fn of(named: Option<&str>) -> Result<Self, JournalError> {
        match named.map(str::trim).filter(|name| !name.is_empty()) {
            Some("none") => return Ok(Self::Nowhere),
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
                path: PathBuf::from("journal.db"),
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
        Place::File(path) => Ok(Some(Box::new(Sqlite::open(path)?))),
    }
}
