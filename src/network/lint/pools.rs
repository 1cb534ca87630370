//! Rules about addresses that the inventory says something about.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::{Place, Severity};
use crate::network::interfaces::Stanza;

use super::address::{is_local, is_private};
use super::files::Files;
use super::{Finding, Rule};

pub(super) const AD02: Rule = Rule {
    id: "AD02",
    title: "address that is not ours",
    severity: Severity::Error,
    reason: "the provider does not route it here, and blocks a server that uses somebody else's address",
    remedy: "take an address of the pools, or add its network to `rappel_lint.address_pools`",
    check: Some(not_ours),
};

/// Public addresses of stanzas and guests, each with its place.
fn public<'f>(files: &'f Files<'_>) -> Vec<(IpNet, Option<&'f Place>, String)> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        for address in stanza.addresses() {
            let opt = stanza.all("address").find(|opt| opt.value_place == address.place);
            found.push((address.net, opt.map(|opt| &opt.value_place), stanza.name.clone()));
        }
    }
    for guest in &files.known.guests {
        let nets = guest.addresses.iter().map(|ip| IpNet::from(*ip));
        found.extend(nets.map(|net| (net, guest.place.as_ref(), guest.name.clone())));
    }
    found.retain(|(net, _, _)| !is_private(net.addr()));
    found
}

fn not_ours(files: &Files<'_>) -> Vec<Finding> {
    let pools = &files.known.address_pools;
    let mut found = Vec::new();
    for (net, place, owner) in public(files) {
        // Without a pool of its family nothing is said about it.
        let of_family =
            || pools.iter().filter(|pool| pool.addr().is_ipv4() == net.addr().is_ipv4());
        if of_family().next().is_some() && !of_family().any(|pool| pool.contains(&net.addr())) {
            let message = format!("{} of `{owner}` is in no address pool", net.addr());
            found.push(Finding::somewhere(place, message));
        }
    }
    found
}

pub(super) const AD06: Rule = Rule {
    id: "AD06",
    title: "guest that its network has no room for",
    severity: Severity::Warning,
    reason: "the host has no route to an address outside of its networks, and none for the network and broadcast addresses",
    remedy: "widen the network of the bridge, or give the guest an address in it",
    check: Some(no_room),
};

fn no_room(files: &Files<'_>) -> Vec<Finding> {
    let nets: Vec<IpNet> =
        files.stanzas().flat_map(Stanza::addresses).map(|address| address.net).collect();
    let routed: Vec<IpNet> = files
        .commands
        .iter()
        .filter_map(|command| {
            let args = command.ip("route")?;
            let target = args.get(1)?;
            target.parse().ok().or_else(|| target.parse::<IpAddr>().ok().map(IpNet::from))
        })
        .collect();
    let mut found = Vec::new();
    for guest in files.known.guests.iter().filter(|_| !nets.is_empty()) {
        for ip in &guest.addresses {
            let around = nets
                .iter()
                .filter(|net| net.contains(ip) && net.prefix_len() < net.max_prefix_len());
            let usable = |net: &IpNet| match net {
                IpNet::V4(net) if net.prefix_len() < 31 => {
                    *ip != net.network() && *ip != net.broadcast()
                }
                _ => true,
            };
            let fits = around.clone().any(usable);
            if fits || (around.count() == 0 && routed.iter().any(|net| net.contains(ip))) {
                continue;
            }
            let message = format!("{ip} of guest `{}` is in no network of this host", guest.name);
            found.push(Finding::somewhere(guest.place.as_ref(), message));
        }
    }
    found
}

pub(super) const AD10: Rule = Rule {
    id: "AD10",
    title: "IPv6 gateway far from the own block",
    severity: Severity::Warning,
    reason: "a provider's gateway lies in the block around the own network, or is link-local: one of the two is a slip",
    remedy: "compare both with what the provider's panel says",
    check: Some(far_gateway),
};

/// What a provider gives to one customer at most.
const BLOCK: u8 = 48;

fn far_gateway(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas().filter(|stanza| stanza.family == "inet6") {
        let own: Vec<IpNet> =
            files.stanzas_of(&stanza.name).flat_map(Stanza::addresses).map(|a| a.net).collect();
        for (gateway, place) in stanza.gateways() {
            let IpAddr::V6(ip) = gateway else { continue };
            let near = own.iter().any(|net| {
                net.contains(&gateway)
                    || IpNet::new(net.addr(), BLOCK).is_ok_and(|block| block.contains(&gateway))
            });
            let v6 = own.iter().any(|net| net.addr().is_ipv6() && !is_local(net.addr()));
            if v6 && !near && !ip.is_unicast_link_local() {
                let message = format!("{gateway} shares no /{BLOCK} with `{}`", stanza.name);
                found.push(Finding::new(&place, message));
            }
        }
    }
    found
}

pub(super) const AD12: Rule = Rule {
    id: "AD12",
    title: "reserved address of a vRack block",
    severity: Severity::Error,
    reason: "of a block that is routed to a vRack the first, the last and the last but one belong to the network and the provider's gateway",
    remedy: "take another address of the block",
    check: Some(reserved),
};

fn reserved(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (net, place, owner) in public(files) {
        for block in &files.known.vrack_blocks {
            let (IpAddr::V4(ip), IpNet::V4(block)) = (net.addr(), block) else { continue };
            let last = u32::from(block.broadcast());
            let taken = [u32::from(block.network()), last, last.saturating_sub(1)];
            if block.prefix_len() < 31 && taken.contains(&u32::from(ip)) {
                let message = format!("{ip} of `{owner}` is reserved in {block}");
                found.push(Finding::somewhere(place, message));
            }
        }
    }
    found
}

pub(super) const BR03: Rule = Rule {
    id: "BR03",
    title: "guest on the uplink with a MAC that the provider does not know",
    severity: Severity::Warning,
    reason: "the provider drops frames from MACs that are not registered, and blocks the server's address",
    remedy: "give the guest a registered MAC (a virtual MAC), or put it on a bridge with `bridge_ports none`",
    check: Some(unknown_mac),
};

fn unknown_mac(files: &Files<'_>) -> Vec<Finding> {
    let Some(registered) = &files.known.registered_macs else { return Vec::new() };
    let mut found = Vec::new();
    for guest in &files.known.guests {
        let Some(bridge) = guest.bridge.as_deref() else { continue };
        let on_wire = files.ports_of(bridge).is_some_and(|ports| !ports.is_empty());
        let known = guest.mac.as_ref().is_some_and(|mac| registered.contains(mac));
        if on_wire && !known {
            let mac = guest.mac.as_deref().unwrap_or("a random MAC");
            let message = format!("guest `{}` is on `{bridge}` with {mac}", guest.name);
            found.push(Finding::somewhere(guest.place.as_ref(), message));
        }
    }
    found
}
