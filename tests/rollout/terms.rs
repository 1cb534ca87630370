//! What plays ask for: order, spread, pauses, hosts that go back.

use std::time::Duration;

use crate::fleet::{Fault, Fleet, set};

#[test]
fn racks_order_and_choice_of_hosts_hold() {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: [2, 100%], spread_by: rack, order: reverse_sorted");
    let told = fleet.apply(1, &["--exclude", "h9", "--limit", "all:!h0"]).code(0);
    let batches: Vec<Vec<String>> = told
        .events
        .iter()
        .filter(|event| event["event"] == "batch_started")
        .map(|event| serde_json::from_value(event["hosts"].clone()).expect("names"))
        .collect();
    // By name from the last; h10 and h2 are of one rack, and so are h11, h7 and h3.
    let expected =
        [vec!["h8"], vec!["h7", "h6"], vec!["h5", "h4", "h3", "h2"], vec!["h11", "h10", "h1"]];
    assert_eq!(batches, expected, "{}", told.text);
    assert_eq!(fleet.having(1).len(), 10);
    assert!(!fleet.bench.holds("h9", "test -e /var/lib/rappel"), "h9 was left alone");
}

#[test]
fn hosts_that_are_done_go_back_when_the_rollout_fails() {
    let fleet = Fleet::new();
    fleet.apply(1, &["--limit", "h0:h1:h2:h3:h4"]).code(0);
    let before: Vec<String> = ["h0", "h1"].map(|host| fleet.bench.picture(host)).into();
    fleet.terms("canary: 1, batch: 2, pause: 2s, revert_on_failure: true");
    fleet.plant("h3", Fault::RolledBack);
    let told = fleet.apply(2, &["--limit", "h0:h1:h2:h3:h4"]).code(3);
    // Whoever began after the failure had the change before, and gave it back.
    assert!(told.begun().len() > 5, "{}", told.text);
    assert!(told.text.contains("\"event\":\"paused\",\"seconds\":2"), "{}", told.text);
    assert!(fleet.having(2).is_empty(), "{}", told.text);
    assert_eq!(fleet.having(1), set(&["h0", "h1", "h2", "h3", "h4"]));
    assert_eq!(told.ended("confirmed").len(), 0, "{}", told.text);
    for (host, before) in ["h0", "h1"].iter().zip(before) {
        assert_eq!(fleet.bench.picture(host), before, "{host} is as it was");
    }
    let journal = fleet.bench.rappel(&["history", "--run", "last", "--output", "json"]);
    let whole: serde_json::Value = serde_json::from_str(&journal.out).expect("JSON");
    let rolled = whole["run"]["outcomes"]["rolled_back"].as_u64();
    assert!(rolled >= Some(4), "{whole}");
}

#[test]
fn a_prompt_between_batches_needs_somebody_and_a_no_ends_it() {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: 2, pause: prompt");
    let answers = "y\\nn\\n";
    let said = crate::journal::on_a_terminal(
        &fleet.bench,
        &["apply", "site.yml", "-e", "version=1", "--limit", "h0:h1:h2:h3"],
        answers,
        Duration::from_secs(120),
    );
    assert!(said.contains("batch 1 (canary): h0"), "{said}");
    assert!(said.contains("Go on with batch 2 of 3"), "{said}");
    assert!(said.contains("1 confirmed, 3 not begun"), "{said}");
    assert_eq!(fleet.having(1), set(&["h0"]));
    // Nobody to ask, but --yes says it all beforehand.
    let told = fleet.apply(1, &["--limit", "h0:h1:h2:h3", "--resume"]).code(0);
    assert_eq!(told.ended("confirmed"), set(&["h1", "h2", "h3"]));
}
