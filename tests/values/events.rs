//! The book describes every event and outcome, and every field of them.

use rappel::network::live::{Difference, Fact, Route, Sign};
use rappel::network::nft::RuleDifference;
use rappel::plan::{Drift, Fate, LiveChange, Rehearsal, Restored, Risk};
use rappel::rollout::event::Event;
use rappel::rollout::outcome::Outcome;
use serde_json::Value;

use crate::schema::fits;

const BOOK: &str = include_str!("../../docs/book/output.md");

/// The next kind of event after one: the compiler asks for every kind to be here.
fn after(event: &Event) -> Option<Event> {
    let text = String::new;
    Some(match event {
        Event::RunStarted { .. } => Event::HostStarted { host: text() },
        Event::HostStarted { .. } => Event::HostPlanned { host: text(), plan: Box::default() },
        Event::HostPlanned { .. } => Event::RescuePlanned {
            host: text(),
            root: text(),
            target: text(),
            files: vec![Restored { path: text(), diff: text(), attributes: None }],
        },
        Event::RescuePlanned { .. } => {
            Event::HostUnplanned { host: text(), outcome: Outcome::Unchanged }
        }
        Event::HostUnplanned { .. } => {
            Event::RolloutStarted { run: text(), batches: Vec::new(), budget: 0 }
        }
        Event::RolloutStarted { .. } => Event::PartsAwaited { parts: vec![text()] },
        Event::PartsAwaited { .. } => Event::BatchStarted { batch: 1, of: 1, hosts: Vec::new() },
        Event::BatchStarted { .. } => Event::Paused { seconds: None },
        Event::Paused { .. } => Event::ChangeStarted { host: text() },
        Event::ChangeStarted { .. } => Event::StopAsked { how: "finish" },
        Event::StopAsked { .. } => Event::Step { host: text(), step: text() },
        Event::Step { .. } => Event::Check {
            host: text(),
            baseline: true,
            title: text(),
            result: "pass",
            how: text(),
        },
        Event::Check { .. } => Event::Note { host: text(), message: text() },
        Event::Note { .. } => {
            Event::HostFinished { host: text(), outcome: Outcome::Unchanged, seconds: 1.0 }
        }
        Event::HostFinished { .. } => Event::RunFinished { run: text(), exit_code: 0 },
        Event::RunFinished { .. } => return None,
    })
}

fn next(outcome: &Outcome) -> Option<Outcome> {
    let (reason, remedy) = (String::new(), None);
    Some(match outcome {
        Outcome::Unchanged => Outcome::Drifted,
        Outcome::Drifted => Outcome::Planned,
        Outcome::Planned => Outcome::Confirmed { generation: 1 },
        Outcome::Confirmed { .. } => Outcome::RolledBack { reason },
        Outcome::RolledBack { .. } => Outcome::RevertIncomplete { reason, residue: Vec::new() },
        Outcome::RevertIncomplete { .. } => Outcome::Refused { reason, remedy },
        Outcome::Refused { .. } => Outcome::Failed { reason, remedy },
        Outcome::Failed { .. } => Outcome::Skipped { reason },
        Outcome::Skipped { .. } => Outcome::Unreachable { reason, remedy },
        Outcome::Unreachable { .. } => {
            Outcome::Rescued { restored: Vec::new(), failing: Vec::new() }
        }
        Outcome::Rescued { .. } => {
            Outcome::Stranded { reason, stands: String::new(), by_hand: Vec::new() }
        }
        Outcome::Stranded { .. } => Outcome::Unknown { reason },
        Outcome::Unknown { .. } => return None,
    })
}

fn fields(value: &Value) -> Vec<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn every_event_and_its_fields_are_in_the_book() {
    let mut event = Some(Event::RunStarted { run: String::new(), hosts: Vec::new() });
    while let Some(one) = event {
        let json = serde_json::to_value(&one).expect("JSON");
        fits("event", &json);
        let name = json["event"].as_str().expect("a name");
        let (_, section) = BOOK
            .split_once(&format!("\n### `{name}`\n"))
            .unwrap_or_else(|| panic!("no section on {name}"));
        let section = section.split("\n### ").next().unwrap_or_default();
        let inner = json.get("plan").map(fields).unwrap_or_default();
        for field in fields(&json).into_iter().chain(inner).filter(|f| f != "event") {
            assert!(section.contains(&format!("`{field}`")), "{name}: {field}");
        }
        event = after(&one);
    }
}

#[test]
fn every_outcome_and_its_fields_are_in_the_book() {
    let mut outcome = Some(Outcome::Unchanged);
    while let Some(one) = outcome {
        let json = serde_json::to_value(&one).expect("JSON");
        fits("outcome", &json);
        let name = json["outcome"].as_str().expect("a name");
        let row = BOOK
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")))
            .unwrap_or_else(|| panic!("no row on {name}"));
        for field in fields(&json).into_iter().filter(|f| f != "outcome") {
            assert!(row.contains(&format!("`{field}`")), "{name}: {field}");
        }
        outcome = next(&one);
    }
}

