//! What the user wants: inventory, playbook and templates, rendered to artifacts.
//!
//! [`load`] reads the project once; everything after it is pure and repeatable. The
//! result for one host is a [`Desired`].

mod artifact;
mod host;

pub use artifact::{Artifact, ArtifactKind, HookPhase};
pub use host::{Become, Connection, Desired, Host, Settings};
