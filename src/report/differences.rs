//! What came and went on hosts, as looks have found it, for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::clean::clean;
use crate::observed::utc;
use crate::run::journal::DifferenceRecord;

const CARE: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Each host with what is still there, then at most so many that are gone, the last one first.
pub fn text(found: &[DifferenceRecord], most: usize) -> String {
    if found.is_empty() {
        return "no look has found a difference\n".to_owned();
    }
    let mut out = String::new();
    let place = |one: &DifferenceRecord| (one.host.clone(), one.playbook.clone());
    for of in found.chunk_by(|one, next| place(one) == place(next)) {
        let (host, playbook) = place(&of[0]);
        let _ = writeln!(out, "{} ({}):", clean(&host), clean(&playbook));
        let (there, gone): (Vec<_>, Vec<_>) = of.iter().partition(|one| one.gone.is_none());
        for one in there {
            let _ = writeln!(out, "  {CARE}{}{CARE:#}  {}", span(one), words(one));
        }
        for one in gone.iter().take(most) {
            let _ = writeln!(out, "  {DIM}{}  {}{DIM:#}", span(one), words(one));
        }
        if gone.len() > most {
            let _ = writeln!(out, "  and {} more that are gone: --last", gone.len() - most);
        }
    }
    out
}

/// `sysctl net.ipv4.ip_forward: is 0, wanted 1`.
pub fn words(one: &DifferenceRecord) -> String {
    clean(&format!("{} {}: {}", one.what, one.subject, one.how))
}

/// From when to when: nobody was there when it came, only at the looks before and after.
pub fn span(one: &DifferenceRecord) -> String {
    let came = match one.before {
        Some(before) => format!("came {} to {}", when(before), when(one.first)),
        None => format!("there since {} or earlier", when(one.first)),
    };
    match one.gone {
        Some(gone) => format!("{came}, went {} to {}", when(one.last), when(gone)),
        None => format!("{came}, still there {}", when(one.last)),
    }
}

fn when(milliseconds: u64) -> String {
    utc(milliseconds / 1000)
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::run::journal::DifferenceRecord;

    fn one(subject: &str, before: Option<u64>, gone: Option<u64>) -> DifferenceRecord {
        DifferenceRecord {
            host: "hv1".to_owned(),
            playbook: "site.yml".to_owned(),
            what: "address".to_owned(),
            subject: subject.to_owned(),
            how: "is in no file".to_owned(),
            before,
            first: 1_767_225_599_000,
            last: 1_767_225_600_000,
            gone,
        }
    }

    #[test]
    fn each_has_its_span_and_cannot_drive_the_terminal() {
        let (came, went) = (Some(1_767_225_590_000), Some(1_767_225_609_000));
        let found = [one("a\u{1b}[2J", came, None), one("b", None, went), one("c", None, went)];
        let plain = anstream::adapter::strip_str(&text(&found, 1)).to_string();
        assert_eq!(
            plain,
            "hv1 (site.yml):\n  came 2025-12-31 23:59:50Z to 2025-12-31 23:59:59Z, still there \
             2026-01-01 00:00:00Z  address a\\u{1b}[2J: is in no file\n  there since 2025-12-31 \
             23:59:59Z or earlier, went 2026-01-01 00:00:00Z to 2026-01-01 00:00:09Z  address b: \
             is in no file\n  and 1 more that are gone: --last\n"
        );
    }
}
