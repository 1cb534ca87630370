//! Values with quotes, spaces, newlines, `$()`, backticks, patterns, dashes and letters of
//! all alphabets come to the host exactly as they were written, or are refused.

#[allow(dead_code)]
#[path = "../transaction/bench.rs"]
mod bench;

mod events;
mod host;
mod schema;
mod shells;
