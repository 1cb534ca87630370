//! Diffs and plans for people; readable without colour too.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::clean::clean;
use crate::plan::{Action, FileChange, HostPlan, LiveChange};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const HUNK: Style = AnsiColor::Cyan.on_default();
const TITLE: Style = Style::new().bold();

/// A unified diff with its lines coloured.
pub fn coloured(diff: &str) -> String {
    let mut out = String::new();
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => TITLE,
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            Some(b'@') => HUNK,
            _ => Style::new(),
        };
        let _ = writeln!(out, "{style}{}{style:#}", clean(line));
    }
    out
}

/// What a plan changes, whoever it is for: equal texts are equal changes.
pub fn describe(plan: &HostPlan) -> String {
    let mut out = String::new();
    for change in &plan.files {
        describe_file(&mut out, change);
    }
    for change in &plan.live {
        let _ = match change {
            LiveChange::Sysctl { key, from, to } => {
                let from = from.as_deref().map_or_else(|| "not there".to_owned(), clean);
                writeln!(out, "  live sysctl {key}: {from} → {to}")
            }
            LiveChange::NftTable { table } => {
                writeln!(out, "  live nft table {table} is (re)loaded or removed")
            }
        };
    }
    for (word, names) in [("down", &plan.down), ("up", &plan.up)] {
        if !names.is_empty() {
            let _ = writeln!(out, "  interfaces taken {word}: {}", names.join(" "));
        }
    }
    for warning in &plan.warnings {
        let _ = writeln!(out, "  {ADDED:#}warning: {warning}");
    }
    out
}

fn describe_file(out: &mut String, change: &FileChange) {
    let word = match change.action {
        Action::Create => "create",
        Action::Modify => "change",
        Action::Attributes => "attributes of",
        Action::Remove => "remove",
    };
    let _ = write!(out, "{TITLE}  {word} {}{TITLE:#}", change.path);
    if change.action == Action::Create {
        let _ = write!(
            out,
            " ({} {}:{})",
            format_args!("{:04o}", change.file.mode),
            change.file.owner,
            change.file.group
        );
    }
    if !change.attributes.is_empty() {
        let _ = write!(out, " ({})", change.attributes.join(", "));
    }
    out.push('\n');
    for line in coloured(&change.diff).lines() {
        let _ = writeln!(out, "    {line}");
    }
}
