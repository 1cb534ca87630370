//! What a change costs, counted and not timed.

#[path = "../transaction/bench.rs"]
#[allow(dead_code, reason = "each suite takes what it needs")]
mod bench;
mod round_trips;
