//! What a host's network looks like: boxes and the wires between them, from facts.
//!
//! No positions, no colours: how it is drawn is the business of whoever draws it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::live::{Fact, Route};

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A gateway, and the world behind it.
    Gateway,
    /// A NIC, or anything that the kernel names no kind of.
    Link,
    /// Several links as one.
    Bond,
    /// A VLAN.
    Vlan,
    /// A bridge.
    Bridge,
    /// A tunnel or another link without a wire.
    Tunnel,
    /// A guest.
    Guest,
    /// A guest's end of a wire, which nobody named.
    Wire,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Link => "link",
            Self::Bond => "bond",
            Self::Vlan => "vlan",
            Self::Bridge => "bridge",
            Self::Tunnel => "tunnel",
            Self::Guest => "guest",
            Self::Wire => "wire",
        }
    }
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it stands for.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What is on it, a line each: addresses first.
    pub lines: Vec<String>,
    /// How far it is from the world: the column in which it is drawn.
    pub column: usize,
}

/// A host's network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The host.
    pub host: String,
    /// The boxes, column by column.
    pub nodes: Vec<Node>,
    /// Wires between boxes, by their numbers, the one nearer to the world first.
    pub wires: Vec<(usize, usize)>,
    /// What is about no box: policy rules.
    pub notes: Vec<String>,
}

/// A guest as the inventory names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guest {
    /// Its name.
    pub name: String,
    /// Its MAC address.
    pub mac: Option<String>,
    /// The bridge that it is on.
    pub bridge: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// What a picture is made of.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The host's name.
    pub host: &'a str,
    /// What is so.
    pub facts: &'a BTreeSet<Fact>,
    /// The links that others are made on, where their names do not tell.
    pub below: &'a BTreeMap<String, String>,
    /// The guests that are known.
    pub guests: &'a [Guest],
}

/// So many lines of one box are shown; a hypervisor answers for hundreds of guests.
const LINES: usize = 12;

/// Draws up the picture of a host.
pub fn picture(subject: &Subject<'_>) -> Picture {
    let mut sketch = Sketch { subject, picture: Picture::default(), at: BTreeMap::new() };
    sketch.picture.host = subject.host.to_owned();
    sketch.links();
    sketch.gateways();
    sketch.guests();
    sketch.notes();
    sketch.in_order()
}

struct Sketch<'a> {
    subject: &'a Subject<'a>,
    picture: Picture,
    /// The number of a link's box.
    at: BTreeMap<&'a str, usize>,
}

impl<'a> Sketch<'a> {
    fn names(&self) -> Vec<(&'a str, &'a str)> {
        let facts = self.subject.facts;
        let links = facts.iter().filter_map(|fact| match fact {
            Fact::Link { name, kind } if name != "lo" => Some((name.as_str(), kind.as_str())),
            _ => None,
        });
        links.collect()
    }

