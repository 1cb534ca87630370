//! Each check with the fault that it exists for: the change that brings the fault is turned
//! back because of the check, and goes through where nobody declares it.

mod always;
#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod controller;
mod duplicate;
mod far;
mod gateways;
mod host;
mod ping;
mod play;
mod proxy;
mod router;
mod settle;
mod site;
mod slow;
mod stp;
mod switch;
mod tools;
mod watch;
mod wire;
mod witness;
