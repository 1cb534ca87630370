//! That a plan tells the truth: what it foresees comes, what somebody changed by hand is
//! named, and what was kept is done or refused.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod broken;
mod by_chance;
mod chromium;
mod drift;
mod drifted;
mod foreseen;
mod hands;
mod kept;
mod noise;
mod page;
mod rehearsal;
mod scheduled;
mod sourced;
mod state;
