//! The end of a run in a few lines: what happened to whom, what to do next.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::clean::clean;
use super::diff::describe;
use super::words::{Kind, some};
use crate::plan::HostPlan;
use crate::rollout::outcome::Outcome;
use crate::rollout::terms::Terms;

/// How many batches, or reasons, stand for themselves.
const FEW: usize = 8;
/// The ends of fewer hosts stand on the screen above.
const SMALL: usize = 3;

/// Plans, identical ones shown once: `same on 37 hosts`.
pub fn plans<'a>(plans: impl Iterator<Item = &'a HostPlan>) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for plan in plans.filter(|p| !p.is_empty() || !p.drift.is_empty() || p.tells_of_providers()) {
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

/// Who goes when, if that is more than all at once.
pub fn turns<'a>(batches: &[Vec<usize>], name: impl Fn(usize) -> &'a str, terms: &Terms) -> String {
    if batches.len() < 2 {
        return String::new();
    }
    let mut out = String::new();
    for (number, batch) in (1..).zip(batches).take(FEW) {
        let canary = if number == 1 && terms.pace.canary > 0 { " (canary)" } else { "" };
        let names = some(batch.iter().map(|at| name(*at)));
        let _ = writeln!(out, "batch {number}{canary}: {names}");
    }
    if batches.len() > FEW {
        let _ = writeln!(out, "… {} batches in all", batches.len());
    }
    let budget = terms.pace.failure_budget;
    let _ = writeln!(out, "The rollout stops when more than {budget} host(s) have failed.");
    out
}

/// What became of all hosts: counted in one line; of a larger fleet then who did not get
/// the change, and why; and what to do next, `again` being what takes up the rest.
pub fn outcomes(all: &[(String, Outcome)], again: Option<&str>) -> String {
    let mut kinds: BTreeMap<Kind, Vec<(&str, &Outcome)>> = BTreeMap::new();
    for (host, outcome) in all {
        kinds.entry(Kind::of(outcome)).or_default().push((host, outcome));
    }
    let counts: Vec<String> = kinds
        .iter()
        .map(|(kind, hosts)| {
            let style = kind.style();
            format!("{style}{} {}{style:#}", hosts.len(), kind.words())
        })
        .collect();
    let mut out = format!("{}\n", counts.join(", "));
    if all.len() > SMALL {
        for (kind, hosts) in kinds.iter().filter(|(_, hosts)| wants_a_reason(hosts)) {
            reasons(&mut out, *kind, hosts);
        }
    }
    let next = next(&kinds, again);
    if !next.is_empty() {
        out.push('\n');
        next.iter().for_each(|line| {
            let _ = writeln!(out, "{line}");
        });
    }
    out
}

fn wants_a_reason(hosts: &[(&str, &Outcome)]) -> bool {
    hosts.iter().any(|(_, outcome)| outcome.is_failure())
}

/// Hosts of a kind by their reasons, the most frequent first.
fn reasons(out: &mut String, kind: Kind, hosts: &[(&str, &Outcome)]) {
    let style = kind.style();
    let _ = writeln!(out, "\n{style}{}{style:#}", kind.words());
    let mut same: Vec<(&str, Option<&str>, Vec<&str>)> = Vec::new();
    for (host, outcome) in hosts {
        let reason = outcome.reason().unwrap_or_default();
        match same.iter_mut().find(|(known, ..)| *known == reason) {
            Some((.., names)) => names.push(host),
            None => same.push((reason, outcome.remedy(), vec![host])),
        }
    }
    same.sort_by_key(|(.., names)| std::cmp::Reverse(names.len()));
    for (reason, remedy, names) in same.iter().take(FEW) {
        let _ = writeln!(out, "  {}: {}", some(names.iter().copied()), clean(reason));
        if let Some(remedy) = remedy {
            let _ = writeln!(out, "      help: {}", clean(remedy));
        }
    }
    if same.len() > FEW {
        let rest: usize = same.iter().skip(FEW).map(|(.., names)| names.len()).sum();
        let _ = writeln!(out, "  and {rest} more, for other reasons: `rappel history --run last`");
    }
}

