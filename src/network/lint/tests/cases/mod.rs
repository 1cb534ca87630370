//! One pair of cases per rule.

mod declared;
mod interfaces;
mod others;
mod pve;
mod readers;
mod vrrp;

use super::interfaces as file;
use crate::network::lint::{Known, LintFile, LintHost, RULES, review};

/// A rule, files with its mistake, and files that are close to it without.
struct Case {
    id: &'static str,
    fires: Vec<LintFile>,
    not: Vec<LintFile>,
    /// What is known of the host in the first case, and in the second.
    known: [Known; 2],
}

fn case(id: &'static str, fires: Vec<LintFile>, not: Vec<LintFile>) -> Case {
    Case { id, fires, not, known: [Known::default(), Known::default()] }
}

/// The same with something known of the host.
fn case_of(id: &'static str, known: &Known, fires: Vec<LintFile>, not: Vec<LintFile>) -> Case {
    Case { known: [known.clone(), known.clone()], ..case(id, fires, not) }
}

/// The same files, and two things known of their host.
fn case_by(id: &'static str, fires: Known, not: Known, files: Vec<LintFile>) -> Case {
    Case { known: [fires, not], ..case(id, files.clone(), files) }
}

fn found(files: &[LintFile], known: &Known) -> Vec<&'static str> {
    let found = review(&[LintHost { name: "this host", files, known }]);
    found.iter().filter_map(|one| one.rule).collect()
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
    let one_host = [interfaces::cases(), others::cases(), readers::cases(), declared::cases()];
    one_host.into_iter().chain([pve::cases(), vrrp::cases()]).flatten().collect()
}

#[test]
fn each_rule_fires_on_its_mistake_and_on_nothing_beside_it() {
    let mut wrong = Vec::new();
    for case in all() {
        let (fires, not) = (found(&case.fires, &case.known[0]), found(&case.not, &case.known[1]));
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
        // Rules over several hosts and over vars have tests of their own.
        let elsewhere = ["AD11", "AD14", "PX02", "VR01", "VR02", "VA01", "VA02"].contains(&rule.id);
        assert!(elsewhere || cases.iter().any(|case| case.id == rule.id), "{}", rule.id);
    }
}
