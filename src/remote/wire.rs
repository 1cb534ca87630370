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
    /// A reply without end.
    #[error("the host's answer has more than {MAX_RECORDS} lines")]
    TooLong,
    /// A script of another version answered.
    #[error("the host answered in version {0:?} of rappel's format, not in version 1")]
    Version(String),
    /// The script gave up, with this reason.
    #[error("{0}")]
    Refused(String),
}

/// More records than any reply of ours has: a thousand files, two hundred lines of log and
/// the checks of an hour's window with their signs of life stay far below.
pub const MAX_RECORDS: usize = 400_000;

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
    WireError::Garbage(short(line))
}

fn short(line: &str) -> String {
    line.chars().take(80).collect()
}

/// A reply as far as it has been read.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    records: Vec<Record>,
    taken: usize,
}

/// Records that only say that something happens: nobody looks them up afterwards, so a
/// host cannot fill the memory with them.
const PASSING: [&str; 6] = ["alive", "check", "checked", "output", "detail", "baseline"];

impl Reply {
    /// Takes in one more line; answers the record that it was. The first one must name
    /// the version.
    pub fn take(&mut self, line: &str) -> Result<Record, WireError> {
        let record = Record::parse(line)?;
        self.taken += 1;
        if self.taken > MAX_RECORDS {
            return Err(WireError::TooLong);
        }
        if record.key == "rappel" && record.value != "1" {
            return Err(WireError::Version(short(&record.value)));
        }
        if !PASSING.contains(&record.key.as_str()) {
            self.records.push(record.clone());
        }
        Ok(record)
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
            Some(_) => {}
            None => return Err(WireError::BrokenOff),
        }
        self.end().map(|_| ()).ok_or(WireError::BrokenOff)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_RECORDS, Record, Reply, WireError};
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
    fn a_reply_of_another_version_is_refused() {
        let error = Reply::parse("rappel|2\nend|ok\n").unwrap_err();
        assert_eq!(error, WireError::Version("2".to_owned()));
        assert!(Reply::parse("rappel|1\nrappel|2\nend|ok\n").is_err());
    }

    #[test]
    fn a_reply_without_end_is_given_up_and_not_kept() {
        let mut reply = Reply::default();
        let error = (0..=MAX_RECORDS).find_map(|_| reply.take("alive|1").err());
        assert_eq!(error, Some(WireError::TooLong));
        assert!(reply.records.is_empty());
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
