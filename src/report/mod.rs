//! Events → what people and programs read. Writes to what it is given; decides nothing.
//!
//! One function per kind of event: [`text`] for people, [`json`] for programs.

pub mod checks;
pub mod clean;
pub mod diff;
pub mod drift;
pub mod json;
pub mod junit;
pub mod prometheus;
pub mod sarif;
pub mod summary;
pub mod text;
