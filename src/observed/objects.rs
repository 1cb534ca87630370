//! What a host keeps behind tools, as its scripts tell of it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::owned;
use crate::remote::wire::{Reply, WireError, garbage};

/// The objects of a host, by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    /// The states of those that were told.
    pub states: BTreeMap<String, String>,
    /// What their tool said instead, of one or, by the path of their directory, of all.
    pub unread: BTreeMap<String, String>,
    /// Those whose names no playbook could have; they were not asked for.
    pub odd: BTreeSet<String>,
}

impl Objects {
    /// Parses the records of a reply.
    ///
    /// # Errors
    /// A state that is none.
    pub(super) fn parse(reply: &Reply) -> Result<Self, WireError> {
        let states = states(reply)?.into_iter();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self {
            states: states.map(|(path, bytes)| (path, text(bytes))).collect(),
            unread: unread(reply),
            odd: owned(reply.all("object-odd")),
        })
    }
}

/// `STATE PATH`, the state in base64.
pub(super) fn states(reply: &Reply) -> Result<Vec<(String, Vec<u8>)>, WireError> {
    let one = |line: &str| {
        let (state, path) = line.split_once(' ').ok_or_else(|| garbage(line))?;
        Ok((path.to_owned(), STANDARD.decode(state).map_err(|_| garbage(line))?))
    };
    reply.all("object").map(one).collect()
}

/// `PATH WORDS`.
pub(super) fn unread(reply: &Reply) -> BTreeMap<String, String> {
    let pairs = reply.all("object-unread").filter_map(|line| line.split_once(' '));
    pairs.map(|(path, words)| (path.to_owned(), words.trim().to_owned())).collect()
}
