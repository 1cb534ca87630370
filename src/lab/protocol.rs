//! What client and daemon say to each other: one JSON object per line.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::spec::Spec;

/// An order with the number under which its answer will come. Answers may overtake.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub id: u64,
    pub order: Order,
}

/// What the daemon can be asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Build the lab and switch everything on; the first order, once.
    Up { spec: Box<Spec>, site: Site },
    /// Wait until an SSH server greets there and lets ordinary accounts in.
    WaitSsh { address: IpAddr, port: u16, seconds: u64 },
    /// How is the host?
    Look { host: String },
    /// Cut the host's power.
    Cut { host: String },
    /// Switch the host on.
    On { host: String },
    /// Pull (false) or plug (true) the cable of a NIC.
    Link { host: String, nic: String, up: bool },
    /// Forget all neighbours in the controller and in all hosts of kind `Netns`.
    FlushNeighbours,
    /// Look for a way out of the lab; there must be none.
    Seal,
    /// Make a host's cables bad, or good again.
    Fault { host: String, fault: Fault },
}

/// What can be wrong with a host's cables while they are plugged in. The fault is in the
/// provider's switch: nothing that the host does mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// New TCP connections to that port of the host are dropped; what is open goes on.
    DropNew {
        /// Which port.
        port: u16,
    },
    /// Nothing gets through, though the cable is plugged in.
    BlackHole,
    /// So many frames of a hundred are lost, each way.
    Loss {
        /// How many of a hundred.
        percent: u8,
    },
    /// What goes to the host comes late. Needs a kernel with netem.
    Slow {
        /// How late.
        milliseconds: u32,
    },
    /// All of these are over.
    None,
}

/// What the daemon has to know about the machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Site {
    /// The lab's name among all labs.
    pub id: String,
    /// The lab's directory of keys and consoles, removed at the end.
    pub dir: PathBuf,
    /// Where the Debian roots are, by variant.
    pub bases: BTreeMap<String, PathBuf>,
}

/// The answer to a request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub id: u64,
    pub result: Result<Answer, String>,
}

/// What an order leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It was done.
    Done,
    /// How a host is.
    Host(State),
}

/// How a host is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Whether it has power.
    pub on: bool,
    /// Its process 1 as the lab's process namespace numbers it.
    pub init: Option<u32>,
    /// How often it has booted.
    pub boots: u64,
}
