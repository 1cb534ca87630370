//! The shipped topologies, each from plain Debian hosts to its end state, which is proved by
//! traffic; and what has to hold for every one of them, written once.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod every;
#[path = "../rescue/http.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared; a test fails by a panic")]
mod http;
#[path = "../rescue/ovh_api.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "what it takes here is who may call")]
mod ovh_api;
#[path = "../ports/running.rs"]
mod running;
#[path = "../ports/server_api.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared; a test fails by a panic")]
mod server_api;
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
mod virtual_mac;
