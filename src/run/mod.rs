//! Drives a run: reads hosts, applies plans, verifies over new connections, confirms, and
//! reads back what became of it. Prints nothing: what happens goes out as events.

mod answer;
mod apply;
mod batches;
mod context;
mod controller;
mod fleet;
mod give_back;
mod guest;
mod host;
mod import;
pub mod journal;
mod link;
mod live;
mod look;
mod observe;
mod ping;
mod place;
mod rehearse;
mod rescue;
mod standing;
mod status;
mod stop;
mod verify;
mod way;
mod witness;

pub use batches::{apply_in_batches, batches, changing};
pub use context::{Context, Login, Prompt};
pub use fleet::{Planned, plan_all, plan_rollbacks, resume_all, status_all};
pub use guest::{Restart, Restarted, restart};
pub use import::{Imported, import};
pub use live::live_all;
pub use look::{Look, look_all};
pub use ping::{Pinged, Pinging, ping_all};
pub use rescue::{Ask, Survey, Wish, dry_run, rescue, survey};
pub use status::{Entry, Status};
pub use stop::{Interrupt, Stop};
