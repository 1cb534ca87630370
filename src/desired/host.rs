//! An inventory host, how it is reached, and what is wanted of it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Artifact, CheckSpec};

/// How to become root after logging in.
#[derive(Clone, PartialEq, Eq)]
pub enum Become {
    /// The login user is root already, or `ansible_become` is false.
    No,
    /// `sudo` to root; the password, if any, from `ansible_become_password`.
    Sudo {
        /// Never shown.
        password: Option<String>,
    },
}

impl fmt::Debug for Become {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("No"),
            Self::Sudo { password } => {
                let shown = password.as_ref().map(|_| "(hidden)");
                f.debug_struct("Sudo").field("password", &shown).finish()
            }
        }
    }
}

/// How a host is reached, from the inventory's connection vars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// `ansible_host`, or the inventory name: a DNS name or an address literal.
    pub address: String,
    /// `ansible_port`, 22 without.
    pub port: u16,
    /// `ansible_user`; without, the name of the user who runs rappel.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`.
    pub identity_file: Option<PathBuf>,
    /// `ansible_become*`.
    pub r#become: Become,
}

/// A host of the inventory with all its vars resolved.
#[derive(Clone, PartialEq)]
pub struct Host {
    /// `inventory_hostname`.
    pub name: String,
    /// The groups it is in, directly or through children; parents first.
    pub groups: Vec<String>,
    /// Resolved vars (host wins over group, child group over parent), as JSON.
    pub vars: serde_json::Map<String, serde_json::Value>,
    /// How it is reached.
    pub connection: Connection,
}

impl fmt::Debug for Host {
    /// With the names of its vars only: any value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.name)
            .field("groups", &self.groups)
            .field("vars", &self.vars.keys().collect::<Vec<_>>())
            .field("connection", &self.connection)
            .finish()
    }
}

/// A play's settings for the transaction on each host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long the host waits for the confirmation after activation before it reverts.
    pub confirm_window: Duration,
    /// How long activation may take before the host reverts.
    pub activation_timeout: Duration,
    /// How long the checks must keep passing before the change is confirmed.
    pub settle: Duration,
}

impl Default for Settings {
    /// 60 s to confirm: reconnecting over two families with a lost SYN each takes under
    /// 20 s, and LuCI found 30 s too short. 120 s to activate: a DHCP client gives up
    /// after 60 s, a bridge with STP forwards after 30 s. 1 s to settle.
    fn default() -> Self {
        Self {
            confirm_window: Duration::from_secs(60),
            activation_timeout: Duration::from_secs(120),
            settle: Duration::from_secs(1),
        }
    }
}

/// What is wanted of one host.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// The host.
    pub host: Host,
    /// The files, in the playbook's order; no path twice.
    pub artifacts: Vec<Artifact>,
    /// The play's settings.
    pub settings: Settings,
    /// What must work after a change; the usual checks if no play says otherwise.
    pub checks: Vec<CheckSpec>,
    /// The hosts of the inventory, if a check needs others than this one.
    pub peers: Arc<Vec<Peer>>,
}

/// A host of the inventory as others look for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// The host.
    pub host: Host,
    /// Its addresses, as far as its vars tell them.
    pub addresses: Vec<IpAddr>,
}
