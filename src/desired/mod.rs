//! What the user wants: inventory, playbook and templates, rendered to artifacts.
//!
//! [`Project::load`] reads the project once; everything after it is pure and repeatable.
//! The result for one host is a [`Desired`].

mod artifact;
mod check;
mod connection;
mod digest;
mod extra_vars;
mod guest;
mod host;
mod inventory;
mod lint;
mod listing;
mod load;
mod masks;
mod nearest;
mod playbook;
mod port;
mod project;
mod render;
mod schema;
mod template;
mod vault;
mod virtual_mac;
mod yaml;

pub use artifact::{Artifact, ArtifactKind, HookPhase};
pub use check::{CheckSpec, Family, Vantage};
pub use guest::{Guest, Manager, guest_of};
pub use host::{Become, Connection, Desired, Host, Peer, Settings, SshOptions};
pub use listing::{Explained, HIDDEN};
pub use load::LoadOptions;
pub use masks::Masks;
pub use nearest::nearest;
pub use playbook::{Amount, Order, Pause, Play, RolloutSettings};
pub use port::{PortSwitch, WantedPort, mac, wanted_ports};
pub use project::{Project, Rendered};
pub(crate) use yaml::is_secret;

pub use template::{
    SCHEMA, STARTS, Start, render_shipped, shipped_playbook, shipped_playbooks, shipped_templates,
    start, verbatim,
};
pub use vault::Vault;
pub use virtual_mac::{WantedMac, wanted_macs};
