//! The README and the book say what is so: their examples run, what they name exists.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "docs/checks.rs"]
mod checks;
#[path = "docs/examples.rs"]
mod examples;
#[path = "docs/names.rs"]
mod names;
#[path = "docs/pages.rs"]
mod pages;
