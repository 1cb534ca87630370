//! The Vagrant labs, with the real Vagrant and libvirt on a computer without an uplink.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod boots;
mod compared;
mod described;
mod station;
