//! YAML as Ansible reads it, with the place of every key and value.
//!
//! Built on the event parser of the YAML crate rather than on its serde layer, because
//! three things are needed that serde hides: whether a scalar was quoted (`mode: 0644`),
//! YAML 1.1 scalars as Ansible's own parser reads them (`yes`, `0644`), and the place of
//! each key.

mod compose;
mod merge;
mod mistake;
mod node;
mod redact;
mod scalar;

pub(crate) use compose::{Text, parse};
pub(crate) use node::{Content, Entry, Node};
pub(crate) use redact::is_secret;
