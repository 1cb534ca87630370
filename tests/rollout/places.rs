//! Failures at every place: the first host, one in the midst of a batch, the last one.

use std::collections::BTreeSet;

use crate::chance::{Chance, all};
use crate::fleet::{Fault, Fleet, Told};

const CANARY: &str = "h0";
/// The third of its batch, which is begun when others of it are done.
const MIDST: &str = "h3";
const LAST: &str = "h11";

/// Which hosts may have been begun when that one fails, two at a time: those of earlier
/// batches, and of its own those before it and at most two more.
fn may_begin(place: &str) -> BTreeSet<String> {
    let last = match place {
        CANARY => 0,
        MIDST => 4,
        _ => 11,
    };
    Fleet::names().into_iter().take(last + 1).collect()
}

fn one(fleet: &Fleet, version: usize, place: &str, fault: Fault) {
    fleet.plant(place, fault);
    let told = fleet.apply(version, &["--forks", "2"]);
    told.stops_at(0).at_most(2);
    let outcomes = told.outcomes();
    assert_eq!(outcomes.len(), crate::fleet::HOSTS, "every host once: {outcomes:?}");
    assert_eq!(outcomes[place], fault.outcome(), "{}", told.text);
    let begun: BTreeSet<String> = told.begun().into_iter().collect();
    if fault.shows_early() {
        assert!(begun.is_empty(), "nothing may begin: {begun:?}");
    } else {
        assert!(begun.is_subset(&may_begin(place)), "{begun:?}");
        assert!(begun.contains(place));
    }
    let done = told.ended("confirmed");
    assert_eq!(fleet.having(version), done, "what is told is so");
    let skipped: BTreeSet<String> =
        Fleet::names().into_iter().filter(|host| !begun.contains(host) && host != place).collect();
    assert_eq!(told.ended("skipped"), skipped, "{}", told.text);
    fleet.mend(place, fault);
    rest(fleet, version, &done, &[]);
}

/// `--resume` begins exactly those that are not done, and then all are.
pub fn rest(fleet: &Fleet, version: usize, done: &BTreeSet<String>, more: &[&str]) -> Told {
    let mut words = vec!["--resume"];
    words.extend(more);
    let told = fleet.apply(version, &words).code(0);
    let begun: BTreeSet<String> = told.begun().into_iter().collect();
    let left: BTreeSet<String> =
        Fleet::names().into_iter().filter(|host| !done.contains(host)).collect();
    assert_eq!(begun, left, "exactly the rest\n{}", told.text);
    assert_eq!(fleet.having(version).len(), crate::fleet::HOSTS);
    told
}

#[test]
fn wherever_a_host_fails_nothing_begins_after_it_and_the_rest_is_taken_up() {
    let mut chance = Chance::new("places");
    let places = [CANARY, MIDST, LAST];
    let cases: Vec<(&str, Fault)> =
        places.into_iter().flat_map(|p| Fault::ALL.map(|fault| (p, fault))).collect();
    let count = if all() { cases.len() } else { 4 };
    let fleet = Fleet::new();
    for (version, (place, fault)) in (1..).zip(chance.shuffled(cases).into_iter().take(count)) {
        eprintln!("{fault:?} at {place}");
        one(&fleet, version, place, fault);
    }
    // Nothing is left, and that is no error.
    let version = count;
    fleet.apply(version, &["--resume"]).code(0);
}

#[test]
fn a_budget_puts_up_with_as_many_as_it_says_and_counts_them_all_alike() {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: 3, failure_budget: 2");
    fleet.plant("h1", Fault::RolledBack);
    fleet.plant("h4", Fault::Failed);
    let told = fleet.apply(1, &[]).code(3);
    told.stops_at(2);
    assert_eq!(told.ended("confirmed").len(), 10, "two are put up with: {}", told.text);
    // A third one, of another kind again, is one too many before anything begins.
    fleet.plant("h11", Fault::Refused);
    fleet.plant("h10", Fault::Unreachable);
    fleet.terms("canary: 1, batch: 3, failure_budget: 1");
    let told = fleet.apply(2, &[]).code(4);
    assert!(told.begun().is_empty(), "{}", told.text);
    fleet.terms("canary: 1, batch: 3, failure_budget: 3");
    let told = fleet.apply(3, &[]).code(4);
    told.stops_at(3);
    assert_eq!(told.begun().first().map(String::as_str), Some("h0"));
    // h1 and h4 fail again: four in all, which ends it after the batch of h4.
    let expected = crate::fleet::set(&["h0", "h2", "h3", "h5", "h6"]);
    assert_eq!(told.ended("confirmed"), expected, "{}", told.text);
    assert_eq!(fleet.having(3), expected);
}

#[test]
fn a_lost_host_counts_and_is_asked_first_when_the_rest_is_taken_up() {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: 2");
    // It loses its power once the change is under way, and does not come back by itself.
    let hold = "#!/bin/sh\ntouch /planted-reached\nsleep 60\n";
    fleet.bench.console("h2", "mkdir -p /run/rappel-fault");
    let plant =
        format!("cat >/run/rappel-fault/swap <<'EOF'\n{hold}EOF\nchmod +x /run/rappel-fault/swap");
    fleet.bench.console("h2", &plant);
    let child = fleet.start(1, &[]);
    fleet.bench.eventually("the swap", std::time::Duration::from_secs(90), |b| {
        b.holds("h2", "test -e /planted-reached")
    });
    fleet.bench.lab.power_cut("h2").expect("cut");
    let output = child.wait_with_output().expect("ended");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = Told::of(output.status.code(), &text(&output.stdout), &text(&output.stderr));
    let told = told.code(4);
    told.stops_at(0);
    assert_eq!(told.outcomes()["h2"], "unknown", "{}", told.text);
    let done = crate::fleet::set(&["h0", "h1"]);
    assert_eq!(told.ended("confirmed"), done);
    // Still without power: it cannot be asked, and nothing begins.
    let told = fleet.apply(1, &["--resume"]).code(4);
    assert!(told.begun().is_empty(), "{}", told.text);
    fleet.power_on("h2");
    let told = rest(&fleet, 1, &done, &[]);
    assert!(told.text.contains("was reverted there"), "{}", told.text);
}
