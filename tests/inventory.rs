//! Inventories, side by side with the real `ansible-inventory`.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(clippy::print_stdout, reason = "shown where it fails")]

#[path = "inventory/ansible.rs"]
mod ansible;
#[path = "inventory/chance.rs"]
mod chance;
#[path = "inventory/commands.rs"]
mod commands;
#[path = "inventory/examples.rs"]
mod examples;
#[path = "inventory/secrets.rs"]
mod secrets;
#[path = "inventory/vagrant.rs"]
mod vagrant;
