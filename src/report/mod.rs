//! Events → what people and programs read. Writes to what it is given; decides nothing.
//!
//! One function per kind of event: [`text`] for people, [`json`] for programs.

pub mod board;
pub mod checks;
pub mod clean;
pub mod diff;
pub mod journal;
pub mod json;
mod live;
pub mod rescue;
pub mod sarif;
pub mod summary;
pub mod text;
mod words;
