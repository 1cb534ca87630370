//! Rescues of a whole machine: a real kernel, a disk with a partition table, a rescue system
//! of its own, under software emulation in a lab without an uplink. One boot takes half a
//! minute and more, so that all of them are part of `make test-all` only.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod bench;
mod command;
mod layouts;
mod lost;
