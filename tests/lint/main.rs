//! `rappel lint` as people call it, and its reader of interfaces(5) against the hosts' own
//! programs, which needs root and the roots of the labs.
#![allow(clippy::unwrap_used)]

mod bare;
mod bench;
mod corpus;
mod ifupdown;
mod ifupdown2;
mod project;
mod real;
