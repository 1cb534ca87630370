//! What the kernel does to its state when it is told something: enough of it to foresee
//! what ifupdown's commands leave behind.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::network::live::{Fact, Route};

/// A state that can be changed as the kernel would change it.
#[derive(Debug, Clone, Default)]
pub struct Kernel {
    /// What is so.
    pub facts: BTreeSet<Fact>,
}

impl Kernel {
    /// Whether a link is there.
    pub fn has(&self, name: &str) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Fact::Link { name: link, .. } if link == name))
    }

    /// The MTU of a link; 1500 where it is not known.
    pub fn mtu(&self, name: &str) -> u32 {
        let of = |fact: &Fact| match fact {
            Fact::Mtu { name: link, mtu } if link == name => Some(*mtu),
            _ => None,
        };
        self.facts.iter().find_map(of).unwrap_or(1500)
    }

    /// Makes a link of a kind; nothing if it is there.
    pub fn add_link(&mut self, name: &str, kind: &str, mtu: u32) {
        if !self.has(name) {
            self.facts.insert(Fact::Link { name: name.to_owned(), kind: kind.to_owned() });
            self.facts.insert(Fact::Mtu { name: name.to_owned(), mtu });
        }
    }

    /// Takes a link away with everything that hangs on it.
    pub fn del_link(&mut self, name: &str) {
        self.set_down(name);
        self.facts.retain(|fact| {
            let port = matches!(fact, Fact::Port { master, .. } if master == name);
            !port && fact.dev() != Some(name)
        });
    }

    /// Sets a link up.
    pub fn set_up(&mut self, name: &str) {
        self.facts.insert(Fact::Up { name: name.to_owned() });
    }

    /// Sets a link down: its routes, IPv6 addresses and proxies go.
    pub fn set_down(&mut self, name: &str) {
        self.facts.retain(|fact| match fact {
            Fact::Up { name: link } => link != name,
            Fact::Route(route) => !route.uses(name),
            Fact::Address { dev, address, .. } => dev != name || address.addr().is_ipv4(),
            Fact::Proxy { dev, .. } => dev != name,
            _ => true,
        });
    }

    /// Sets an MTU.
    pub fn set_mtu(&mut self, name: &str, mtu: u32) {
        self.facts.retain(|fact| !matches!(fact, Fact::Mtu { name: link, .. } if link == name));
        self.facts.insert(Fact::Mtu { name: name.to_owned(), mtu });
    }

    /// Puts a link into a bridge or bond, or takes it out of one.
    pub fn set_master(&mut self, name: &str, master: Option<&str>) {
        self.facts.retain(|fact| !matches!(fact, Fact::Port { name: port, .. } if port == name));
        if let Some(master) = master {
            self.facts.insert(Fact::Port { name: name.to_owned(), master: master.to_owned() });
        }
    }

    /// Adds an address.
    pub fn add_address(&mut self, dev: &str, address: IpNet, peer: Option<IpAddr>) {
        // The same address that a lease gave is a lasting one from now on.
        self.facts.retain(|fact| {
            !matches!(fact, Fact::Address { dev: d, address: a, .. } if d == dev && *a == address)
        });
        self.facts.insert(Fact::Address { dev: dev.to_owned(), address, peer, dynamic: false });
    }

    /// Removes an address, with the routes that have it as their source; with the last one
    /// of IPv4 all IPv4 routes of the link go.
    pub fn del_address(&mut self, dev: &str, address: IpAddr) {
        self.facts.retain(|fact| match fact {
            Fact::Address { dev: d, address: a, .. } => d != dev || a.addr() != address,
            Fact::Route(route) => route.src != Some(address),
            _ => true,
        });
        let left = self.facts.iter().any(|fact| {
            matches!(fact, Fact::Address { dev: d, address: a, .. } if d == dev && a.addr().is_ipv4())
        });
        if address.is_ipv4() && !left {
            self.facts.retain(
                |fact| !matches!(fact, Fact::Route(r) if r.family == "inet" && r.uses(dev)),
            );
        }
    }

    /// Removes the addresses of a link that `goes` says.
    pub fn flush(&mut self, dev: &str, goes: impl Fn(&IpNet) -> bool) {
        let of = |fact: &Fact| match fact {
            Fact::Address { dev: d, address, .. } if d == dev && goes(address) => {
                Some(address.addr())
            }
            _ => None,
        };
        let all: Vec<IpAddr> = self.facts.iter().filter_map(of).collect();
        for address in all {
            self.del_address(dev, address);
        }
    }

    /// Adds a route, in the place of one to the same destination.
    pub fn replace_route(&mut self, new: Route) {
        self.facts.retain(|fact| match fact {
            Fact::Route(old) => {
                (&old.family, &old.to, &old.table, old.metric)
                    != (&new.family, &new.to, &new.table, new.metric)
            }
            _ => true,
        });
        self.facts.insert(Fact::Route(new));
    }

    /// Removes routes to the same destination that agree in what `which` names.
    pub fn del_route(&mut self, which: &Route) {
        self.facts.retain(|fact| match fact {
            Fact::Route(route) => {
                (&route.family, &route.to, &route.table) != (&which.family, &which.to, &which.table)
                    || which.via.is_some() && route.via != which.via
                    || which.dev.is_some() && route.dev != which.dev
            }
            _ => true,
        });
    }
}
