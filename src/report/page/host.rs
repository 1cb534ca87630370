//! One host on the page: its row, and everything about it.

use std::fmt::Write;

use super::{Entry, text};
use crate::observed::utc;
use crate::plan::{Action, Compared, FileChange};
use crate::report::differences::{span, words};
use crate::report::graph::{Frame, svg};
use crate::report::text::outcome_words;
use crate::run::journal::PastRecord;

/// So many runs are in the strip of a row, and so many in a host's table.
const STRIP: usize = 60;
const RUNS: usize = 20;
/// So many differences that are gone are told.
const GONE: usize = 30;
/// So many lines of a diff are shown.
const LINES: usize = 400;

/// A host's row at the top.
pub fn row(out: &mut String, entry: &Entry<'_>, number: usize) {
    let state = entry.drift.state();
    let drift = entry.drift.drift.as_ref().map_or(&[][..], |compared| &compared.drift);
    let found: Vec<String> = drift.iter().map(ToString::to_string).collect();
    let searched = format!("{} {state} {}", entry.drift.host, found.join(" ")).to_lowercase();
    let count =
        entry.drift.drift.as_ref().map_or_else(|_| "?".to_owned(), |c| c.drift.len().to_string());
    let _ = writeln!(
        out,
        "<tr data-state=\"{state}\" data-text=\"{}\"><th scope=\"row\"><a href=\"#h{number}\">{}</a></th>\
         <td class=\"state {state}\">{state}</td><td class=\"number\">{count}</td><td>{}</td><td>{}</td></tr>",
        text(&searched),
        text(&entry.drift.host),
        oldest(entry).unwrap_or_default(),
        strip(&entry.past)
    );
}

/// Since when the oldest difference is there that is there now.
fn oldest(entry: &Entry<'_>) -> Option<String> {
    let first = entry.drift.seen.iter().filter_map(|seen| seen.first).min();
    first.map(utc)
}

/// How the last runs ended, the oldest first, a mark each.
fn strip(past: &[PastRecord]) -> String {
    if past.is_empty() {
        return String::new();
    }
    let shown = &past[..past.len().min(STRIP)];
    let fine = shown.iter().filter(|run| fine(run)).count();
    let mut out = format!(
        "<span class=\"strip\" role=\"img\" aria-label=\"{fine} of the last {} runs found or left it \
         as wanted\">",
        shown.len()
    );
    for run in shown.iter().rev() {
        let title = format!("{} {}: {}", utc(run.started / 1000), run.command, ending(run));
        let _ = write!(out, "<i class=\"{}\" title=\"{}\"></i>", class(run), text(&title));
    }
    out.push_str("</span>");
    out
}

fn fine(run: &PastRecord) -> bool {
    matches!(run.outcome.as_deref(), Some("unchanged" | "confirmed" | "rescued"))
}

/// A word that the style knows; what a journal holds may be edited.
fn class(run: &PastRecord) -> String {
    let word = run.outcome.as_deref().unwrap_or("unknown");
    word.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').collect()
}

fn ending(run: &PastRecord) -> String {
    let word = run.outcome.as_deref().unwrap_or("no end is known").replace('_', " ");
    let generation = run.generation.map(|number| format!(" as generation {number}"));
    let reason = run.reason.as_ref().map(|reason| format!(": {reason}"));
    format!("{word}{}{}", generation.unwrap_or_default(), reason.unwrap_or_default())
}

/// Everything about a host, to unfold.
pub fn details(out: &mut String, entry: &Entry<'_>, number: usize, open: bool) {
    let state = entry.drift.state();
    let _ = write!(
        out,
        "<details class=\"host\" id=\"h{number}\" data-state=\"{state}\"{}>\n\
         <summary><h2>{}</h2> <span class=\"state {state}\">{state}</span></summary>\n",
        if open { " open" } else { "" },
        text(&entry.drift.host)
    );
    match &entry.drift.drift {
        Ok(compared) => found(out, entry, compared),
        Err(outcome) => {
            let words = anstream::adapter::strip_str(&outcome_words(outcome)).to_string();
            let _ = writeln!(out, "<p>{}</p>", text(&words));
        }
    }
    diffs(out, entry);
    let title =
        if entry.plan.is_some() { "Its network as it is" } else { "Its network as it is wanted" };
    let _ = write!(
        out,
        "<h3>{title}</h3>\n<div class=\"drawing\" tabindex=\"0\" role=\"group\" aria-label=\"Drawing\">"
    );
    out.push_str(&svg(std::slice::from_ref(&entry.picture), Frame::Part));
    out.push_str("</div>\n");
    came_and_went(out, entry);
    runs(out, entry);
    out.push_str("</details>\n");
}

