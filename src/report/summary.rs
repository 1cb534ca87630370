//! The end of a run in a few lines: what happened to whom, what to do next.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::clean::clean;
use super::diff::describe;
use crate::plan::HostPlan;
use crate::rollout::outcome::Outcome;

/// Plans, identical ones shown once: `same on 37 hosts`.
pub fn plans<'a>(plans: impl Iterator<Item = &'a HostPlan>) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for plan in plans.filter(|plan| !plan.is_empty()) {
        let text = describe(plan);
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, hosts)) => hosts.push(&plan.host),
            None => groups.push((text, vec![&plan.host])),
        }
    }
    let mut out = String::new();
    for (text, hosts) in groups {
        let same = if hosts.len() > 1 {
            format!(" (same on {} hosts)", hosts.len())
        } else {
            String::new()
        };
        let _ = writeln!(out, "{}{same}:\n{text}", clean(&hosts.join(", ")));
    }
    out
}

/// One line that counts outcomes, and one that says what to do next if something is open.
pub fn outcomes<'a>(all: impl Iterator<Item = &'a Outcome>) -> String {
    let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    let mut next = None;
    for outcome in all {
        let (order, word, advice) = word(outcome);
        *counts.entry((order, word)).or_default() += 1;
        next = next.or(advice);
    }
    let counts: Vec<String> = counts.iter().map(|((_, word), n)| format!("{n} {word}")).collect();
    let next = next.map_or_else(String::new, |advice| format!("{advice}\n"));
    format!("{}\n{next}", counts.join(", "))
}

fn word(outcome: &Outcome) -> (u8, &'static str, Option<&'static str>) {
    match outcome {
        Outcome::Confirmed { .. } => (0, "confirmed", None),
        Outcome::Unchanged => (1, "unchanged", None),
        Outcome::Planned => (2, "to change", None),
        Outcome::RolledBack { .. } => (
            3,
            "rolled back",
            Some(
                "The hosts that were rolled back are as they were; mend the cause and apply again.",
            ),
        ),
        Outcome::Refused { .. } => (4, "refused", None),
        Outcome::Failed { .. } => (5, "failed (as they were)", None),
        Outcome::Skipped { .. } => (5, "not begun", None),
        Outcome::Unreachable { .. } => (6, "unreachable", None),
        Outcome::RevertIncomplete { .. } => {
            (7, "reverted incompletely", Some("Look at the hosts that differ before you go on."))
        }
        Outcome::Rescued { failing, .. } if failing.is_empty() => (0, "rescued", None),
        Outcome::Rescued { .. } => (
            3,
            "rescued, with failing checks",
            Some("Look at the checks that fail: `rappel ping`."),
        ),
        Outcome::Stranded { .. } => (
            9,
            "not rescued",
            Some("Run the same command again to go on, or follow the steps by hand."),
        ),
        Outcome::Unknown { .. } => (
            8,
            "unknown",
            Some(
                "A host of unknown state reverts by its own watchdog: `rappel status` tells once it answers. If it never does: `rappel rescue HOST`.",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::outcomes;
    use crate::rollout::outcome::Outcome;

    #[test]
    fn outcomes_are_counted_worst_last() {
        let all = [
            Outcome::RolledBack { reason: "x".to_owned() },
            Outcome::Confirmed { generation: 1 },
            Outcome::Confirmed { generation: 4 },
        ];
        assert!(outcomes(all.iter()).starts_with("2 confirmed, 1 rolled back\n"));
    }
}
