//! The whole transaction on every kind of host that rappel knows: another release, another
//! ifupdown, another init or none, other accounts; and what hosts have on them that no
//! file of rappel's speaks of.

mod accounts;
#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod cases;
mod guests;
mod hooks;
mod ifupdown2;
mod live_state;
mod plain;
mod sysvinit;
mod trixie;
mod trouble;
