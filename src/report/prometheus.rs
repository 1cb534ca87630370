//! Drift as a text file for Prometheus' node exporter.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::drift::{HostDrift, STATES};
use crate::plan::Compared;

/// The whole file; `now` in seconds since 1970.
pub fn metrics(hosts: &[HostDrift], now: u64) -> String {
    let mut out = String::new();
    head(&mut out, "rappel_drift_hosts", "Hosts by what the last look at them found.");
    // Each state is always there, so that an alert has something to look at.
    for state in STATES {
        let count = hosts.iter().filter(|host| host.state() == state).count();
        let _ = writeln!(out, "rappel_drift_hosts{{state=\"{state}\"}} {count}");
    }
    head(&mut out, "rappel_drift_read", "Whether a host could be read (1) or not (0).");
    for host in hosts {
        let read = u8::from(host.drift.is_ok());
        let _ = writeln!(out, "rappel_drift_read{{host=\"{}\"}} {read}", escape(&host.host));
    }
    head(&mut out, "rappel_drift_differences", "Differences from what is wanted, by kind.");
    for host in hosts {
        let Ok(Compared { drift, not_compared }) = &host.drift else { continue };
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for drifted in drift {
            *kinds.entry(drifted.what.word()).or_default() += 1;
        }
        let name = escape(&host.host);
        // A host without drift has a value too: nought is not the same as not known.
        if kinds.is_empty() && not_compared.is_empty() {
            kinds.insert("file", 0);
        }
        for (kind, count) in kinds {
            let labels = format!("host=\"{name}\",kind=\"{kind}\"");
            let _ = writeln!(out, "rappel_drift_differences{{{labels}}} {count}");
        }
    }
    head(&mut out, "rappel_drift_timestamp_seconds", "When the last look was finished.");
    let _ = writeln!(out, "rappel_drift_timestamp_seconds {now}");
    out
}

fn head(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{escape, metrics};
    use crate::plan::Compared;
    use crate::report::drift::HostDrift;
    use crate::rollout::outcome::Outcome;

    #[test]
    fn a_host_that_cannot_be_read_has_no_number_of_differences() {
        let lost = Err(Outcome::Unreachable { reason: "gone".to_owned(), remedy: None });
        let host = |name: &str, drift| HostDrift {
            host: name.to_owned(),
            drift,
            seen: Vec::new(),
            seconds: 0.0,
        };
        let text = metrics(&[host("a", Ok(Compared::default())), host("b", lost)], 7);
        assert!(text.contains("rappel_drift_differences{host=\"a\",kind=\"file\"} 0\n"), "{text}");
        assert!(!text.contains("rappel_drift_differences{host=\"b\""), "{text}");
        assert!(text.contains("rappel_drift_read{host=\"b\"} 0\n"), "{text}");
        assert!(text.contains("rappel_drift_hosts{state=\"unreachable\"} 1\n"), "{text}");
        assert!(text.ends_with("rappel_drift_timestamp_seconds 7\n"), "{text}");
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escape("a\"b\\c\n"), "a\\\"b\\\\c\\n");
    }
}
