//! Drift for people and for programs: one line a difference.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::clean::clean;
use super::text::outcome_words;
use crate::observed::utc;
use crate::plan::{Compared, Drifted, Since};
use crate::rollout::outcome::Outcome;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Every state of a host, as [`HostDrift::state`] says it.
pub const STATES: [&str; 6] =
    ["clean", "drifted", "incomplete", "unreachable", "refused", "failed"];

/// Since when looks at a host have found a difference, as the journal has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// When it was first seen, in seconds since 1970.
    pub first: Option<u64>,
    /// When the host was last seen without it; none where the first look found it already.
    pub before: Option<u64>,
    /// Whether this look is the first that has found it.
    pub new: bool,
}

/// One host: its differences, or why it could not be read.
#[derive(Debug, Clone)]
pub struct HostDrift {
    /// The host.
    pub host: String,
    /// What differs, and what could not be compared.
    pub drift: Result<Compared, Outcome>,
    /// Of each difference, in their order, what earlier looks tell; empty without a journal.
    pub seen: Vec<Seen>,
    /// How long reading took, in seconds.
    pub seconds: f64,
}

impl HostDrift {
    /// `clean`, `drifted`, `incomplete` where no drift was found but not everything could be
    /// compared, or what became of it instead.
    pub fn state(&self) -> &'static str {
        match &self.drift {
            Ok(Compared { drift, .. }) if !drift.is_empty() => "drifted",
            Ok(Compared { not_compared, .. }) if !not_compared.is_empty() => "incomplete",
            Ok(_) => "clean",
            Err(Outcome::Unreachable { .. }) => "unreachable",
            Err(Outcome::Refused { .. }) => "refused",
            Err(_) => "failed",
        }
    }
}

/// All hosts, and a last line that counts them.
pub fn text(hosts: &[HostDrift]) -> String {
    let mut out = String::new();
    for host in hosts {
        let name = clean(&host.host);
        let _ = match (&host.drift, host.state()) {
            (Err(outcome), _) => writeln!(out, "{name}: {}", outcome_words(outcome)),
            (Ok(_), "clean") => writeln!(out, "{name}: {GOOD}no drift{GOOD:#}"),
            (Ok(compared), "incomplete") => {
                writeln!(out, "{name}: {CARE}no drift found{CARE:#}\n{}", lines(host, compared))
            }
            (Ok(compared), _) => {
                writeln!(out, "{name}: {CARE}drift{CARE:#}\n{}", lines(host, compared))
            }
        };
    }
    let _ = writeln!(out, "{}", counts(hosts));
    out
}

/// How many hosts are in which state: `2 clean, 1 drifted`.
pub fn counts(hosts: &[HostDrift]) -> String {
    let count = |state| hosts.iter().filter(|host| host.state() == state).count();
    let counts: Vec<String> = STATES
        .iter()
        .map(|state| (count(*state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    counts.join(", ")
}

fn lines(host: &HostDrift, compared: &Compared) -> String {
    let line = |(drifted, since): (&Drifted, Option<String>)| {
        let since = since.map_or_else(String::new, |words| format!(" {DIM}({words}){DIM:#}"));
        format!("  {}{since}", clean(&drifted.to_string()))
    };
    let missing = |what: &String| format!("  not compared: {}", clean(what));
    let found = host.with_since().map(line);
    found.chain(compared.not_compared.iter().map(missing)).collect::<Vec<_>>().join("\n")
}

impl HostDrift {
    /// Each difference with since when it is so, in words: by the host and by earlier looks.
    pub fn with_since(&self) -> impl Iterator<Item = (&Drifted, Option<String>)> {
        let drift = self.drift.as_ref().map_or(&[][..], |compared| &compared.drift);
        drift.iter().enumerate().map(|(at, drifted)| {
            let seen = self.seen.get(at).and_then(|seen| seen_words(*seen));
            let words: Vec<String> = since_words(drifted.since).into_iter().chain(seen).collect();
            (drifted, (!words.is_empty()).then(|| words.join(", ")))
        })
    }
}

/// What earlier looks tell of a difference; nothing where there was none.
fn seen_words(seen: Seen) -> Option<String> {
    match (seen.new, seen.first, seen.before) {
        (true, _, Some(before)) => Some(format!("not there {}", utc(before))),
        (false, Some(first), _) => Some(format!("first seen {}", utc(first))),
        (true, _, None) | (false, None, _) => None,
    }
}

/// Since when, in words.
pub fn since_words(since: Option<Since>) -> Option<String> {
    since.map(|since| match since {
        Since::Written(at) => format!("written {}", utc(at)),
        Since::Generation(number) => format!("since generation {number}"),
    })
}

/// One host as an object.
pub fn json(host: &HostDrift) -> Value {
    match &host.drift {
        Ok(Compared { drift, not_compared }) => json!({
            "host": host.host,
            "state": host.state(),
            "drift": entries(host, drift),
            "not_compared": not_compared,
            "seconds": host.seconds,
        }),
        Err(outcome) => json!({ "host": host.host, "state": host.state(), "error": outcome }),
    }
}

fn entries(host: &HostDrift, drift: &[Drifted]) -> Vec<Value> {
    let entry = |(at, drifted): (usize, &Drifted)| {
        let seen = host.seen.get(at).copied().unwrap_or_default();
        json!({
            "what": drifted.what,
            "subject": drifted.subject,
            "how": drifted.how,
            "since": drifted.since,
            "first_seen": seen.first,
            "last_without": seen.before,
        })
    };
    drift.iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::{HostDrift, Seen, text};
    use crate::plan::{Compared, Drifted, Since, What};
    use crate::rollout::outcome::Outcome;

    #[test]
    fn hosts_are_told_and_counted() {
        let drifted = Drifted {
            what: What::Sysctl,
            subject: "net.ipv4.ip_forward".to_owned(),
            how: "is 0, wanted 1".to_owned(),
            since: Some(Since::Generation(3)),
        };
        let gone = Outcome::Unreachable { reason: "no route".to_owned(), remedy: None };
        let host = |name: &str, drift| HostDrift {
            host: name.to_owned(),
            drift,
            seen: Vec::new(),
            seconds: 0.1,
        };
        let blind =
            Compared { not_compared: vec!["the nft rules".to_owned()], ..Compared::default() };
        let drifted = Compared { drift: vec![drifted], ..Compared::default() };
        let hosts = [
            host("a", Ok(Compared::default())),
            host("b", Ok(drifted)),
            host("c", Err(gone)),
            host("d", Ok(blind)),
        ];
        let plain = anstream::adapter::strip_str(&text(&hosts)).to_string();
        assert_eq!(
            plain,
            "a: no drift\nb: drift\n  sysctl net.ipv4.ip_forward: is 0, wanted 1 \
             (since generation 3)\nc: unreachable: no route\nd: no drift found\n  not \
             compared: the nft rules\n1 clean, 1 drifted, 1 incomplete, 1 unreachable\n"
        );
        let [_, mut drifted, ..] = hosts;
        let at = 1_767_225_599;
        drifted.seen = vec![Seen { first: Some(at), before: None, new: false }];
        let words = |host: &HostDrift| host.with_since().find_map(|(_, since)| since);
        let first = words(&drifted).expect("words");
        assert_eq!(first, "since generation 3, first seen 2025-12-31 23:59:59Z");
        drifted.seen = vec![Seen { first: Some(at + 9), before: Some(at), new: true }];
        let new = words(&drifted).expect("words");
        assert_eq!(new, "since generation 3, not there 2025-12-31 23:59:59Z");
    }
}
