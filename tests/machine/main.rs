//! Rescues of a whole machine: a real kernel, a disk with a partition table, a rescue system
//! of its own, under software emulation in a lab without an uplink. One boot takes half a
//! minute and more, so that all of them are part of `make test-all` only.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/dedibox_api.rs"]
mod dedibox_api;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/hetzner_api.rs"]
mod hetzner_api;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/http.rs"]
mod http;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/metal_api.rs"]
mod metal_api;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/ovh_api.rs"]
mod ovh_api;
#[path = "../transaction/terminal.rs"]
mod terminal;

mod apply;
mod bench;
mod command;
mod layouts;
mod lost;
mod providers;
mod server;
mod shell;
