//! What boxes and wires come of facts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Guest, Kind, Subject, picture};
use crate::network::live::{Fact, Route};

fn facts() -> BTreeSet<Fact> {
    let link = |name: &str, kind: &str| Fact::Link { name: name.to_owned(), kind: kind.to_owned() };
    let up = |name: &str| Fact::Up { name: name.to_owned() };
    let port =
        |name: &str, master: &str| Fact::Port { name: name.to_owned(), master: master.to_owned() };
    let on = |dev: &str, net: &str| Fact::Address {
        dev: dev.to_owned(),
        address: net.parse().expect("a net"),
        peer: None,
        dynamic: false,
    };
    let gateway = Route::default_via("203.0.113.254".parse().expect("an address"), "vmbr0", None);
    BTreeSet::from([
        link("lo", "device"),
        link("eth0", "device"),
        link("vmbr0", "bridge"),
        link("br1", "bridge"),
        link("tap100i0", "tun"),
        up("eth0"),
        up("vmbr0"),
        up("br1"),
        up("tap100i0"),
        port("eth0", "vmbr0"),
        port("tap100i0", "br1"),
        on("vmbr0", "203.0.113.10/24"),
        on("br1", "10.42.0.1/24"),
        Fact::Route(gateway),
    ])
}

#[test]
fn the_world_is_in_front_and_guests_are_behind() {
    let guests = [Guest {
        name: "web".to_owned(),
        addresses: vec!["10.42.0.11".parse().expect("an address")],
        ..Guest::default()
    }];
    let (facts, below) = (facts(), BTreeMap::new());
    let drawn = picture(&Subject { host: "hv1", facts: &facts, below: &below, guests: &guests });
    let seen: Vec<(Kind, &str, usize)> =
        drawn.nodes.iter().map(|node| (node.kind, node.name.as_str(), node.column)).collect();
    assert_eq!(
        seen,
        [
            (Kind::Gateway, "outside", 0),
            (Kind::Bridge, "br1", 1),
            (Kind::Link, "eth0", 1),
            (Kind::Wire, "tap100i0", 2),
            (Kind::Bridge, "vmbr0", 2),
            (Kind::Guest, "web", 2),
        ]
    );
    let name = |at: usize| drawn.nodes[at].name.as_str();
    let wires: Vec<(&str, &str)> = drawn.wires.iter().map(|(a, b)| (name(*a), name(*b))).collect();
    assert_eq!(
        wires,
        [("outside", "eth0"), ("br1", "tap100i0"), ("br1", "web"), ("eth0", "vmbr0")]
    );
    assert_eq!(drawn.nodes[4].lines, ["203.0.113.10/24"]);
}

#[test]
fn links_in_a_circle_end() {
    let mut facts = facts();
    facts.insert(Fact::Port { name: "vmbr0".to_owned(), master: "eth0".to_owned() });
    let below = BTreeMap::from([("eth0".to_owned(), "eth0".to_owned())]);
    let drawn = picture(&Subject { host: "hv1", facts: &facts, below: &below, guests: &[] });
    assert!(drawn.nodes.len() >= 5);
}

#[test]
fn long_lists_are_cut() {
    let mut facts = facts();
    for last in 1..=200 {
        let address = format!("2001:db8::{last}").parse().expect("an address");
        facts.insert(Fact::Proxy { address, dev: "vmbr0".to_owned() });
    }
    let below = BTreeMap::new();
    let drawn = picture(&Subject { host: "hv1", facts: &facts, below: &below, guests: &[] });
    let vmbr0 = drawn.nodes.iter().find(|node| node.name == "vmbr0").expect("there");
    assert_eq!((vmbr0.lines.len(), vmbr0.lines[11].as_str()), (12, "and 190 more"));
}