fn found(out: &mut String, entry: &Entry<'_>, compared: &Compared) {
    if !compared.drift.is_empty() {
        out.push_str(
            "<h3>Differences</h3>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">What</th>\
             <th scope=\"col\">How</th><th scope=\"col\">Since</th></tr></thead>\n<tbody>\n",
        );
        for (drifted, since) in entry.drift.with_since() {
            let since = since.unwrap_or_default();
            let _ = writeln!(
                out,
                "<tr><td class=\"subject\">{} {}</td><td>{}</td><td>{}</td></tr>",
                drifted.what.word(),
                text(&drifted.subject),
                text(&drifted.how),
                text(&since)
            );
        }
        out.push_str("</tbody>\n</table></div>\n");
    }
    for what in &compared.not_compared {
        let _ = writeln!(out, "<p class=\"incomplete\">Not compared: {}</p>", text(what));
    }
}

/// Files as they are beside as they are wanted.
fn diffs(out: &mut String, entry: &Entry<'_>) {
    for change in entry.plan.map_or(&[][..], |plan| &plan.files) {
        let what = match change.action {
            Action::Create => "is missing",
            Action::Modify => "differs",
            Action::Attributes => "has other attributes",
            Action::Remove => "is there and should not be",
        };
        let _ = writeln!(out, "<h3><code>{}</code> {what}</h3>", text(&change.path));
        for attribute in &change.attributes {
            let _ = writeln!(out, "<p>{}</p>", text(attribute));
        }
        if !change.diff.is_empty() {
            diff(out, change);
        }
    }
}

fn diff(out: &mut String, change: &FileChange) {
    let _ = write!(out, "<pre tabindex=\"0\" aria-label=\"Diff of {}\">", text(&change.path));
    for line in change.diff.lines().take(LINES) {
        let own = text(line);
        match line.as_bytes().first() {
            Some(b'+') if !line.starts_with("+++") => {
                let _ = write!(out, "<ins>{own}</ins>");
            }
            Some(b'-') if !line.starts_with("---") => {
                let _ = write!(out, "<del>{own}</del>");
            }
            _ => {
                let _ = writeln!(out, "{own}");
            }
        }
    }
    out.push_str("</pre>\n");
    let more = change.diff.lines().count().saturating_sub(LINES);
    if more > 0 {
        let _ = writeln!(out, "<p class=\"quiet\">and {more} more lines</p>");
    }
}

fn came_and_went(out: &mut String, entry: &Entry<'_>) {
    let gone: Vec<_> = entry.differences.iter().filter(|one| one.gone.is_some()).collect();
    if gone.is_empty() {
        return;
    }
    out.push_str("<h3>What came and went</h3>\n<ul>\n");
    for one in gone.iter().take(GONE) {
        let _ = writeln!(
            out,
            "<li><span class=\"subject\">{}</span> <span class=\"quiet\">{}</span></li>",
            text(&words(one)),
            text(&span(one))
        );
    }
    if gone.len() > GONE {
        let _ = writeln!(out, "<li class=\"quiet\">and {} more</li>", gone.len() - GONE);
    }
    out.push_str("</ul>\n");
}

fn runs(out: &mut String, entry: &Entry<'_>) {
    if entry.past.is_empty() {
        return;
    }
    out.push_str(
        "<h3>The last runs</h3>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">When</th>\
         <th scope=\"col\">What</th><th scope=\"col\">How it ended</th></tr></thead>\n<tbody>\n",
    );
    for run in entry.past.iter().take(RUNS) {
        let _ = writeln!(
            out,
            "<tr><td class=\"number\">{}</td><td>{}</td><td class=\"{}\">{}</td></tr>",
            utc(run.started / 1000),
            text(&run.command),
            class(run),
            text(&ending(run))
        );
    }
    out.push_str("</tbody>\n</table></div>\n");
}
