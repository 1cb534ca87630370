//! Rollouts over twelve real hosts: where they stop, what is left of them, how they are
//! taken up again, and what a signal at any moment does to them.

#![allow(clippy::print_stderr, reason = "a long test says how far it is, and its seed")]

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod chance;
mod fleet;
mod journal;
mod lost;
mod places;
mod secrets;
#[path = "../../src/run/journal/postgres/tests/server.rs"]
mod server;
mod shards;
mod signals;
mod terms;
