//! What is known of a host beside the files that would go to it.

use ipnet::IpNet;

use crate::diagnostic::{Diagnostic, Place};
use crate::network::interfaces::Dialect;

/// The program that configures the host's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Debian's classic ifupdown.
    Ifupdown,
    /// ifupdown2.
    Ifupdown2,
    /// ifupdown-ng.
    IfupdownNg,
    /// Proxmox VE: ifupdown2, and a web interface that rewrites the file.
    Proxmox,
}

impl System {
    /// All of them, by their words in the inventory and on the command line.
    pub const ALL: [(&'static str, Self); 4] = [
        ("ifupdown", Self::Ifupdown),
        ("ifupdown2", Self::Ifupdown2),
        ("ifupdown-ng", Self::IfupdownNg),
        ("proxmox", Self::Proxmox),
    ];

    /// The system of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == word).map(|(_, system)| *system)
    }

    /// How it reads interfaces(5).
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Ifupdown => Dialect::Ifupdown,
            Self::Ifupdown2 | Self::Proxmox => Dialect::Ifupdown2,
            Self::IfupdownNg => Dialect::Any,
        }
    }
}

/// Facts that the inventory states, as far as it does.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The program that configures the network.
    pub system: Option<System>,
    /// Programs on the host that have a say in its network: `docker`, `libvirt`,
    /// `pve-firewall`, `cloud-init`, `networkmanager`, `networkd`, `netplan`.
    pub services: Vec<String>,
    /// The networks that addresses may be taken from; all if there is none.
    pub address_pools: Vec<IpNet>,
    /// Blocks routed to a vRack.
    pub vrack_blocks: Vec<IpNet>,
    /// Networks that something else on the host uses, each with a name.
    pub ranges: Vec<(String, IpNet)>,
    /// Where SSH connections come from.
    pub ssh_from: Vec<IpNet>,
    /// The MACs that the provider lets pass, in lower case; `None` if it does not care.
    pub registered_macs: Option<Vec<String>>,
    /// Guests on the host.
    pub guests: Vec<Guest>,
    /// Port groups of vSphere that its VMs are on.
    pub portgroups: Vec<Portgroup>,
    /// Roles of Proxmox VE that somebody has made.
    pub roles: Vec<String>,
    /// Commands that the playbook runs after a change, and where they stand.
    pub reloads: Vec<(String, Place)>,
    /// Whether there is another way in: a console, or a rescue system.
    pub console: Option<bool>,
    /// Whether the files are all that there is: what their `source` lines name was read.
    pub complete: bool,
    /// Paths of files that lie beside the reviewed ones on the host.
    pub beside: Vec<String>,
    /// What the inventory and the playbook silence.
    pub exceptions: Vec<Exception>,
    /// What is wrong with the host's vars themselves.
    pub mistakes: Vec<Diagnostic>,
}

/// A guest on a host.
#[derive(Debug, Clone, Default)]
pub struct Guest {
    /// Its name.
    pub name: String,
    /// Its MAC in lower case.
    pub mac: Option<String>,
    /// The bridge that it is on.
    pub bridge: Option<String>,
    /// Its addresses.
    pub addresses: Vec<std::net::IpAddr>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A port group of a distributed switch of vSphere.
#[derive(Debug, Clone, Default)]
pub struct Portgroup {
    /// Its name.
    pub name: String,
    /// The switch's name.
    pub switch: String,
    /// Whether promiscuous mode is accepted for the whole group.
    pub promiscuous: bool,
    /// Whether single ports have a policy of their own.
    pub port_override: bool,
    /// Whether a port forgets its policy when it is disconnected.
    pub reset_at_disconnect: bool,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A rule that does not apply to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The rule's id.
    pub rule: String,
    /// Why; empty if nobody said.
    pub reason: String,
    /// Where it is written.
    pub place: Place,
}
