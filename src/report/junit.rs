//! Drift as JUnit XML, which CI systems show as tests: a host is a case.

use std::fmt::Write;

use super::drift::HostDrift;
use super::text::outcome_words;
use crate::plan::{Compared, Drifted};

/// The whole document.
pub fn document(hosts: &[HostDrift]) -> String {
    let count = |what: fn(&HostDrift) -> bool| hosts.iter().filter(|host| what(host)).count();
    let failures = count(|host| host.state() == "drifted");
    let errors = count(|host| !matches!(host.state(), "clean" | "drifted"));
    let seconds: f64 = hosts.iter().map(|host| host.seconds).sum();
    let totals = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds:.3}\"",
        hosts.len()
    );
    let cases: String = hosts.iter().map(case).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n  \
         <testsuite name=\"rappel drift\" {totals}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(host: &HostDrift) -> String {
    let mut out = format!(
        "    <testcase classname=\"rappel.drift\" name=\"{}\" time=\"{:.3}\"",
        escape(&host.host),
        host.seconds
    );
    let (element, message, body) = match &host.drift {
        Ok(_) if host.state() == "clean" => {
            out.push_str("/>\n");
            return out;
        }
        Ok(Compared { drift, not_compared }) if drift.is_empty() => {
            ("error", "not everything could be compared".to_owned(), not_compared.join("\n"))
        }
        Ok(Compared { drift, .. }) => {
            let line = |(drifted, since): (&Drifted, Option<String>)| match since {
                Some(since) => format!("{drifted} ({since})\n"),
                None => format!("{drifted}\n"),
            };
            let body: String = host.with_since().map(line).collect();
            ("failure", format!("{} difference(s)", drift.len()), body)
        }
        Err(outcome) => {
            let words = anstream::adapter::strip_str(&outcome_words(outcome)).to_string();
            ("error", host.state().to_owned(), format!("{words}\n"))
        }
    };
    let _ = write!(
        out,
        ">\n      <{element} message=\"{}\">{}</{element}>\n    </testcase>\n",
        escape(&message),
        escape(&body)
    );
    out
}

/// Text for elements and attributes. What XML 1.0 cannot hold at all becomes a mark.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{document, escape};
    use crate::plan::Compared;
    use crate::report::drift::HostDrift;
    use crate::rollout::outcome::Outcome;

    #[test]
    fn what_cannot_stand_in_xml_is_replaced() {
        assert_eq!(escape("a<b>&\"\u{1b}\u{0}"), "a&lt;b&gt;&amp;&quot;\u{fffd}\u{fffd}");
    }

    #[test]
    fn what_could_not_be_compared_is_an_error() {
        let not_compared = vec!["the nft rules".to_owned()];
        let drift = Ok(Compared { not_compared, ..Compared::default() });
        let text =
            document(&[HostDrift { host: "a".to_owned(), drift, seen: Vec::new(), seconds: 0.0 }]);
        assert!(text.contains("failures=\"0\" errors=\"1\""), "{text}");
        assert!(text.contains(">the nft rules</error>"), "{text}");
    }

    #[test]
    fn a_host_that_could_not_be_read_is_an_error_and_no_failure() {
        let drift = Err(Outcome::Unreachable { reason: "gone".to_owned(), remedy: None });
        let text =
            document(&[HostDrift { host: "a".to_owned(), drift, seen: Vec::new(), seconds: 0.0 }]);
        assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{text}");
        assert!(text.contains("<error message=\"unreachable\">unreachable: gone"), "{text}");
    }
}
