//! Throw-away hosts in namespaces without an uplink.
//!
//! Why the room exists: a tool that changes servers' networks has to be tried on real
//! hosts, where a mistake costs nothing and no packet can leave the machine. One lab is
//! one private set of namespaces, held by one daemon process. Labs may use the same
//! names and addresses at the same time; everything of a lab ends with its daemon, and
//! the daemon ends when the pipe from its client closes, however the client died.
//!
//! ```text
//! client (Lab) ── stdin/stdout pipe ──> unshare ──> rappel lab daemon   (pid 1 of the lab)
//!    │                                               ├─ netns "switch": all bridges
//!    └─ controller(argv): a process in the           ├─ netns per host, new at each boot
//!       lab's own network namespace                  └─ systemd-nspawn / sshd per host
//! ```
//!
//! Needs Linux, root and the programs that `scripts/install-lab` installs.

mod base;
mod cgroup;
mod client;
mod command;
mod daemon;
mod error;
mod iproute;
mod keys;
mod place;
mod protocol;
mod socket;
mod spec;
mod standing;
pub mod topology;

pub use client::{Lab, require_root};
pub use daemon::serve;
pub use error::LabError;
pub use protocol::Fault;
pub use socket::{Listener, ask, fault_word};
pub use spec::{Bridge, HostSpec, Kind, NicSpec, Spec, Wire};
pub use standing::{Seat, Standing};
