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

/// One host: its differences, or why it could not be read.
#[derive(Debug, Clone)]
pub struct HostDrift {
    /// The host.
    pub host: String,
    /// What differs, and what could not be compared.
    pub drift: Result<Compared, Outcome>,
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
                writeln!(out, "{name}: {CARE}no drift found{CARE:#}\n{}", lines(compared))
            }
            (Ok(compared), _) => {
                writeln!(out, "{name}: {CARE}drift{CARE:#}\n{}", lines(compared))
            }
        };
    }
    let count = |state| hosts.iter().filter(|host| host.state() == state).count();
    let counts: Vec<String> = STATES
        .iter()
        .map(|state| (count(*state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let _ = writeln!(out, "{}", counts.join(", "));
    out
}

fn lines(compared: &Compared) -> String {
    let line = |drifted: &Drifted| {
        let since = since_words(drifted.since)
            .map_or_else(String::new, |words| format!(" {DIM}({words}){DIM:#}"));
        format!("  {}{since}", clean(&drifted.to_string()))
    };
    let missing = |what: &String| format!("  not compared: {}", clean(what));
    let found = compared.drift.iter().map(line);
    found.chain(compared.not_compared.iter().map(missing)).collect::<Vec<_>>().join("\n")
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
            "drift": drift,
            "not_compared": not_compared,
            "seconds": host.seconds,
        }),
        Err(outcome) => json!({ "host": host.host, "state": host.state(), "error": outcome }),
    }
}

#[cfg(test)]
mod tests {
    use super::{HostDrift, text};
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
        let host = |name: &str, drift| HostDrift { host: name.to_owned(), drift, seconds: 0.1 };
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
    }
}
