//! SSH sessions, the shell scripts and their wire format.

pub mod quote;
pub mod ssh;
