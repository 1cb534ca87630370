//! What became of a connection, told by its task and asked for by everyone who uses it.

use std::sync::{Arc, Mutex, PoisonError};

/// The first reason for which a connection ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault(Arc<Mutex<Option<Reason>>>);

#[derive(Debug, Clone)]
struct Reason {
    text: String,
    /// The server said goodbye, as opposed to a connection that broke.
    is_farewell: bool,
}

impl Fault {
    /// Notes how the connection broke, unless an earlier reason is known.
    pub fn note(&self, text: impl Into<String>) {
        self.first(text.into(), false);
    }

    /// Notes with which words the server ended it, unless an earlier reason is known.
    pub fn note_farewell(&self, text: impl Into<String>) {
        self.first(text.into(), true);
    }

    fn first(&self, text: String, is_farewell: bool) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(Reason { text, is_farewell });
    }

    fn known(&self) -> Option<Reason> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }

    /// The reason, if one was noted.
    pub fn get(&self) -> Option<String> {
        self.known().map(|reason| reason.text)
    }

    /// Whether the server said goodbye.
    pub fn is_farewell(&self) -> bool {
        self.known().is_some_and(|reason| reason.is_farewell)
    }

    /// The reason in words, whatever is known.
    pub fn reason(&self) -> String {
        self.get().unwrap_or_else(|| "the server closed it".to_owned())
    }
}
