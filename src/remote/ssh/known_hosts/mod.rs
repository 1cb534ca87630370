//! What `known_hosts` files record about one host, in OpenSSH's format and meaning.
//!
//! The parser of markers, host lists and keys is the library's; which line applies to a
//! host is decided here, because the library's own look-up knows neither `@revoked` nor
//! `@cert-authority` nor patterns, and cannot tell an unknown host from one whose other
//! key is recorded.

mod append;
mod banned;
mod book;
mod pattern;
mod shelf;

use std::path::Path;
use std::sync::Arc;

use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::Marker;

use append::append;
pub(super) use banned::banned;
pub(super) use pattern::{glob, hashed};
pub use shelf::Shelf;

/// One line of a file that applies to the host.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// The file.
    pub file: Arc<Path>,
    /// The line in it, from 1.
    pub line: usize,
    /// `@revoked` or `@cert-authority`.
    pub marker: Option<Marker>,
    /// The type of the key as the file names it.
    pub kind: String,
    /// The key; none if it is of a type or form that cannot be read.
    pub key: Option<PublicKey>,
}

impl Record {
    /// Whether it records exactly this key.
    pub fn has(&self, key: &PublicKey) -> bool {
        self.key.as_ref().is_some_and(|known| known.key_data() == key.key_data())
    }
}
