//! Rescues that meet a provider in every mood: strict stand-ins of their APIs, which refuse
//! what the real ones refuse, on this machine's loopback. What a rescue does to a machine is
//! in `tests/machine`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod bench;
mod dedibox_api;
mod faults;
mod hetzner;
mod hetzner_api;
mod http;
mod killed;
mod kit;
mod metal_api;
mod ovh;
mod ovh_api;
mod scaleway;
mod stuck;
