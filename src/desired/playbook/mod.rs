//! Playbooks: which files a group of hosts shall have, and how the change is rolled out.

mod check;
mod fields;
mod order;
mod parse;
mod play;
mod quantity;
mod settings;
mod template_names;

pub(crate) use check::CheckDraft;
pub use order::Order;
pub(crate) use parse::parse;
pub use play::Play;
pub(crate) use play::{ArtifactSpec, KindWord, Origin};
pub use quantity::Amount;
pub(crate) use quantity::mode;
pub use settings::{Pause, RolloutSettings};
pub(crate) use template_names::template_names;
