//! Diffs and plans for people; readable without colour too.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::clean::clean;
use crate::network::live::Sign;
use crate::plan::{Action, FileChange, HostPlan, LiveChange, Rehearsal};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const HUNK: Style = AnsiColor::Cyan.on_default();
const CARE: Style = AnsiColor::Yellow.on_default();
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
        describe_live(&mut out, change);
    }
    describe_effect(&mut out, plan);
    for (word, names) in [("down", &plan.down), ("up", &plan.up)] {
        if !names.is_empty() {
            let _ = writeln!(out, "  interfaces taken {word}: {}", clean(&names.join(" ")));
        }
    }
    for drift in &plan.drift {
        let _ = writeln!(out, "  not as the files say: {}", clean(&drift.to_string()));
    }
    for risk in &plan.risks {
        let _ = writeln!(out, "  {CARE}risk:{CARE:#} {}", clean(&risk.to_string()));
    }
    for warning in &plan.warnings {
        let _ = writeln!(out, "  {CARE}warning:{CARE:#} {}", clean(warning));
    }
    out
}

fn describe_live(out: &mut String, change: &LiveChange) {
    // Writing to a String cannot fail.
    let _ = match change {
        LiveChange::Sysctl { key, from, to } => {
            let from = from.as_deref().map_or_else(|| "not there".to_owned(), clean);
            writeln!(out, "  live sysctl {}: {from} → {}", clean(key), clean(to))
        }
        LiveChange::NftTable { table } => {
            writeln!(out, "  live nft table {} is (re)loaded or removed", clean(table))
        }
        LiveChange::NftRules { changes, .. } => {
            let lines = changes.iter().map(|c| signed(c.sign, &c.to_string()));
            write!(out, "{}", lines.collect::<String>())
        }
    };
}

/// What becomes of the live state, and what nobody can say beforehand.
fn describe_effect(out: &mut String, plan: &HostPlan) {
    if !plan.effect.is_empty() {
        let _ = writeln!(out, "{TITLE}  live afterwards{TITLE:#}");
    }
    for difference in &plan.effect {
        out.push_str(&signed(difference.sign, &difference.to_string()));
    }
    for what in &plan.unforeseen {
        let _ = writeln!(out, "  not foreseen: {}", clean(what));
    }
    if let Some(rehearsal) = &plan.rehearsal {
        describe_rehearsal(out, rehearsal);
    }
}

fn describe_rehearsal(out: &mut String, rehearsal: &Rehearsal) {
    let line = match (&rehearsal.impossible, rehearsal.ended_well) {
        (Some(why), _) => format!("not rehearsed: {}; the above is only foreseen", clean(why)),
        (None, true) => "rehearsed on the host: its ifupdown ended well".to_owned(),
        (None, false) => format!("{REMOVED}rehearsed on the host: its ifupdown failed{REMOVED:#}"),
    };
    let _ = writeln!(out, "  {line}");
    for difference in &rehearsal.not_seen {
        let _ = writeln!(
            out,
            "  did not come in the rehearsal: {}",
            clean(&difference.fact.to_string())
        );
    }
    for line in &rehearsal.said {
        let _ = writeln!(out, "    | {}", clean(line));
    }
}

fn signed(sign: Sign, line: &str) -> String {
    let style = if sign == Sign::New { ADDED } else { REMOVED };
    format!("    {style}{}{style:#}\n", clean(line))
}

fn describe_file(out: &mut String, change: &FileChange) {
    let word = match change.action {
        Action::Create => "create",
        Action::Modify => "change",
        Action::Attributes => "attributes of",
        Action::Remove => "remove",
    };
    let _ = write!(out, "{TITLE}  {word} {}{TITLE:#}", clean(&change.path));
    if change.action == Action::Create && !change.path.starts_with(crate::network::object::ROOT) {
        let _ = write!(
            out,
            " ({} {}:{})",
            format_args!("{:04o}", change.file.mode),
            clean(&change.file.owner),
            clean(&change.file.group)
        );
    }
    if !change.attributes.is_empty() {
        let _ = write!(out, " ({})", clean(&change.attributes.join(", ")));
    }
    out.push('\n');
    for line in coloured(&change.diff).lines() {
        let _ = writeln!(out, "    {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::describe;
    use crate::network::live::{Difference, Fact, Sign};
    use crate::network::nft::RuleDifference;
    use crate::plan::{
        Action, Drift, Fate, File, FileChange, HostPlan, LiveChange, Rehearsal, Risk,
    };

    const EVIL: &str = "\u{1b}]0;x\u{7}\u{9b}2J\r";

    fn evil() -> HostPlan {
        let file = File {
            path: EVIL.to_owned(),
            kind: "file",
            mode: 0o644,
            owner: EVIL.to_owned(),
            group: EVIL.to_owned(),
            content: Vec::new(),
        };
        let change = FileChange {
            path: EVIL.to_owned(),
            action: Action::Create,
            diff: format!("--- {EVIL}\n+{EVIL}\n"),
            attributes: vec![EVIL.to_owned()],
            before: None,
            file,
        };
        let text = || EVIL.to_owned();
        let fact = || Fact::Up { name: EVIL.to_owned() };
        HostPlan {
            host: text(),
            files: vec![change],
            live: vec![
                LiveChange::Sysctl { key: text(), from: Some(text()), to: text() },
                LiveChange::NftTable { table: text() },
                LiveChange::NftRules {
                    table: text(),
                    changes: vec![RuleDifference {
                        table: text(),
                        block: Some(text()),
                        sign: Sign::Gone,
                        moved: true,
                        rule: text(),
                    }],
                },
            ],
            down: vec![text()],
            up: vec![text()],
            warnings: vec![text()],
            unforeseen: vec![text()],
            effect: vec![Difference { sign: Sign::New, fact: fact() }],
            drift: vec![Drift {
                difference: Difference { sign: Sign::Gone, fact: fact() },
                fate: Fate::Stays,
            }],
            risks: vec![Risk::OwnLinkDown { dev: text() }],
            rehearsal: Some(Rehearsal {
                said: vec![text()],
                not_seen: vec![Difference { sign: Sign::New, fact: fact() }],
                ..Rehearsal::default()
            }),
            ..HostPlan::default()
        }
    }

    #[test]
    fn nothing_of_a_plan_drives_the_terminal() {
        let text = describe(&evil());
        // The colours are ours; without them nothing is left that a terminal would obey.
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(!plain.contains(['\u{7}', '\u{9b}', '\r']), "{plain:?}");
        assert_eq!(text.matches("\u{1b}]").count(), 0, "{text:?}");
    }
}
