//! An inventory host, how it is reached, and what is wanted of it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Artifact, CheckSpec, Masks};
use crate::diagnostic::Diagnostic;

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
    /// `doas` to root, which has to be allowed without a password.
    Doas,
}

impl fmt::Debug for Become {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("No"),
            Self::Doas => f.write_str("Doas"),
            Self::Sudo { password } => {
                let shown = password.as_ref().map(|_| "(hidden)");
                f.debug_struct("Sudo").field("password", &shown).finish()
            }
        }
    }
}

/// How a host is reached, from the inventory's connection vars.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    /// `ansible_host`, or the inventory name: what `ssh` would be given.
    pub address: String,
    /// `ansible_port`; without, `ssh_config` decides.
    pub port: Option<u16>,
    /// `ansible_user`; without, `ssh_config` decides.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`.
    pub identity_file: Option<PathBuf>,
    /// `ansible_password`. Never shown.
    pub password: Option<String>,
    /// Options for `ssh`.
    pub options: SshOptions,
    /// `ansible_become*`; none where it is not set.
    pub r#become: Option<Become>,
    /// Why it is not reached over SSH at all.
    pub other: Option<Box<Diagnostic>>,
}

/// Options for `ssh` from vars, as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SshOptions {
    /// `ansible_ssh_args`, which come before the other vars.
    pub first: Option<String>,
    /// `ansible_ssh_common_args` and `ansible_ssh_extra_args`, which come after them.
    pub last: Vec<(&'static str, String)>,
    /// `ansible_host_key_checking` and its like.
    pub check_host_keys: Option<bool>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("identity_file", &self.identity_file)
            .field("password", &self.password.as_ref().map(|_| "(hidden)"))
            .field("options", &self.options)
            .field("become", &self.r#become)
            .finish()
    }
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
    /// What must not be shown of it.
    pub secrets: Masks,
}

impl Host {
    /// Its addresses as far as its vars tell them: where it is reached, if that is an
    /// address, and what `network.uplink` has.
    pub fn own_addresses(&self) -> Vec<IpAddr> {
        let network = self.vars.get("network").cloned().unwrap_or_default();
        super::check::own_addresses(&self.connection.address, &network)
    }
}

#[cfg(test)]
impl Host {
    /// A host for tests, of which nothing is told but its name.
    pub(crate) fn plain(name: &str) -> Self {
        let connection = Connection {
            address: name.to_owned(),
            port: None,
            user: None,
            identity_file: None,
            password: None,
            options: SshOptions::default(),
            r#become: None,
            other: None,
        };
        let (groups, secrets) = (Vec::new(), Masks::default());
        Self { name: name.to_owned(), groups, vars: serde_json::Map::new(), connection, secrets }
    }
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
    /// Whether a host that is still cut off when everything else was tried may be rebooted.
    pub reboot_as_last_resort: bool,
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
            reboot_as_last_resort: false,
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
