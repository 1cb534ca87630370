//! What is written for programs fits docs/output.schema.json, and that has every field.

use rappel::desired::nearest;
use serde_json::{Value, json};

use crate::bench::Bench;

#[allow(dead_code)]
#[path = "../../src/desired/schema.rs"]
mod reader;

const SCHEMA: &str = include_str!("../../docs/output.schema.json");

/// Requires that a value is what a definition of the schema says, with no field more: programs
/// have to put up with new ones, the schema has not.
#[track_caller]
pub fn fits(definition: &str, value: &Value) {
    let mut strict: Value = serde_json::from_str(SCHEMA).expect("JSON");
    close(&mut strict);
    let schema = reader::Schema::new(&strict.to_string());
    let pointer =
        if definition.is_empty() { String::new() } else { format!("/$defs/{definition}") };
    assert!(strict.pointer(&pointer).is_some(), "no {definition}");
    let found = schema.misfits(&pointer, value, definition);
    assert!(found.is_empty(), "{found:#?}\n{value:#}");
}

fn close(rules: &mut Value) {
    match rules {
        Value::Object(entries) => {
            if entries.get("type") == Some(&json!("object")) && entries.contains_key("properties") {
                entries.insert("additionalProperties".to_owned(), json!(false));
            }
            entries.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let wrong = |value: Value| std::panic::catch_unwind(|| fits("event", &value)).is_err();
    assert!(!wrong(json!({"event": "host_started", "host": "a"})));
    assert!(wrong(json!({"event": "host_started"})));
    assert!(wrong(json!({"event": "host_started", "host": 1})));
    assert!(wrong(json!({"event": "host_started", "host": "a", "more": 1})));
    assert!(wrong(json!({"event": "host_stopped", "host": "a"})));
    assert!(wrong(json!({"event": "host_finished", "host": "a", "outcome": "planned"})));
}

/// Every `$ref` leads somewhere, and every definition is reached.
#[test]
fn the_schema_holds_together() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let definitions = schema["$defs"].as_object().expect("definitions");
    for name in definitions.keys() {
        assert!(SCHEMA.contains(&format!("\"#/$defs/{name}\"")), "{name} is not used");
    }
    for target in SCHEMA.split("\"#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(definitions.contains_key(target), "{target} is not there");
    }
}

/// Each line of what a command wrote.
#[track_caller]
fn lines_fit(text: &str, least: usize) {
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.len() >= least, "{text}");
    lines.iter().for_each(|line| fits("", line));
}

/// A plan with all that one has, its apply, drift, a rollback, and what is refused.
#[test]
fn what_a_real_host_makes_of_it_fits_the_schema() {
    let bench = Bench::t3();
    let json = ["--output", "json"];
    let run = |words: &[&str]| bench.rappel(&[words, &json].concat());
    let (t3, yes) = ("playbooks/t3.yml", ["--yes", "--confirm-window", "12"]);
    bench.console(
        "hv1",
        "ip rule add from 10.99.0.0/24 lookup 100 pref 1000; ip addr add 10.99.0.1/24 dev eth0",
    );
    lines_fit(&run(&["plan", t3, "--rehearse"]).code(2).out, 4);
    lines_fit(&run(&[&["apply", t3][..], &yes].concat()).code(0).out, 20);
    lines_fit(&run(&["drift", t3]).out, 1);
    bench.console(
        "hv1",
        "nft insert rule inet rappel input tcp dport 81 drop; sysctl -qw net.ipv4.ip_forward=0; \
         ip addr add 10.99.0.1/24 dev br1; ip -6 neigh add proxy 2001:db8:2:96ce::99 dev eth0; \
         chmod 0600 /etc/sysctl.d/90-rappel.conf",
    );
    lines_fit(&run(&["drift", t3]).code(2).out, 1);
    lines_fit(&run(&["plan", t3]).code(2).out, 4);
    lines_fit(&run(&["rollback", "--to", "7", "--yes"]).code(5).out, 3);
    lines_fit(&run(&[&["rollback"][..], &yes].concat()).code(0).out, 20);
    bench.lab.power_cut("hv1").expect("cut");
    lines_fit(&run(&["drift", t3, "-T", "2"]).code(4).out, 1);
    lines_fit(&run(&["plan", t3, "-T", "2"]).code(4).out, 3);
}
