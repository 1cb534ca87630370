//! What a rehearsal found out, for people and for programs.

use std::io::Write;

use serde_json::{Value, json};

use super::super::super::exit::Exit;
use super::super::about::About;
use crate::report::clean::clean;
use crate::twin::{Bare, Fate, Rehearsed};

/// The table, and what it comes to.
pub fn text(all: &[Rehearsed]) -> String {
    let width = |of: &dyn Fn(&Rehearsed) -> usize, least: usize| {
        all.iter().map(of).max().unwrap_or(0).max(least)
    };
    let host = width(&|one| clean(&one.host).chars().count(), 4);
    let fate = width(&|one| one.fate.words().chars().count(), 9);
    let mut text =
        format!("\n{:host$}  {:fate$}  {:14}  why\n", "host", "with rappel", "without rappel");
    for one in all {
        let bare = one.without_rappel.map_or("", Bare::words);
        let mut why = one.reason.as_deref().map(clean).unwrap_or_default();
        if !one.takes_along.is_empty() {
            why.push_str(&format!("; takes along {}", clean(&one.takes_along.join(", "))));
        }
        if let Some(trouble) = &one.trouble {
            why.push_str(&format!("; {}", clean(trouble)));
        }
        let line =
            format!("{:host$}  {:fate$}  {bare:14}  {why}", clean(&one.host), one.fate.words());
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text + "\n" + &summary(all)
}

fn summary(all: &[Rehearsed]) -> String {
    let fates =
        [Fate::Kept, Fate::Unchanged, Fate::Reverted, Fate::Refused, Fate::Untried, Fate::Lost];
    let counted: Vec<String> = fates
        .iter()
        .map(|fate| (all.iter().filter(|one| one.fate == *fate).count(), fate.words()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let lost: Vec<&str> =
        all.iter().filter(|one| one.fate == Fate::Lost).map(|one| one.host.as_str()).collect();
    let saved: Vec<&str> = all
        .iter()
        .filter(|one| one.fate != Fate::Lost && one.would_be_lost())
        .map(|one| one.host.as_str())
        .collect();
    let mut text = format!("{} host(s): {}.\n", all.len(), counted.join(", "));
    if !lost.is_empty() {
        text.push_str(&format!("Lost, with rappel too: {}.\n", clean(&lost.join(", "))));
    }
    let unknown: Vec<&str> =
        all.iter().filter(|one| one.is_unknown()).map(|one| one.host.as_str()).collect();
    if !unknown.is_empty() {
        text.push_str(&format!(
            "Not known, because it was not tried: {}.\n",
            clean(&unknown.join(", "))
        ));
    }
    text.push_str(&match saved.is_empty() {
        true if lost.is_empty() && unknown.is_empty() => "No host would be lost.\n".to_owned(),
        true => String::new(),
        false => format!(
            "Without the transaction {} would have been lost: {}.\n",
            saved.len(),
            clean(&saved.join(", "))
        ),
    });
    text
}

/// The first line for programs: what the twins are made from.
pub fn begun(about: &About, lint_errors: usize) -> std::io::Result<()> {
    let twins: Vec<Value> = about
        .twins
        .iter()
        .map(|twin| json!({ "host": twin.host, "basis": twin.basis, "addresses": twin.addresses }))
        .collect();
    line(&json!({
        "event": "rehearsal_started",
        "twins": twins,
        "assumptions": about.assumptions,
        "lint_errors": lint_errors,
    }))
}

/// The last lines for programs: one a host, and the end.
pub fn json(all: &[Rehearsed], exit: Exit) -> std::io::Result<()> {
    for one in all {
        let mut value = json!({ "event": "host_rehearsed", "would_be_lost": one.would_be_lost() });
        if let (Some(object), Ok(Value::Object(fields))) =
            (value.as_object_mut(), serde_json::to_value(one))
        {
            object.extend(fields);
        }
        line(&value)?;
    }
    line(&json!({ "event": "rehearsal_finished", "exit_code": exit.code() }))
}

fn line(value: &Value) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{value}")
}
