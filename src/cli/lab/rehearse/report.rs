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
        if !one.faults.is_empty() {
            why.push_str(&format!("; broken on purpose: {}", one.faults.join(", ")));
        }
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
    let names = |which: &dyn Fn(&Rehearsed) -> bool| -> Vec<String> {
        all.iter().filter(|one| which(one)).map(|one| clean(&one.host)).collect()
    };
    let is_back = |one: &Rehearsed| one.answers_when_mended == Some(true);
    let lost = names(&|one| one.fate == Fate::Lost && !is_back(one));
    let away = names(&|one| one.fate == Fate::Lost && is_back(one));
    let unknown = names(&Rehearsed::is_unknown);
    let saved = names(&|one| one.fate != Fate::Lost && one.would_be_lost());
    let without = format!("Without the transaction {} would have been lost", saved.len());
    let mut text = format!("{} host(s): {}.\n", all.len(), counted.join(", "));
    for (what, hosts) in [
        ("Lost, with rappel too", &lost),
        ("Away as long as a fault lasts, and back without it", &away),
        ("Not known, because it was not tried", &unknown),
        (without.as_str(), &saved),
    ] {
        if !hosts.is_empty() {
            text.push_str(&format!("{what}: {}.\n", hosts.join(", ")));
        }
    }
    if [&lost, &away, &unknown, &saved].iter().all(|hosts| hosts.is_empty()) {
        text.push_str("No host would be lost.\n");
    }
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

#[cfg(test)]
mod tests {
    use super::{Bare, Fate, Rehearsed, summary};

    fn host(name: &str, fate: Fate, without_rappel: Option<Bare>) -> Rehearsed {
        Rehearsed {
            host: name.to_owned(),
            fate,
            outcome: String::new(),
            reason: None,
            without_rappel,
            takes_along: Vec::new(),
            trouble: None,
            faults: Vec::new(),
            answers_when_mended: None,
        }
    }

    #[test]
    fn the_end_says_who_would_be_lost() {
        let kept = host("h1", Fate::Kept, None);
        assert_eq!(
            summary(std::slice::from_ref(&kept)),
            "1 host(s): 1 kept.\nNo host would be lost.\n"
        );
        let back = Rehearsed {
            answers_when_mended: Some(true),
            ..host("h3", Fate::Lost, Some(Bare::Lost))
        };
        let all = [
            kept,
            host("h2", Fate::Lost, Some(Bare::Lost)),
            back,
            host("h4", Fate::Reverted, Some(Bare::Untried)),
            host("h5", Fate::Reverted, Some(Bare::Lost)),
        ];
        assert_eq!(
            summary(&all),
            "5 host(s): 1 kept, 2 reverted by itself, 2 LOST.\n\
             Lost, with rappel too: h2.\n\
             Away as long as a fault lasts, and back without it: h3.\n\
             Not known, because it was not tried: h4.\n\
             Without the transaction 1 would have been lost: h5.\n"
        );
    }
}
