//! Rules about the vars that the shipped templates and lint itself read. They are found by
//! comparing the vars with docs/network.schema.json, which the caller does: this room does
//! not know vars.

use crate::diagnostic::{Diagnostic, Place, Severity};

use super::{Finding, Rule};

pub(super) const VA01: Rule = Rule {
    id: "VA01",
    title: "var that nothing reads",
    severity: Severity::Error,
    reason: "the shipped templates know only the vars of docs/network.schema.json: this one changes nothing on the host",
    remedy: "correct its name, or delete it",
    check: None,
};

pub(super) const VA02: Rule = Rule {
    id: "VA02",
    title: "var with a value that does not fit",
    severity: Severity::Error,
    reason: "docs/network.schema.json says what the shipped templates expect",
    remedy: "write a value as the schema has it",
    check: None,
};

/// A var that the schema does not know, with the name that may be meant.
pub fn unknown_var(path: &str, near: Option<&str>, place: Option<&Place>) -> Diagnostic {
    let message = match near {
        Some(near) => format!("there is no var `{path}`; did you mean `{near}`?"),
        None => format!("there is no var `{path}`"),
    };
    VA01.diagnostic(Finding::somewhere(place, message))
}

/// A var that is not what the schema says; `why` completes "`network.uplink` …".
pub fn wrong_var(path: &str, why: &str, place: Option<&Place>) -> Diagnostic {
    VA02.diagnostic(Finding::somewhere(place, format!("`{path}` {why}")))
}
