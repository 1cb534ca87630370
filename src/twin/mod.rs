//! Pure: hosts as they are, and what is wanted of them → throw-away twins in a lab.
//!
//! Why the room exists: a rollout that is rehearsed on twins finds a wrong gateway only if
//! the twins' provider has the right one. So what is true is never taken from the very vars
//! that are rehearsed, where anything else tells it: a record of the host, or another
//! inventory that is in force. Where nothing does, what most hosts of a network say is
//! assumed, and each assumption is a sentence in [`Twins::assumptions`].

mod assumed;
mod build;
mod fate;
mod gateways;
mod guests;
mod links;
mod names;
mod provider;
mod record;
mod today;
mod wiring;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use build::{Settings, twins};
pub use fate::{Bare, Fate, Rehearsed};
pub use record::Record;

use crate::desired::Desired;
use crate::lab::Spec;

/// What is known of a host beside what is wanted of it.
#[derive(Debug, Clone)]
pub enum Known {
    /// It was read.
    Recorded(Box<Record>),
    /// An inventory that is in force says it.
    Baseline(Box<Desired>),
    /// Nothing but where it is reached.
    Nothing,
}

/// A host that is to get a twin.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// What is wanted of it.
    pub desired: &'a Desired,
    /// What is known of it.
    pub known: Known,
    /// Whether its network is configured by ifupdown2, where no record tells.
    pub ifupdown2: bool,
    /// The address of the name that the inventory reaches it by, if it is no address itself.
    pub named: Option<IpAddr>,
}

/// Where a twin's present configuration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// From a record of the host.
    Recorded,
    /// From an inventory that is in force.
    Baseline,
    /// Its address is where the inventory reaches it; the rest is assumed.
    Assumed,
}

impl Basis {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Baseline => "baseline",
            Self::Assumed => "assumed",
        }
    }
}

/// A twin as those who use the lab know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// The host that it is the twin of.
    pub host: String,
    /// Its own name in the lab.
    pub name: String,
    /// Where its present configuration comes from.
    pub basis: Basis,
    /// Where the inventory reaches it: first its place from now on, then where it is today.
    pub addresses: Vec<IpAddr>,
    /// Whether the controller reaches it there without another host's help.
    pub direct: bool,
    /// The port of its SSH server.
    pub port: u16,
    /// Its NICs, the one with its address first.
    pub nics: Vec<String>,
    /// The switch that this one ends in.
    pub segment: Option<String>,
    /// Whether it has a disk of its own.
    pub disk: bool,
}

/// A lab of twins.
#[derive(Debug, Clone)]
pub struct Twins {
    /// What the lab is made of.
    pub spec: Spec,
    /// The twins, in the inventory's order.
    pub hosts: Vec<Twin>,
    /// Names that the controller has to know, with their addresses.
    pub names: Vec<(String, IpAddr)>,
    /// What was assumed, a sentence each.
    pub assumptions: Vec<String>,
}

impl Twins {
    /// Gives hosts accounts beyond those by which the inventory reaches them.
    pub fn more_accounts(&mut self, accounts: &[(String, String)]) {
        for (host, account) in accounts {
            let twin = self.hosts.iter().find(|twin| twin.host == *host);
            let spec = twin.and_then(|twin| self.spec.host_mut(&twin.name));
            if let Some(spec) = spec.filter(|spec| !spec.accounts.contains(account)) {
                spec.accounts.push(account.clone());
            }
        }
    }
}
