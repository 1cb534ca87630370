//! What `known_hosts` files record about one host, in OpenSSH's format and meaning.
//!
//! The parser of markers, host lists and keys is the library's; which line applies to a
//! host is decided here, because the library's own look-up knows neither `@revoked` nor
//! `@cert-authority` nor patterns, and cannot tell an unknown host from one whose other
//! key is recorded.

mod append;
mod banned;
mod pattern;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::{HostPatterns, Marker};

use super::dial::plain;
use super::error::ConnectError;

pub(super) use append::append;
pub(super) use banned::banned;
pub(super) use pattern::{glob, hashed};

/// One line of a file that applies to the host.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// The file.
    pub file: Arc<Path>,
    /// The line in it, from 1.
    pub line: usize,
    /// `@revoked` or `@cert-authority`.
    pub marker: Option<Marker>,
    /// The type of the key as the file names it.
    pub kind: String,
    /// The key; none if it is of a type or form that cannot be read.
    pub key: Option<PublicKey>,
}

impl Record {
    /// Whether it records exactly this key.
    pub fn has(&self, key: &PublicKey) -> bool {
        self.key.as_ref().is_some_and(|known| known.key_data() == key.key_data())
    }
}

/// The lines of all files that apply to a name of a host.
///
/// A file that does not exist records nothing; one that cannot be read is an error,
/// because it may hold the line that matters.
pub(super) fn records<'a>(
    name: &str,
    files: impl Iterator<Item = &'a PathBuf>,
) -> Result<Vec<Record>, ConnectError> {
    let mut found = Vec::new();
    for file in files {
        match std::fs::read(file) {
            Ok(bytes) => {
                let path: Arc<Path> = Arc::from(file.as_path());
                find(name, &path, &String::from_utf8_lossy(&bytes), &mut found);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(ConnectError::KnownHosts {
                    path: file.clone(),
                    action: "read",
                    reason: plain(&error),
                });
            }
        }
    }
    Ok(found)
}

/// Adds the lines of one file that apply to a name.
fn find(name: &str, file: &Arc<Path>, text: &str, found: &mut Vec<Record>) {
    for (index, line) in text.lines().enumerate() {
        let Some((marker, hosts, rest)) = split(line) else {
            continue;
        };
        let Ok(patterns) = hosts.parse::<HostPatterns>() else {
            continue;
        };
        if !pattern::applies(&patterns, name) {
            continue;
        }
        // The library reads keys with single spaces only, files may have tabs.
        let mut fields = rest.split_ascii_whitespace();
        let kind = fields.next().unwrap_or_default();
        let key = format!("{kind} {}", fields.next().unwrap_or_default());
        found.push(Record {
            file: Arc::clone(file),
            line: index + 1,
            marker,
            kind: kind.to_owned(),
            key: PublicKey::from_openssh(&key).ok(),
        });
    }
}

/// Marker, host list and key of a line; none for comments and what has no meaning.
fn split(line: &str) -> Option<(Option<Marker>, &str, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (first, rest) = line.split_once([' ', '\t'])?;
    if !first.starts_with('@') {
        return Some((None, first, rest.trim_start()));
    }
    let marker = first.parse().ok()?;
    let (hosts, rest) = rest.trim_start().split_once([' ', '\t'])?;
    Some((Some(marker), hosts, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use russh::keys::ssh_key::known_hosts::Marker;

    use super::{Record, find};

    const A: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn look(name: &str, text: &str) -> Vec<Record> {
        let mut found = Vec::new();
        find(name, &Arc::from(Path::new("kh")), text, &mut found);
        found
    }

    #[test]
    fn lines_are_counted_with_comments_and_blanks() {
        let text = format!("# comment\n\n  web1,10.0.0.1\tssh-ed25519  {A} root@x # y\n");
        let found = look("web1", &text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 3);
        assert!(found[0].key.is_some());
        assert_eq!(look("10.0.0.1", &text).len(), 1);
        assert!(look("web", &text).is_empty());
    }

    #[test]
    fn markers_are_told_apart_and_unknown_ones_skipped() {
        let text = format!(
            "@revoked * ssh-ed25519 {A}\n@cert-authority\t*.net ssh-ed25519 {A}\n@new * ssh-ed25519 {A}\n"
        );
        let found = look("a.net", &text);
        let markers: Vec<_> = found.iter().map(|record| record.marker).collect();
        assert_eq!(markers, [Some(Marker::Revoked), Some(Marker::CertAuthority)]);
    }

    #[test]
    fn a_key_that_cannot_be_read_still_is_a_record() {
        let found = look("web1", "web1 ssh-ed25519 AAAA\nweb1 1024 35 12345\nweb1\n");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|record| record.key.is_none()));
    }
}
