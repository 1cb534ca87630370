//! The fault lab: real hosts that are broken at every named step of a transaction, and
//! judged from outside: nothing lost, nothing half done, nothing told that is not so.

#![allow(clippy::print_stderr, reason = "a long test says how far it is")]

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod case;
mod disk;
mod escalation;
mod inject;
mod judge;
mod matrix;
mod project;
mod race;
mod record;
mod regressions;
mod site;
mod steps;
mod table;
mod ways_back;
