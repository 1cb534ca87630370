//! Ports of virtual switches, switched through strict stand-ins of the APIs that they are
//! switched by: real servers on this machine's loopback, which check what the real ones check
//! and refuse what they refuse.

#![cfg(unix)]
#![allow(clippy::duplicate_mod, reason = "two benches, each with its proof")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/bench.rs"]
mod bench;
mod cloud;
mod cloud_api;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/http.rs"]
mod http;
#[allow(dead_code, reason = "what it takes here is who may call")]
#[path = "../rescue/ovh_api.rs"]
mod ovh_api;
mod planned;
mod running;
mod server_api;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../transaction/bench.rs"]
mod site;
mod tls;
mod vcenter;
mod vcenter_api;
mod virtual_mac;
