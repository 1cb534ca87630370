//! Comments that silence a rule where it does not apply.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::network::interfaces::{Directive, Interfaces};

use super::files::Files;
use super::{Finding, LintKind, Rule};

pub(super) const LN01: Rule = Rule {
    id: "LN01",
    title: "`rappel: allow` without a reason",
    severity: Severity::Warning,
    reason: "whoever reads the file next cannot tell whether the exception still holds",
    remedy: "write the reason after the id: `# rappel: allow IF14 REASON`",
    check: None,
};

pub(super) const LN02: Rule = Rule {
    id: "LN02",
    title: "`rappel: allow` with an unknown rule id",
    severity: Severity::Warning,
    reason: "the comment silences nothing",
    remedy: "write one rule id of docs/book/lint.md",
    check: None,
};

pub(super) const LN03: Rule = Rule {
    id: "LN03",
    title: "exception that silences nothing",
    severity: Severity::Warning,
    reason: "the mistake is gone, or the exception stands in the wrong place; it would hide the next one",
    remedy: "delete it, or move it to the line that it is for",
    check: None,
};

struct Allow {
    id: String,
    reasoned: bool,
    place: Place,
    /// What it is for, in the file it stands in; everything of the host if it stands in
    /// the inventory or the playbook.
    covers: Option<Range<usize>>,
    /// The same words in the same file of several hosts are one exception.
    key: String,
}

impl Allow {
    fn silences(&self, found: &Diagnostic) -> bool {
        let Some(covers) = &self.covers else {
            return found.rule == Some(self.id.as_str());
        };
        let Some(place) = &found.place else {
            return false;
        };
        found.rule == Some(self.id.as_str())
            && self.place.source == place.source
            && covers.start <= place.span.start
            && place.span.start < covers.end.max(covers.start + 1)
    }
}

/// Takes out of each host's findings what its exceptions silence, and adds what is wrong
/// with the exceptions themselves.
pub(super) fn apply(hosts: &[Files<'_>], found: &mut [Vec<Diagnostic>]) {
    let allows: Vec<Vec<Allow>> = hosts.iter().map(all).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (own, found) in allows.iter().zip(found.iter_mut()) {
        found.retain(|finding| {
            let by: Vec<&Allow> = own.iter().filter(|allow| allow.silences(finding)).collect();
            used.extend(by.iter().map(|allow| allow.key.as_str()));
            by.is_empty()
        });
    }
    for (own, found) in allows.iter().zip(found.iter_mut()) {
        found.extend(own.iter().filter_map(|allow| complaint(allow, &used)));
    }
}

/// The mistake in an exception itself.
fn complaint(allow: &Allow, used: &BTreeSet<&str>) -> Option<Diagnostic> {
    let (rule, message) = if super::rule(&allow.id).is_none() {
        (LN02, format!("there is no rule `{}`", allow.id))
    } else if !allow.reasoned {
        (LN01, format!("rule {} is silenced without a reason", allow.id))
    } else if !used.contains(allow.key.as_str()) {
        (LN03, format!("{} is not found here", allow.id))
    } else {
        return None;
    };
    Some(rule.diagnostic(Finding::new(&allow.place, message)))
}

fn all(files: &Files<'_>) -> Vec<Allow> {
    let stated = files.known.exceptions.iter().map(|exception| Allow {
        id: exception.rule.clone(),
        reasoned: !exception.reason.trim().is_empty(),
        place: exception.place.clone(),
        covers: None,
        key: format!("{} {}", exception.place, exception.rule),
    });
    stated.chain(allows(files)).collect()
}

fn allows(files: &Files<'_>) -> Vec<Allow> {
    let mut found = Vec::new();
    for file in files.files {
        let text = &*file.source.text;
        let blocks = match file.kind {
            LintKind::Interfaces => Blocks::of(&Interfaces::read(&file.source).0),
            LintKind::Hook => {
                Blocks { stanzas: std::iter::once(0..text.len()).collect(), leads: Vec::new() }
            }
            LintKind::Sysctl | LintKind::Nft | LintKind::Other => Blocks::default(),
        };
        let mut at = 0;
        for raw in text.split_inclusive('\n') {
            let start = at + (raw.len() - raw.trim_start().len());
            at += raw.len();
            let Some((id, reasoned)) = comment(raw) else {
                continue;
            };
            found.push(Allow {
                id: id.to_owned(),
                reasoned,
                place: file.source.place(start..start + raw.trim().len()),
                covers: Some(covers(text, at, start, &blocks)),
                key: format!("{} {}", file.path, raw.trim()),
            });
        }
    }
    found
}

/// The id in `# rappel: allow ID REASON`, and whether there is a reason.
fn comment(line: &str) -> Option<(&str, bool)> {
    let rest = line.trim().strip_prefix('#')?.trim_start();
    let rest = rest.strip_prefix("rappel:")?.trim_start();
    let rest = rest.strip_prefix("allow")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim();
    match rest.split_once(char::is_whitespace) {
        Some((id, reason)) => Some((id, !reason.trim().is_empty())),
        None => Some((rest, false)),
    }
}

/// The block that the comment stands in, or that begins on the next line that is neither
/// blank nor a comment; else that line.
fn covers(text: &str, after: usize, comment: usize, blocks: &Blocks) -> Range<usize> {
    let mut at = after;
    let mut next = text.len()..text.len();
    for raw in text[after..].split_inclusive('\n') {
        let line = raw.trim();
        if !line.is_empty() && !line.starts_with('#') {
            next = at..at + raw.len();
            break;
        }
        at += raw.len();
    }
    let begins = |block: &&Range<usize>| next.contains(&block.start);
    let around = blocks.stanzas.iter().find(|block| block.contains(&comment));
    around
        .or_else(|| blocks.stanzas.iter().find(begins))
        .or_else(|| blocks.leads.iter().find(begins))
        .cloned()
        .unwrap_or(next)
}

/// What a comment can be for as a whole.
#[derive(Default)]
struct Blocks {
    stanzas: Vec<Range<usize>>,
    /// From an `auto` line to the end of the stanzas of its names right below it.
    leads: Vec<Range<usize>>,
}

impl Blocks {
    fn of(interfaces: &Interfaces) -> Self {
        let mut found = Self::default();
        let mut lead: Option<&[String]> = None;
        for directive in interfaces.directives() {
            match directive {
                Directive::Stanza(stanza) => {
                    found.stanzas.push(stanza.extent.clone());
                    if lead.is_some_and(|names| names.contains(&stanza.name)) {
                        if let Some(last) = found.leads.last_mut() {
                            last.end = stanza.extent.end;
                        }
                    } else {
                        lead = None;
                    }
                }
                Directive::Boot { names, place, .. } => {
                    lead = Some(names);
                    found.leads.push(place.span.clone());
                }
                _ => lead = None,
            }
        }
        found
    }
}
