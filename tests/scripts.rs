//! The scripts that run on hosts, tried without a host: every shell that a host may have,
//! a directory in place of its root file system.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "scripts/bench.rs"]
mod bench;
#[path = "scripts/decide.rs"]
mod decide;
#[path = "scripts/files.rs"]
mod files;
#[path = "scripts/fingerprint.rs"]
mod fingerprint;
#[path = "scripts/generations.rs"]
mod generations;
#[path = "scripts/heard.rs"]
mod heard;
#[path = "scripts/live.rs"]
mod live;
#[path = "scripts/objects.rs"]
mod objects;
#[path = "scripts/syntax.rs"]
mod syntax;
#[path = "scripts/words.rs"]
mod words;
