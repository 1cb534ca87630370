//! The checks that a play declares, as values: what is to be found out, and from where.

mod own;
mod read;
mod render;

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

pub(crate) use own::addresses as own_addresses;
pub(crate) use render::checks;

/// An address family that a check is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: &IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// The word of ifupdown and of the checks' results.
    pub fn word(self) -> &'static str {
        match self {
            Self::V4 => "inet",
            Self::V6 => "inet6",
        }
    }
}

/// Where a check is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Vantage {
    /// The host itself.
    #[default]
    Host,
    /// The machine that rappel runs on.
    Controller,
    /// Another host of the inventory on the same segment.
    Witness,
    /// A guest of the host that is in the inventory as well.
    Guest,
}

/// One check of one host, with all its settings rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckSpec {
    /// A new connection over every family that worked before. Made with every change.
    Ssh,
    /// Every default gateway answers. Made with every change.
    Gateway,
    /// Nobody else has the host's addresses. Made with every change.
    Dad {
        /// Addresses that others may answer for as well (VRRP, CARP).
        shared: Vec<IpAddr>,
    },
    /// Packets of full size arrive.
    Mtu {
        /// Whom to send them to; every default gateway without.
        target: Option<IpAddr>,
        /// Bytes of the whole packet; the interface's MTU without.
        size: Option<u16>,
    },
    /// Somebody answers echo requests.
    Ping {
        /// An address or a name.
        target: String,
        /// Over which family; the address's own, or any for a name.
        family: Option<Family>,
        /// From which of the prober's addresses; as its routes say without.
        source: Option<IpAddr>,
    },
    /// Somebody accepts TCP connections.
    Tcp {
        /// An address or a name.
        target: String,
        /// The port.
        port: u16,
    },
    /// A name has an address.
    Dns {
        /// The name.
        name: String,
        /// Whom to ask; as the host is set up without.
        server: Option<IpAddr>,
    },
    /// An address on the link answers ARP or NDP.
    Neighbour {
        /// The address.
        address: IpAddr,
        /// On which interface; where the route leads without.
        dev: Option<String>,
    },
    /// There is a route.
    Route {
        /// An address, a prefix with its length, or `default`.
        to: String,
        /// Over which gateway.
        via: Option<IpAddr>,
        /// Out of which interface.
        dev: Option<String>,
    },
    /// The host answers neighbour solicitations for others' addresses.
    NdpProxy {
        /// Whose.
        addresses: Vec<Ipv6Addr>,
        /// Whose it must not answer for.
        never: Vec<Ipv6Addr>,
        /// On which interface, and on no other.
        dev: String,
    },
    /// The same as seen by a witness.
    Proxied {
        /// An address of the host's own, whose MAC address is to answer.
        host: IpAddr,
        /// Whose.
        addresses: Vec<Ipv6Addr>,
        /// Whose it must not answer for.
        never: Vec<Ipv6Addr>,
    },
    /// A command ends well.
    Command {
        /// For `sh -c`.
        run: String,
    },
    /// A check that is made from elsewhere.
    From {
        /// From where; never the host itself.
        vantage: Vantage,
        /// What.
        check: Box<CheckSpec>,
    },
}

impl CheckSpec {
    /// Whether other hosts of the inventory are needed for it.
    pub fn needs_others(&self) -> bool {
        matches!(self, Self::From { vantage: Vantage::Witness | Vantage::Guest, .. })
    }

    /// What a play without `checks` gets.
    pub fn usual() -> Vec<Self> {
        let mtu = Self::Mtu { target: None, size: None };
        vec![Self::Ssh, Self::Gateway, Self::Dad { shared: Vec::new() }, mtu]
    }
}
