//! Sessions with a real OpenSSH server, and with servers that only pretend to be one.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "ssh/commands.rs"]
mod commands;
#[path = "ssh/config.rs"]
mod config;
#[path = "ssh/host_keys.rs"]
mod host_keys;
#[path = "ssh/hostile.rs"]
mod hostile;
#[path = "ssh/keys.rs"]
mod keys;
#[path = "ssh/loss.rs"]
mod loss;
#[path = "ssh/passwords.rs"]
mod passwords;
#[path = "ssh/releases.rs"]
mod releases;
#[path = "ssh/roads.rs"]
mod roads;
#[path = "ssh/server.rs"]
mod server;
