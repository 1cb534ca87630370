//! Hosts that are broken or mean harm: whatever they answer, the controller stays well,
//! says what it saw, and never takes such a host for confirmed. And hosts that move.
//!
//! The login shell of root on a real host is replaced by a program that misbehaves.

#[allow(dead_code)]
#[path = "../transaction/bench.rs"]
mod bench;

mod evil;
mod garbage;
mod impostor;
mod interrupt;
mod liar;
mod moving;
mod operators;
