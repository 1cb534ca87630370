//! The shipped topologies, each from plain Debian hosts to its end state, which is proved by
//! traffic; and what has to hold for every one of them, written once.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod every;
#[path = "../objects/proxmox/stand_in.rs"]
#[allow(dead_code)]
mod stand_in;
#[path = "../plans/state.rs"]
#[allow(dead_code)]
mod state;
mod t0;
mod t1;
mod t2;
mod t3;
mod t4;
mod traffic;
