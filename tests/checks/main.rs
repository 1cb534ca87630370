//! Each check with the fault that it exists for: the change that brings the fault is turned
//! back because of the check, and goes through where nobody declares it.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod duplicate;
mod far;
mod host;
mod ping;
mod play;
mod proxy;
mod wire;
