//! Drives a run: reads hosts, applies plans, verifies over new connections, confirms, and
//! reads back what became of it. Prints nothing: what happens goes out as events.

mod answer;
mod apply;
mod batches;
mod context;
mod controller;
mod fleet;
mod host;
mod link;
mod observe;
mod ping;
mod place;
mod rescue;
mod standing;
mod status;
mod verify;

pub use batches::apply_in_batches;
pub use context::{Context, Interrupt};
pub use fleet::{Planned, plan_all, plan_rollbacks, status_all};
pub use ping::ping_all;
pub use rescue::{Ask, Survey, Wish, dry_run, rescue, survey};
pub use status::{Entry, Status};
