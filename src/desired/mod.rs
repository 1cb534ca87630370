//! What the user wants: inventory, playbook and templates, rendered to artifacts.
//!
//! [`Project::load`] reads the project once; everything after it is pure and repeatable.
//! The result for one host is a [`Desired`].

mod artifact;
mod check;
mod connection;
mod extra_vars;
mod host;
mod inventory;
mod lint;
mod load;
mod nearest;
mod playbook;
mod project;
mod render;
mod schema;
mod template;
mod yaml;

pub use artifact::{Artifact, ArtifactKind, HookPhase};
pub use check::{CheckSpec, Family, Vantage};
pub use host::{Become, Connection, Desired, Host, Peer, Settings, SshOptions};
pub use load::LoadOptions;
pub use nearest::nearest;
pub use playbook::{Amount, Play, RolloutSettings};
pub use project::{Project, Rendered};
pub(crate) use yaml::is_secret;

pub use template::{
    SCHEMA, STARTS, Start, shipped_playbook, shipped_playbooks, shipped_templates, start,
};
