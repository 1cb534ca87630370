//! The reply of a host: one record a line, `key|value`, from `rappel|1` to `end|…`.
//!
//! A host may be broken or hostile, so nothing here trusts a line: what is not a record
//! is garbage, and a reply without its end is broken off.

use thiserror::Error;

/// Why a reply cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// A line that is not a record, or a value that does not parse.
    #[error("the host answered something else than rappel's scripts would: {0:?}")]
    Garbage(String),
    /// A record that must be there is not.
    #[error("the host's answer lacks `{0}`")]
    Missing(&'static str),
    /// The reply ended before `end|…`.
    #[error("the host's answer broke off")]
    BrokenOff,
    /// The script gave up, with this reason.
    #[error("{0}")]
    Refused(String),
}

/// One line of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the value is: lowercase letters, digits, dashes, perhaps an argument after a space.
    pub key: String,
    /// Everything after the first bar.
    pub value: String,
}

impl Record {
    /// Parses one line, without its newline.
    pub fn parse(line: &str) -> Result<Self, WireError> {
        let (key, value) = line.split_once('|').ok_or_else(|| garbage(line))?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == ' ';
        if key.is_empty() || key.len() > 40 || !key.chars().all(plain) {
            return Err(garbage(line));
        }
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

/// A short, harmless piece of what was not understood.
pub fn garbage(line: &str) -> WireError {
    WireError::Garbage(line.chars().take(80).collect())
}

/// A reply as far as it has been read.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    records: Vec<Record>,
}

impl Reply {
    /// Takes in one more line; answers the record that it was.
    pub fn take(&mut self, line: &str) -> Result<&Record, WireError> {
        let record = Record::parse(line)?;
        self.records.push(record);
        self.records.last().ok_or(WireError::BrokenOff)
    }

    /// Parses a whole reply and requires that it is complete.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let mut reply = Self::default();
        for line in text.lines() {
            reply.take(line)?;
        }
        reply.complete()?;
        Ok(reply)
    }

    /// The first value of a key.
    pub fn first(&self, key: &str) -> Option<&str> {
        self.records.iter().find(|r| r.key == key).map(|r| r.value.as_str())
    }

    /// The first value of a key that must be there.
    pub fn need(&self, key: &'static str) -> Result<&str, WireError> {
        self.first(key).ok_or(WireError::Missing(key))
    }

    /// All values of a key, in order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.records.iter().filter(move |r| r.key == key).map(|r| r.value.as_str())
    }

    /// How the script ended, if its end was read.
    pub fn end(&self) -> Option<&str> {
        self.first("end")
    }

    /// An error unless the reply has its first and last record and the script did not give up.
    pub fn complete(&self) -> Result<(), WireError> {
        if let Some(reason) = self.first("error") {
            return Err(WireError::Refused(reason.to_owned()));
        }
        match self.first("rappel") {
            Some("1") => {}
            Some(other) => return Err(garbage(other)),
            None => return Err(WireError::BrokenOff),
        }
        self.end().map(|_| ()).ok_or(WireError::BrokenOff)
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, Reply, WireError};
    use proptest::prelude::{any, proptest};

    #[test]
    fn a_record_keeps_bars_in_its_value() {
        let record = Record::parse("residue|routes4: missing: a|b").expect("a record");
        assert_eq!(record.key, "residue");
        assert_eq!(record.value, "routes4: missing: a|b");
    }

    #[test]
    fn a_reply_without_its_end_is_broken_off() {
        assert_eq!(Reply::parse("rappel|1\nhostname|a\n").unwrap_err(), WireError::BrokenOff);
    }

    #[test]
    fn a_reply_of_another_version_is_garbage() {
        assert!(matches!(Reply::parse("rappel|2\nend|ok\n"), Err(WireError::Garbage(_))));
    }

    #[test]
    fn a_reason_wins_over_a_missing_end() {
        let error = Reply::parse("rappel|1\nerror|locked\n").unwrap_err();
        assert_eq!(error, WireError::Refused("locked".to_owned()));
    }

    #[test]
    fn a_login_banner_is_garbage() {
        assert!(matches!(Reply::parse("Welcome to web1!\n"), Err(WireError::Garbage(_))));
    }

    proptest! {
        #[test]
        fn no_line_makes_the_parser_panic(line in any::<String>()) {
            if let Ok(record) = Record::parse(&line) {
                assert_eq!(format!("{}|{}", record.key, record.value), line);
            }
        }
    }
}
