//! The live state of a host's network as a set of facts that can be compared.
//!
//! Each [`Fact`] is one thing that is so in the kernel: an address on a device, a route, a
//! port of a bridge. Two states differ by the facts that only one of them has
//! ([`differences`]), and each difference is one line.
//!
//! Left out, because the kernel or a protocol makes it by itself: the tables `local`, link
//! and host addresses, multicast, the route that comes with an address.

mod compare;
mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use compare::{Difference, Sign, differences};
pub use parse::{Texts, parse};

/// A route in any table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// `inet` or `inet6`.
    pub family: String,
    /// `default`, or a prefix.
    pub to: String,
    /// `main`, a name or a number.
    pub table: String,
    /// `unicast`, `blackhole`, `unreachable`…
    #[serde(rename = "type")]
    pub kind: String,
    /// The next hops, `GATEWAY DEV`, where there are several; else empty.
    pub hops: Vec<String>,
    /// The gateway, if it has one.
    pub via: Option<IpAddr>,
    /// The device, if it has one.
    pub dev: Option<String>,
    /// The metric, unless it is the family's usual one.
    pub metric: Option<u32>,
    /// The source address that it gives.
    pub src: Option<IpAddr>,
    /// Whether a protocol made it (DHCP, router advertisements, a routing daemon).
    pub dynamic: bool,
}

impl Route {
    /// A default route of the main table.
    pub fn default_via(via: IpAddr, dev: &str, metric: Option<u32>) -> Self {
        Self {
            family: family(via).to_owned(),
            to: "default".to_owned(),
            table: "main".to_owned(),
            kind: "unicast".to_owned(),
            hops: Vec::new(),
            via: Some(via),
            dev: Some(dev.to_owned()),
            metric,
            src: None,
            dynamic: false,
        }
    }

    /// Whether it is a default route of the main table.
    pub fn is_default(&self) -> bool {
        self.to == "default" && self.table == "main" && self.kind == "unicast"
    }

    /// Whether it leads out over a device.
    pub fn uses(&self, dev: &str) -> bool {
        self.dev.as_deref() == Some(dev)
            || self.hops.iter().any(|hop| hop.rsplit(' ').next() == Some(dev))
    }
}

/// One thing that is so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A link is there.
    Link {
        /// Its name.
        name: String,
        /// `bridge`, `vlan`, `bond`…; `device` where the kernel names no kind.
        kind: String,
    },
    /// A link is set up, whatever its cable says.
    Up {
        /// Which.
        name: String,
    },
    /// A link's MTU.
    Mtu {
        /// Which link.
        name: String,
        /// In bytes.
        mtu: u32,
    },
    /// A link is a port of a bridge or bond.
    Port {
        /// The port.
        name: String,
        /// The bridge or bond.
        master: String,
    },
    /// An address.
    Address {
        /// The link.
        dev: String,
        /// Address and prefix.
        address: IpNet,
        /// The other end of a point-to-point link.
        peer: Option<IpAddr>,
        /// Whether it expires (DHCP, router advertisements).
        dynamic: bool,
    },
    /// A route.
    Route(Route),
    /// A policy rule beyond the kernel's own.
    Rule {
        /// `inet` or `inet6`.
        family: String,
        /// Its priority.
        priority: u32,
        /// As `ip rule` writes it.
        rule: String,
    },
    /// A neighbour proxy.
    Proxy {
        /// The address that is answered for.
        address: IpAddr,
        /// On which link.
        dev: String,
    },
    /// A sysctl value.
    Sysctl {
        /// Dotted, as sysctl(8) writes it.
        key: String,
        /// Its words, separated by single spaces.
        value: String,
    },
}

/// `inet` or `inet6`.
pub fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "inet" } else { "inet6" }
}

impl Fact {
    /// The link that it is about, if it is about one.
    pub fn dev(&self) -> Option<&str> {
        match self {
            Self::Link { name, .. }
            | Self::Up { name }
            | Self::Mtu { name, .. }
            | Self::Port { name, .. } => Some(name),
            Self::Address { dev, .. } | Self::Proxy { dev, .. } => Some(dev),
            Self::Route(route) => route.dev.as_deref(),
            Self::Rule { .. } | Self::Sysctl { .. } => None,
        }
    }

    /// Whether a protocol made it, and may take it away again.
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Address { dynamic, .. } => *dynamic,
            Self::Route(route) => route.dynamic,
            _ => false,
        }
    }
}

/// One line, much as iproute2 writes it.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link { name, kind } if kind == "device" => write!(f, "link {name}"),
            Self::Link { name, kind } => write!(f, "{kind} {name}"),
            Self::Up { name } => write!(f, "{name} is up"),
            Self::Mtu { name, mtu } => write!(f, "mtu {mtu} on {name}"),
            Self::Port { name, master } => write!(f, "{name} is a port of {master}"),
            Self::Address { dev, address, peer, dynamic } => {
                write!(f, "address {address}")?;
                if let Some(peer) = peer {
                    write!(f, " peer {peer}")?;
                }
                write!(f, " dev {dev}{}", by_protocol(*dynamic))
            }
            Self::Route(route) => write!(f, "{route}"),
            Self::Rule { family, priority, rule } => {
                let v6 = if family == "inet6" { " (IPv6)" } else { "" };
                write!(f, "rule {priority}: {rule}{v6}")
            }
            Self::Proxy { address, dev } => write!(f, "neighbour proxy {address} dev {dev}"),
            Self::Sysctl { key, value } => write!(f, "sysctl {key} = {value}"),
        }
    }
}

fn by_protocol(dynamic: bool) -> &'static str {
    if dynamic { " (dynamic)" } else { "" }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != "unicast" {
            write!(f, "{} ", self.kind)?;
        }
        if self.to == "default" { f.write_str("default") } else { write!(f, "route {}", self.to) }?;
        if self.to == "default" && self.via.is_none() && self.family == "inet6" {
            f.write_str(" (IPv6)")?;
        }
        if let Some(via) = self.via {
            write!(f, " via {via}")?;
        }
        if let Some(dev) = &self.dev {
            write!(f, " dev {dev}")?;
        }
        for hop in &self.hops {
            write!(f, " nexthop {hop}")?;
        }
        if let Some(src) = self.src {
            write!(f, " src {src}")?;
        }
        if let Some(metric) = self.metric {
            write!(f, " metric {metric}")?;
        }
        if self.table != "main" {
            write!(f, " table {}", self.table)?;
        }
        f.write_str(by_protocol(self.dynamic))
    }
}

/// What is so on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// All facts.
    pub facts: BTreeSet<Fact>,
    /// The listing of each nft table that was asked for and is there, by `FAMILY NAME`.
    pub nft: BTreeMap<String, String>,
}

impl Live {
    /// Whether a link is there.
    pub fn has_link(&self, name: &str) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Fact::Link { name: link, .. } if link == name))
    }

    /// The ports of a bridge or bond.
    pub fn ports(&self, of: &str) -> Vec<String> {
        let port = |fact: &Fact| match fact {
            Fact::Port { name, master } if master == of => Some(name.clone()),
            _ => None,
        };
        self.facts.iter().filter_map(port).collect()
    }

    /// The routes of the main table that lead everywhere.
    pub fn defaults(&self) -> impl Iterator<Item = &Route> {
        self.facts.iter().filter_map(|fact| match fact {
            Fact::Route(route) if route.is_default() => Some(route),
            _ => None,
        })
    }

    /// The addresses, each with its link.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.facts.iter().filter_map(|fact| match fact {
            Fact::Address { dev, address, .. } => Some((dev.as_str(), address.addr())),
            _ => None,
        })
    }
}
