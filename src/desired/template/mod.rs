//! Templates: the engine, where templates come from, and what their errors mean.

mod alone;
mod chain;
mod engine;
mod explain;
mod filters;
mod library;
mod locate;
mod lookup;
mod scope;
mod shipped;
mod starting;

pub use alone::{render_shipped, verbatim};
pub(crate) use engine::Engine;
pub(crate) use explain::{Explainer, missing_template};
pub(crate) use library::Library;
pub(crate) use scope::{Fleet, Scope};
pub use shipped::{shipped_playbook, shipped_playbooks, shipped_templates};
pub use starting::{SCHEMA, STARTS, Start, start};
