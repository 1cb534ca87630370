//! Rules about neighbour discovery and its proxies.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::Ipv6Net;

use crate::diagnostic::Severity;
use crate::network::interfaces::Stanza;

use super::command::Command;
use super::files::Files;
use super::{Finding, Rule};

/// The address and the device of an entry that a command adds.
fn proxied(command: &Command) -> Option<(Ipv6Addr, Option<&str>)> {
    let args = command.ip("neighbour")?;
    if !matches!(args.first(), Some(&("add" | "replace"))) {
        return None;
    }
    let address = command.after("proxy")?.parse().ok()?;
    Some((address, command.after("dev")))
}

pub(super) const ND01: Rule = Rule {
    id: "ND01",
    title: "proxy entry for the gateway",
    severity: Severity::Error,
    reason: "the host then answers for the gateway with its own MAC and takes the traffic of its neighbours and its own",
    remedy: "delete the entry: proxies are for guests only",
    check: Some(proxied_gateway),
};

fn proxied_gateway(files: &Files<'_>) -> Vec<Finding> {
    let in_stanzas = files.stanzas().flat_map(Stanza::gateways).map(|(ip, _)| ip);
    let by_command = files
        .commands
        .iter()
        .filter(|command| command.ip("route").is_some() && command.has("default"))
        .filter_map(|command| command.after("via")?.parse().ok());
    let gateways: Vec<IpAddr> = in_stanzas.chain(by_command).collect();
    files
        .commands
        .iter()
        .filter_map(|command| {
            let (address, _) = proxied(command)?;
            let message = format!("{address} is the gateway");
            gateways.contains(&IpAddr::V6(address)).then(|| Finding::new(&command.place, message))
        })
        .collect()
}

pub(super) const ND02: Rule = Rule {
    id: "ND02",
    title: "proxy entry on the segment of the guest itself",
    severity: Severity::Warning,
    reason: "the host answers the guest's own duplicate address detection, and the guest gives up its address (dadfailed)",
    remedy: "put guests on a bridge with `bridge_ports none`, and the entries on the uplink",
    check: Some(proxy_beside_guest),
};

fn proxy_beside_guest(files: &Files<'_>) -> Vec<Finding> {
    let inner = |name: &str| files.ports_of(name).is_some_and(|ports| ports.is_empty());
    // Where there is an inner bridge, the guests are on that.
    let has_inner = files.stanzas().any(|stanza| inner(&stanza.name));
    files
        .commands
        .iter()
        .filter_map(|command| {
            let (address, device) = proxied(command)?;
            let device = device?;
            let beside = files.ports_of(device).is_some() && (inner(device) || !has_inner);
            let message = format!("{address} is proxied on `{device}`, where the guest itself is");
            beside.then(|| Finding::new(&command.place, message))
        })
        .collect()
}

pub(super) const ND03: Rule = Rule {
    id: "ND03",
    title: "proxy entry in the stanza of another interface",
    severity: Severity::Warning,
    reason: "the kernel forgets an interface's proxy entries when it goes down: after `ifdown` and `ifup` of it nobody puts them back",
    remedy: "move the command into the stanza of the interface that it is for, or into a hook",
    check: Some(proxy_elsewhere),
};

fn proxy_elsewhere(files: &Files<'_>) -> Vec<Finding> {
    files
        .commands
        .iter()
        .filter_map(|command| {
            let (address, device) = proxied(command)?;
            let (own, device) = (command.iface.as_deref()?, device?);
            // A hook may put the same one back.
            let again = files.commands.iter().any(|other| {
                proxied(other).is_some_and(|(same, _)| same == address)
                    && other.iface.as_deref().is_none_or(|iface| iface == device)
            });
            let base = own.split(':').next().unwrap_or(own);
            let message = format!("{address} is lost when `{device}` goes down without `{own}`");
            (base != device && !again).then(|| Finding::new(&command.place, message))
        })
        .collect()
}

pub(super) const ND04: Rule = Rule {
    id: "ND04",
    title: "one IPv6 network on two interfaces",
    severity: Severity::Warning,
    reason: "the host looks for guests on the uplink, or for the gateway among the guests",
    remedy: "give the uplink the address as a /128",
    check: Some(same_network),
};

fn same_network(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: Vec<(Ipv6Net, &str)> = Vec::new();
    for stanza in files.stanzas().filter(|stanza| stanza.method == "static") {
        for address in stanza.addresses() {
            let ipnet::IpNet::V6(net) = address.net else {
                continue;
            };
            if net.prefix_len() > 126 || net.addr().is_unicast_link_local() {
                continue;
            }
            let other = seen
                .iter()
                .find(|(other, name)| *name != stanza.name && other.trunc() == net.trunc());
            if let Some((_, name)) = other {
                let message = format!("{} is on `{name}` as well", net.trunc());
                found.push(Finding::new(&address.place, message));
            }
            seen.push((net, &stanza.name));
        }
    }
    found
}
