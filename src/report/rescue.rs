//! A rescue for people: what would be restored, how it ended, how to go on by hand.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::clean::clean;
use super::diff::coloured;
use crate::plan::Restored;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();
const TITLE: Style = Style::new().bold();

/// What would be restored.
pub fn planned(host: &str, root: &str, target: &str, files: &[Restored]) -> String {
    let mut out = format!("{}: on {}, {}:", clean(host), clean(root), clean(target));
    for file in files {
        let _ = write!(out, "\n{TITLE}  restore {}{TITLE:#}", clean(&file.path));
        if let Some(attributes) = &file.attributes {
            let _ = write!(out, " ({})", clean(attributes));
        }
        for line in coloured(&file.diff).lines() {
            let _ = write!(out, "\n    {line}");
        }
    }
    out
}

/// The end of a rescue.
pub fn rescued(restored: &[String], failing: &[String]) -> String {
    let mut out = format!("{GOOD}rescued{GOOD:#}");
    if !restored.is_empty() {
        let paths: Vec<String> = restored.iter().map(|path| clean(path)).collect();
        let _ = write!(out, ", restored {}", paths.join(", "));
    }
    for check in failing {
        let _ = write!(out, "\n    {CARE}check fails{CARE:#}: {}", clean(check));
    }
    out
}

/// A rescue that did not come to its end.
pub fn stranded(reason: &str, stands: &str, by_hand: &[String]) -> String {
    let reason: Vec<String> = reason.lines().map(clean).collect();
    let mut out = format!("{BAD}not rescued{BAD:#}: {}", reason.join("\n    "));
    let _ = write!(out, "\n    it stands so: {}", clean(stands));
    if !by_hand.is_empty() {
        out.push_str("\n    to go on by hand:");
    }
    for (number, step) in by_hand.iter().enumerate() {
        let _ = write!(out, "\n      {}. {}", number + 1, clean(step));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{planned, rescued, stranded};
    use crate::plan::Restored;

    const EVIL: &str = "\u{1b}]0;x\u{7}\u{9b}2J\r";

    #[test]
    fn nothing_of_a_disk_or_a_provider_drives_the_terminal() {
        let evil = || EVIL.to_owned();
        let file = Restored { path: evil(), diff: format!("+{EVIL}\n"), attributes: Some(evil()) };
        let text = [
            planned(EVIL, EVIL, EVIL, &[file]),
            rescued(&[evil()], &[evil()]),
            stranded(EVIL, EVIL, &[evil()]),
        ]
        .concat();
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(!plain.contains(['\u{7}', '\u{9b}', '\r']), "{plain:?}");
        assert_eq!(text.matches("\u{1b}]").count(), 0, "{text:?}");
    }
}