/// The next kind of fact after one.
fn next_fact(fact: &Fact) -> Option<Fact> {
    let text = String::new;
    let address = || "192.0.2.1".parse().expect("an address");
    Some(match fact {
        Fact::Link { .. } => Fact::Up { name: text() },
        Fact::Up { .. } => Fact::Mtu { name: text(), mtu: 1500 },
        Fact::Mtu { .. } => Fact::Port { name: text(), master: text() },
        Fact::Port { .. } => {
            let net = "192.0.2.1/24".parse().expect("an address");
            Fact::Address { dev: text(), address: net, peer: None, dynamic: false }
        }
        Fact::Address { .. } => Fact::Route(Route::default_via(address(), "eth0", None)),
        Fact::Route(_) => Fact::Rule { family: "inet".to_owned(), priority: 1, rule: text() },
        Fact::Rule { .. } => Fact::Proxy { address: address(), dev: text() },
        Fact::Proxy { .. } => Fact::Sysctl { key: text(), value: text() },
        Fact::Sysctl { .. } => return None,
    })
}

fn next_risk(risk: &Risk) -> Option<Risk> {
    let text = String::new;
    Some(match risk {
        Risk::OwnAddressMoves { .. } => Risk::OwnLinkDown { dev: text() },
        Risk::OwnLinkDown { .. } => Risk::GuestsCutOff { bridge: text(), guests: Vec::new() },
        Risk::GuestsCutOff { .. } => {
            Risk::DefaultRoute { family: "inet6".to_owned(), from: None, to: None }
        }
        Risk::DefaultRoute { .. } => Risk::DropsByHand { what: text() },
        Risk::DropsByHand { .. } => Risk::SshFiltered { port: 22, table: text(), chain: text() },
        Risk::SshFiltered { .. } => Risk::ForwardingOff { key: text() },
        Risk::ForwardingOff { .. } => return None,
    })
}

/// The book has a row for a value's name that has all of its fields.
#[track_caller]
fn has_a_row(value: &impl serde::Serialize, key: &str) {
    let json = serde_json::to_value(value).expect("JSON");
    let name = json[key].as_str().expect("a name");
    let row = BOOK.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
    let row = row.unwrap_or_else(|| panic!("no row on {name}"));
    for field in fields(&json).into_iter().filter(|f| f != key) {
        assert!(row.contains(&format!("`{field}`")), "{name}: {field}");
    }
}

#[test]
fn every_fact_and_its_fields_are_in_the_book() {
    let mut fact = Some(Fact::Link { name: String::new(), kind: String::new() });
    while let Some(one) = fact {
        has_a_row(&one, "fact");
        let difference = Difference { sign: Sign::Gone, fact: one.clone() };
        fits("difference", &serde_json::to_value(&difference).expect("JSON"));
        let drift = Drift { difference, fate: Fate::Unclear };
        fits("drift", &serde_json::to_value(&drift).expect("JSON"));
        fact = next_fact(&one);
    }
}

#[test]
fn every_risk_and_its_fields_are_in_the_book() {
    let address = "192.0.2.1".parse().expect("an address");
    let mut risk = Some(Risk::OwnAddressMoves { address, from: String::new(), to: None });
    while let Some(one) = risk {
        has_a_row(&one, "risk");
        fits("risk", &serde_json::to_value(&one).expect("JSON"));
        risk = next_risk(&one);
    }
}

/// What a plan's other objects hold is in the section on the event that carries it.
#[test]
fn every_part_of_a_plan_is_in_the_book() {
    let difference = Difference { sign: Sign::Gone, fact: Fact::Up { name: String::new() } };
    let rule = RuleDifference {
        table: String::new(),
        block: None,
        sign: Sign::New,
        moved: false,
        rule: String::new(),
    };
    let parts = [
        serde_json::to_value(Drift { difference, fate: Fate::Stays }),
        serde_json::to_value(LiveChange::NftRules { table: String::new(), changes: Vec::new() }),
        serde_json::to_value(rule),
        serde_json::to_value(Rehearsal::default()),
    ];
    for (part, definition) in
        parts.iter().zip(["drift", "live_change", "rule_difference", "rehearsal"])
    {
        fits(definition, part.as_ref().expect("JSON"));
    }
    let (_, section) = BOOK.split_once("\n### `host_planned`\n").expect("a section");
    let section = section.split("\n### ").next().unwrap_or_default();
    for part in parts {
        let facts = ["fact", "name"];
        for field in fields(&part.expect("JSON")).iter().filter(|f| !facts.contains(&f.as_str())) {
            assert!(section.contains(&format!("`{field}`")), "{field}");
        }
    }
}