    fn master(&self, name: &str) -> Option<&'a str> {
        self.subject.facts.iter().find_map(|fact| match fact {
            Fact::Port { name: port, master } if port == name => Some(master.as_str()),
            _ => None,
        })
    }

    /// The link that another is made on.
    fn base(&self, name: &'a str) -> Option<&'a str> {
        let told = self.subject.below.get(name).map(String::as_str);
        let by_name = || {
            let (base, tag) = name.rsplit_once('.')?;
            tag.bytes().all(|b| b.is_ascii_digit()).then_some(base)
        };
        let is_link = |base: &&str| self.names().iter().any(|(link, _)| link == base);
        told.or_else(by_name).filter(is_link)
    }

    fn kind(&self, name: &'a str, kind: &str) -> Kind {
        let addressed = || {
            self.subject
                .facts
                .iter()
                .any(|fact| matches!(fact, Fact::Address { dev, .. } if dev == name))
        };
        let bridged = || {
            let master = self.master(name)?;
            self.names().into_iter().find(|(link, kind)| *link == master && *kind == "bridge")
        };
        let wire = name.starts_with("tap")
            || name.starts_with("vnet")
            || name.starts_with("fwpr")
            || name.starts_with("veth");
        match kind {
            "bridge" => Kind::Bridge,
            "bond" | "team" => Kind::Bond,
            "vlan" => Kind::Vlan,
            "tun" | "veth" if bridged().is_some() && (wire || kind == "tun") && !addressed() => {
                Kind::Wire
            }
            "device" | "veth" | "dummy" | "macvlan" => Kind::Link,
            _ if self.base(name).is_some() => Kind::Vlan,
            _ => Kind::Tunnel,
        }
    }

    fn links(&mut self) {
        for (name, kind) in self.names() {
            let kind = match self.kind(name, kind) {
                Kind::Link if self.base(name).is_some() => Kind::Vlan,
                kind => kind,
            };
            let lines = self.lines(name);
            self.at.insert(name, self.picture.nodes.len());
            self.picture.nodes.push(Node { kind, name: name.to_owned(), lines, column: 1 });
        }
        for (name, _) in self.names() {
            let own = self.at[name];
            if let Some(master) = self.master(name).and_then(|master| self.at.get(master)) {
                let wire = match self.picture.nodes[own].kind {
                    Kind::Wire => (*master, own),
                    _ => (own, *master),
                };
                self.picture.wires.push(wire);
            }
            if let Some(base) = self.base(name).and_then(|base| self.at.get(base)) {
                self.picture.wires.push((*base, own));
            }
        }
        self.columns();
    }

    /// A box stands one column behind the last one that leads to it.
    fn columns(&mut self) {
        // As often as there are boxes: wires in a circle must not draw for ever.
        for _ in 0..self.picture.nodes.len() {
            let mut moved = false;
            for (from, to) in self.picture.wires.clone() {
                let behind = self.picture.nodes[from].column + 1;
                if self.picture.nodes[to].column < behind && behind <= self.picture.nodes.len() {
                    self.picture.nodes[to].column = behind;
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let facts = self.subject.facts;
        let mut lines = Vec::new();
        lines.extend(facts.iter().filter_map(|fact| match fact {
            Fact::Address { dev, address, peer, dynamic } if dev == name => {
                let peer = peer.map_or_else(String::new, |peer| format!(" peer {peer}"));
                Some(format!("{address}{peer}{}", if *dynamic { " (dynamic)" } else { "" }))
            }
            _ => None,
        }));
        lines.extend(facts.iter().filter_map(|fact| match fact {
            Fact::Route(route) if route.dev.as_deref() == Some(name) && !route.is_default() => {
                Some(way(route))
            }
            _ => None,
        }));
        lines.extend(facts.iter().filter_map(|fact| match fact {
            Fact::Proxy { address, dev } if dev == name => Some(format!("answers for {address}")),
            _ => None,
        }));
        lines.extend(facts.iter().filter_map(|fact| match fact {
            Fact::Mtu { name: own, mtu } if own == name && *mtu != 1500 => {
                Some(format!("mtu {mtu}"))
            }
            _ => None,
        }));
        if !facts.contains(&Fact::Up { name: name.to_owned() }) {
            lines.push("down".to_owned());
        }
        shortened(lines)
    }

    /// The gateways of the default routes, in front of the NIC that they are reached over.
    fn gateways(&mut self) {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for route in self.subject.facts.iter().filter_map(|fact| match fact {
            Fact::Route(route) if route.is_default() => Some(route),
            _ => None,
        }) {
            let Some(dev) = route.dev.as_deref() else { continue };
            let via = route.via.map_or_else(|| "no gateway".to_owned(), |via| via.to_string());
            let first = self.outermost(dev).to_owned();
            let line = format!("{via}{}", if route.dynamic { " (dynamic)" } else { "" });
            match found.iter_mut().find(|(own, _)| *own == first) {
                Some((_, lines)) if lines.contains(&line) => {}
                Some((_, lines)) => lines.push(line),
                None => found.push((first, vec![line])),
            }
        }
        for (first, lines) in found {
            let to = self.at.get(first.as_str()).copied();
            let name = "outside".to_owned();
            let own = self.picture.nodes.len();
            self.picture.nodes.push(Node { kind: Kind::Gateway, name, lines, column: 0 });
            self.picture.wires.extend(to.map(|to| (own, to)));
        }
    }

    /// The first link, from the world's side, that leads to a device.
    fn outermost<'b>(&'b self, dev: &'b str) -> &'b str {
        let Some(mut at) = self.at.get(dev).copied() else { return dev };
        for _ in 0..self.picture.nodes.len() {
            let nearer = self.picture.wires.iter().find(|(_, to)| *to == at);
            match nearer {
                Some((from, _)) => at = *from,
                None => break,
            }
        }
        &self.picture.nodes[at].name
    }

    fn guests(&mut self) {
        for guest in self.subject.guests {
            let bridge = guest.bridge.as_deref().or_else(|| self.home(guest));
            let on = bridge.and_then(|bridge| self.at.get(bridge)).copied();
            let column = on.map_or(1, |on| self.picture.nodes[on].column) + 1;
            let mut lines: Vec<String> = guest.addresses.iter().map(ToString::to_string).collect();
            lines.retain(|line| *line != guest.name);
            lines.extend(guest.mac.clone());
            let own = self.picture.nodes.len();
            self.picture.nodes.push(Node {
                kind: Kind::Guest,
                name: guest.name.clone(),
                lines,
                column,
            });
            self.picture.wires.extend(on.map(|on| (on, own)));
        }
    }

    /// The link whose network a guest's address is in: the narrowest one, bridges first.
    fn home(&self, guest: &Guest) -> Option<&'a str> {
        let nets = self.subject.facts.iter().filter_map(|fact| match fact {
            Fact::Address { dev, address, .. } => Some((dev.as_str(), *address)),
            _ => None,
        });
        let holds = |net: &IpNet| guest.addresses.iter().any(|address| net.contains(address));
        let nets: Vec<(&str, IpNet)> = nets.filter(|(_, net)| holds(net)).collect();
        let is_bridge = |dev: &str| {
            self.at.get(dev).is_some_and(|at| self.picture.nodes[*at].kind == Kind::Bridge)
        };
        nets.into_iter()
            .max_by_key(|(dev, net)| (is_bridge(dev), net.prefix_len()))
            .map(|(dev, _)| dev)
    }

    fn notes(&mut self) {
        let about_no_box = self.subject.facts.iter().filter_map(|fact| match fact {
            Fact::Rule { .. } => Some(fact.to_string()),
            Fact::Route(route) if route.dev.is_none() => Some(route.to_string()),
            _ => None,
        });
        self.picture.notes = shortened(about_no_box.collect());
    }

    /// Column by column; the wires follow.
    fn in_order(self) -> Picture {
        let mut order: Vec<usize> = (0..self.picture.nodes.len()).collect();
        order.sort_by_key(|at| self.picture.nodes[*at].column);
        let place = |at: usize| order.iter().position(|old| *old == at).unwrap_or(at);
        let wires = self.picture.wires.iter().map(|(from, to)| (place(*from), place(*to)));
        let wires: BTreeSet<(usize, usize)> = wires.collect();
        let nodes = order.iter().map(|at| self.picture.nodes[*at].clone()).collect();
        Picture { wires: wires.into_iter().collect(), nodes, ..self.picture }
    }
}

fn way(route: &Route) -> String {
    let via = route.via.map_or_else(String::new, |via| format!(" via {via}"));
    let table =
        if route.table == "main" { String::new() } else { format!(" table {}", route.table) };
    format!("to {}{via}{table}", route.to)
}

fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > LINES {
        let more = lines.len() - (LINES - 1);
        lines.truncate(LINES - 1);
        lines.push(format!("and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests;
