//! Everything that crosses the wire: SSH sessions, the shell scripts that run on a host,
//! and the format in which both sides speak.
//!
//! The scripts are real files and never templated: what they need comes on standard
//! input as one framed request ([`request`]), and what they answer is one record a line
//! ([`wire`]).

pub mod digest;
pub mod quote;
pub mod request;
pub mod scripts;
pub mod ssh;
pub mod wire;
