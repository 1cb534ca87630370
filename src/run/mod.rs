//! Drives a run: reads hosts, applies plans, verifies over new connections, confirms, and
//! reads back what became of it. Prints nothing: what happens goes out as events.

mod answer;
mod apply;
mod asking;
mod batches;
mod context;
mod controller;
mod fleet;
mod give_back;
mod host;
mod import;
pub mod journal;
mod last_look;
mod link;
mod live;
mod look;
mod observe;
mod parts;
mod ping;
mod place;
mod port;
mod provided;
mod rehearse;
mod rescue;
mod standing;
mod status;
mod stop;
mod verify;
mod virtual_mac;
mod way;
mod witness;

pub use asking::Trouble;
pub use batches::{apply_in_batches, batches, changing};
pub use context::{Context, Login, Prompt};
pub use fleet::{Planned, at_most, plan_all, plan_rollbacks, resume_all, status_all};
pub use import::{Imported, import};
pub use last_look::{Seen, look_last};
pub use live::live_all;
pub use look::{Look, look_all};
pub use parts::Parts;
pub use ping::{Pinged, Pinging, ping_all};
pub use port::{PortWish, Switched, look_at_ports, policy_words, port_steps, switch_port};
pub use rescue::{Ask, Survey, Wish, dry_run, rescue, survey};
pub use status::{Entry, Status};
pub use stop::{Interrupt, Stop};
pub use virtual_mac::{MacWish, look_at_macs, mac_call, make_mac};
