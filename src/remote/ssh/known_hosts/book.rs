//! One `known_hosts` file, taken apart once: which of its lines applies to a host is found
//! without looking at those of ten thousand others.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::{HostPatterns, Marker};

use super::{Record, pattern};

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Book {
    file: Arc<Path>,
    lines: Vec<Line>,
    /// How many lines there are, with those that mean nothing.
    length: usize,
    /// By a name that is written out: places in `lines`.
    named: HashMap<String, Vec<usize>>,
    /// Lines whose names are patterns or hashes: these have to be tried.
    others: Vec<usize>,
}

#[derive(Debug)]
struct Line {
    number: usize,
    marker: Option<Marker>,
    hosts: HostPatterns,
    kind: String,
    key: String,
}

impl Book {
    /// A file with this text.
    pub fn new(file: Arc<Path>, text: &str) -> Self {
        let (named, others) = (HashMap::new(), Vec::new());
        let mut book = Self { file, lines: Vec::new(), length: 0, named, others };
        book.add(text);
        book
    }

    /// Takes in what was appended to the file: whole lines.
    pub fn add(&mut self, text: &str) {
        for line in text.lines() {
            self.length += 1;
            if let Some(line) = Line::parse(self.length, line) {
                self.enter(line);
            }
        }
    }

    fn enter(&mut self, line: Line) {
        let at = self.lines.len();
        match &line.hosts {
            HostPatterns::Patterns(names) if names.iter().all(|name| is_plain(name)) => {
                for name in names {
                    let places = self.named.entry(name.to_lowercase()).or_default();
                    // A name that a line has twice.
                    if places.last() != Some(&at) {
                        places.push(at);
                    }
                }
            }
            _ => self.others.push(at),
        }
        self.lines.push(line);
    }

    /// The lines that apply to `name`, which is lowercase and has its port as in
    /// `[name]:port`, in their order.
    pub fn records(&self, name: &str) -> Vec<Record> {
        let applies = |at: &&usize| pattern::applies(&self.lines[**at].hosts, name);
        let named = self.named.get(name).into_iter().flatten();
        let mut places: Vec<usize> =
            named.chain(self.others.iter().filter(applies)).copied().collect();
        places.sort_unstable();
        places.into_iter().map(|at| self.record(&self.lines[at])).collect()
    }

    fn record(&self, line: &Line) -> Record {
        Record {
            file: Arc::clone(&self.file),
            line: line.number,
            marker: line.marker,
            kind: line.kind.clone(),
            key: PublicKey::from_openssh(&line.key).ok(),
        }
    }
}

/// Whether a name stands for itself alone.
fn is_plain(name: &str) -> bool {
    !name.contains(['*', '?', '!'])
}

impl Line {
    /// None for comments and what has no meaning.
    fn parse(number: usize, line: &str) -> Option<Self> {
        let (marker, hosts, rest) = split(line)?;
        let hosts = hosts.parse().ok()?;
        // The library reads keys with single spaces only, files may have tabs.
        let mut fields = rest.split_ascii_whitespace();
        let kind = fields.next().unwrap_or_default().to_owned();
        let key = format!("{kind} {}", fields.next().unwrap_or_default());
        Some(Self { number, marker, hosts, kind, key })
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

    use super::{Book, Record};

    const A: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn look(name: &str, text: &str) -> Vec<Record> {
        Book::new(Arc::from(Path::new("kh")), text).records(name)
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

    #[test]
    fn names_and_patterns_come_in_the_order_of_their_lines() {
        let text = format!("@revoked w* x {A}\nWEB1,web1 x {A}\n!web1,w* x {A}\n?eb1 x {A}\n");
        let lines: Vec<_> = look("web1", &text).iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 2, 4]);
    }

    #[test]
    fn what_is_added_goes_on_counting() {
        let mut book = Book::new(Arc::from(Path::new("kh")), &format!("# one\nb x {A}\n"));
        book.add(&format!("web1 x {A}\n"));
        assert_eq!(book.records("web1")[0].line, 3);
    }
}
