//! Interfaces beside the uplink: bridges for guests, and NICs with addresses of their own.

use serde_json::{Map, Value, json};

use crate::network::interfaces::Configured;

use super::stanzas::{Stanzas, addresses, mac, mtu, name_fits, option, routes};

/// The command by which guests find their IPv6 gateway.
const GUESTS_GATEWAY: &str = "ip -6 addr replace fe80::1/64 dev $IFACE nodad";

/// Bridges without a port.
pub(super) fn bridges(stanzas: &Stanzas<'_>, taken: &[String]) -> Vec<Value> {
    let names = stanzas.names().into_iter().filter(|name| !taken.iter().any(|t| t == name));
    names
        .filter(|name| stanzas.ports(name).is_some_and(|ports| ports.is_empty()))
        .map(|name| {
            let own = of(stanzas, name);
            let mut bridge = named(name);
            if let Some(mac) = own.iter().find_map(|stanza| mac(stanza)) {
                bridge.insert("mac".to_owned(), json!(mac));
            }
            addressed(&mut bridge, &own);
            Value::Object(bridge)
        })
        .collect()
}

/// Everything else that comes up by itself or has an address.
pub(super) fn nics(
    stanzas: &Stanzas<'_>,
    taken: &[String],
    unsaid: &mut Vec<String>,
) -> Vec<Value> {
    let mut below: Vec<String> = taken.to_vec();
    for stanza in stanzas.all {
        let ports =
            ["bridge_ports", "bond_slaves", "slaves"].iter().filter_map(|key| option(stanza, key));
        below.extend(ports.flat_map(str::split_whitespace).map(str::to_owned));
    }
    let made: Vec<Value> = [stanzas.bonds(), stanzas.vlans()].concat();
    let is_made = |name: &str| made.iter().any(|link| link["name"] == name);
    let mut nics = Vec::new();
    for name in stanzas.names().into_iter().filter(|name| !below.iter().any(|b| b == name)) {
        let own = of(stanzas, name);
        let ports = stanzas.ports(name);
        if ports.as_deref().is_some_and(<[String]>::is_empty) {
            continue;
        }
        if let Some(ports) = ports {
            unsaid.push(format!("{name} is a bridge with the ports {}: the vars know ports of the uplink's bridge only", ports.join(", ")));
        }
        let mut nic = named(name);
        if let Some(mtu) = own.iter().find_map(|stanza| mtu(stanza)) {
            nic.insert("mtu".to_owned(), json!(mtu));
        }
        addressed(&mut nic, &own);
        // A port or a spare NIC that is only named has nothing to say.
        let says = nic.len() > 1;
        if says && name_fits(name) || !says && !is_made(name) && stanzas.is_kind(name, "dummy") {
            if own
                .iter()
                .any(|stanza| stanza.commands("up").any(|command| command == GUESTS_GATEWAY))
            {
                nic.insert("guests_gateway".to_owned(), json!(true));
            }
            nics.push(Value::Object(nic));
        }
    }
    nics
}

fn of<'a>(stanzas: &Stanzas<'a>, name: &str) -> Vec<&'a Configured> {
    stanzas.all.iter().filter(|stanza| stanza.name == name).collect()
}

fn named(name: &str) -> Map<String, Value> {
    Map::from_iter([("name".to_owned(), json!(name))])
}

/// The first address of each family, and the routes.
fn addressed(link: &mut Map<String, Value>, own: &[&Configured]) {
    let all: Vec<String> = own.iter().flat_map(|stanza| addresses(stanza)).collect();
    for (key, is_six) in [("ipv4", false), ("ipv6", true)] {
        if let Some(address) = all.iter().find(|address| address.contains(':') == is_six) {
            link.insert(key.to_owned(), json!(address));
        }
    }
    let ways: Vec<Value> = own.iter().flat_map(|stanza| routes(stanza)).collect();
    if !ways.is_empty() {
        link.insert("routes".to_owned(), json!(ways));
    }
}
