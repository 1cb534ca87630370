//! One pair of cases per rule.

mod interfaces;
mod others;

use super::{ids, interfaces as file};
use crate::network::lint::{LintFile, RULES};

/// A rule, files with its mistake, and files that are close to it without.
struct Case {
    id: &'static str,
    fires: Vec<LintFile>,
    not: Vec<LintFile>,
}

fn case(id: &'static str, fires: Vec<LintFile>, not: Vec<LintFile>) -> Case {
    Case { id, fires, not }
}

/// A stanza of `eth0` with these options, brought up.
fn eth0(options: &str) -> Vec<LintFile> {
    vec![file(&format!("auto eth0\niface eth0 inet static\n\taddress 203.0.113.10/24\n{options}"))]
}

fn only(text: &str) -> Vec<LintFile> {
    vec![file(text)]
}

fn both(one: &str, two: LintFile) -> Vec<LintFile> {
    vec![file(one), two]
}

fn all() -> Vec<Case> {
    [interfaces::cases(), others::cases()].into_iter().flatten().collect()
}

#[test]
fn each_rule_fires_on_its_mistake_and_on_nothing_beside_it() {
    let mut wrong = Vec::new();
    for case in all() {
        let (fires, not) = (ids(&case.fires), ids(&case.not));
        if fires != [case.id] {
            wrong.push(format!(
                "{} should fire alone: {fires:?} on {}",
                case.id, case.fires[0].source.text
            ));
        }
        if !not.is_empty() {
            wrong.push(format!(
                "{} should not fire, nor any other: {not:?} on {}",
                case.id, case.not[0].source.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_has_a_case() {
    let cases = all();
    for rule in RULES {
        // The fleet's rule has its own tests.
        assert!(rule.id == "AD11" || cases.iter().any(|case| case.id == rule.id), "{}", rule.id);
    }
}