fn next(kinds: &BTreeMap<Kind, Vec<(&str, &Outcome)>>, again: Option<&str>) -> Vec<String> {
    let names =
        |kind: Kind| kinds.get(&kind).map(|hosts| some(hosts.iter().map(|(host, _)| *host)));
    let mut lines = Vec::new();
    if let Some(names) = names(Kind::Unknown) {
        lines.push(format!(
            "Nobody has read what became of {names}: each reverts by its own watchdog; \
             `rappel status` tells once it answers. If it never does: `rappel rescue HOST`."
        ));
    }
    if let Some(names) = names(Kind::Stranded) {
        lines.push(format!(
            "{names}: run the same command again to go on, or follow the steps by hand."
        ));
    }
    if let Some(names) = names(Kind::Rescued).filter(|_| again.is_some()) {
        lines.push(format!(
            "{names}: lost by the change, and back with the files from before it; mend the cause."
        ));
    }
    if let Some(names) = names(Kind::RescuedBadly) {
        lines.push(format!("Look at the checks that fail on {names}: `rappel ping`."));
    }
    if let Some(names) = names(Kind::RevertIncomplete) {
        lines.push(format!("Look at {names} before you go on: something is not as it was."));
    }
    if kinds.contains_key(&Kind::RolledBack) {
        lines.push("Hosts that were rolled back are as they were; mend the cause.".to_owned());
    }
    let changed = kinds.keys().any(|kind| !matches!(kind, Kind::Planned | Kind::Drifted));
    let failed = kinds.values().any(|hosts| wants_a_reason(hosts));
    if let Some(again) = again.filter(|_| failed && changed) {
        lines.push(format!("The same command with {again} takes up the rest."));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{outcomes, turns};
    use crate::rollout::outcome::Outcome;
    use crate::rollout::terms::Terms;

    fn of(all: &[Outcome], again: Option<&str>) -> String {
        let named: Vec<(String, Outcome)> =
            all.iter().enumerate().map(|(n, outcome)| (format!("h{n}"), outcome.clone())).collect();
        anstream::adapter::strip_str(&outcomes(&named, again)).to_string()
    }

    fn back(reason: &str) -> Outcome {
        Outcome::RolledBack { reason: reason.to_owned() }
    }

    const GOOD: Outcome = Outcome::Confirmed { generation: 1 };

    #[test]
    fn outcomes_are_counted_worst_last() {
        let text = of(&[back("x"), GOOD, GOOD], None);
        assert!(text.starts_with("2 confirmed, 1 rolled back\n"), "{text}");
        assert!(!text.contains("h0"), "three hosts need no list: {text}");
    }

    #[test]
    fn all_is_well_in_one_line() {
        assert_eq!(of(&vec![GOOD; 3000], Some("--resume=ab")), "3000 confirmed\n");
    }

    #[test]
    fn of_a_fleet_each_reason_is_told_once_with_its_hosts() {
        let mut all = vec![GOOD; 3];
        all.extend(vec![back("no gateway"); 12]);
        all.push(back("no ssh"));
        let remedy = Some("ask ada".to_owned());
        all.push(Outcome::Unreachable { reason: "timed out".to_owned(), remedy });
        all.push(Outcome::Skipped { reason: "13 hosts failed".to_owned() });
        let expected = "\
3 confirmed, 13 rolled back, 1 not begun, 1 unreachable

rolled back
  h3, h4, h5, h6, h7, h8, h9, h10 and 4 more: no gateway
  h15: no ssh

not begun
  h17: 13 hosts failed

unreachable
  h16: timed out
      help: ask ada

Hosts that were rolled back are as they were; mend the cause.
The same command with --resume=ab takes up the rest.
";
        assert_eq!(of(&all, Some("--resume=ab")), expected);
    }

    #[test]
    fn a_host_that_nobody_has_read_is_named() {
        let text = of(&[GOOD, Outcome::Unknown { reason: "silence".to_owned() }], None);
        assert!(text.contains("what became of h1"), "{text}");
    }

    #[test]
    fn turns_name_the_canary() {
        let names = ["a", "b", "c"];
        let text = turns(&[vec![0], vec![1, 2]], |at| names[at], &Terms::default());
        assert!(text.starts_with("batch 1 (canary): a\nbatch 2: b, c\n"), "{text}");
        assert_eq!(turns(&[vec![0]], |at| names[at], &Terms::default()), "");
    }
}
