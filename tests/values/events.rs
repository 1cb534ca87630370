//! The book describes every event and outcome, and every field of them.

use rappel::plan::{HostPlan, Leaving, Restored};
use rappel::remote::request::Apply;
use rappel::rollout::event::Event;
use rappel::rollout::outcome::Outcome;
use serde_json::Value;

const BOOK: &str = include_str!("../../docs/book/output.md");

fn plan() -> HostPlan {
    HostPlan {
        host: String::new(),
        files: Vec::new(),
        live: Vec::new(),
        down: Vec::new(),
        up: Vec::new(),
        leaving: Leaving::default(),
        warnings: Vec::new(),
        machine_id: String::new(),
        generation: 0,
        from_controller: Vec::new(),
        request: Apply::default(),
    }
}

/// The next kind of event after one: the compiler asks for every kind to be here.
fn after(event: &Event) -> Option<Event> {
    let text = String::new;
    Some(match event {
        Event::RunStarted { .. } => Event::HostStarted { host: text() },
        Event::HostStarted { .. } => Event::HostPlanned { host: text(), plan: Box::new(plan()) },
        Event::HostPlanned { .. } => Event::RescuePlanned {
            host: text(),
            root: text(),
            target: text(),
            files: vec![Restored { path: text(), diff: text(), attributes: None }],
        },
        Event::RescuePlanned { .. } => Event::Step { host: text(), step: text() },
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
        Outcome::Unchanged => Outcome::Planned,
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
