//! Twins of a user's own hosts: what a rehearsal finds, and that nothing of a lab stays.
//!
//! Needs root and the programs that `scripts/install-lab` installs, and fails without.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod behind;
mod faults;
mod kept;
mod planted;
mod project;
mod sealed;
mod steps;
mod told;
