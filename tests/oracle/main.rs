//! What rappel reads in interfaces(5) is what the hosts' own programs read.
//!
//! Needs root and the roots of the labs; runs their programs in namespaces of its own.
#![allow(clippy::unwrap_used)]

mod bench;
mod corpus;
mod ifupdown;
mod ifupdown2;
mod real;
