//! Labs do what they promise: real hosts, no way out, nothing left.
//!
//! Needs root and the programs that `scripts/install-lab` installs, and fails without.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod cables;
mod commands;
mod help;
mod hosts;
mod leftovers;
mod network;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../transaction/proof.rs"]
mod proof;
