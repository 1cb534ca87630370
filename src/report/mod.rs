//! Events → what people and programs read. Writes to what it is given; decides nothing.
//!
//! One function per kind of event: [`text`] for people, [`json`] for programs.

pub mod board;
pub mod checks;
pub mod clean;
pub mod diff;
pub mod differences;
pub mod drift;
pub mod graph;
pub mod journal;
pub mod json;
pub mod junit;
mod live;
pub mod page;
pub mod prometheus;
pub mod rescue;
pub mod sarif;
pub mod summary;
pub mod text;
mod words;
