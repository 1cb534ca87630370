//! Guests: hosts of the inventory behind others, and those that only the vars name.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Basis;
use super::build::Draft;
use super::links::{Links, is_single};
use super::names::Names;
use super::today::Today;
use crate::lab::{HostSpec, Kind, NicSpec, Spec};
use crate::plan::guests;

/// Finds the guests among the hosts: their address is in a network behind another host, or
/// that host's vars name them.
pub(super) fn homes(drafts: &mut [Draft<'_>]) {
    for at in 0..drafts.len() {
        let own = &drafts[at];
        let host = &own.subject.desired.host;
        let mut found: Vec<(bool, u8, usize, String)> = Vec::new();
        for (number, other) in drafts.iter().enumerate().filter(|(number, _)| *number != at) {
            let listed = guests(&other.subject.desired.host).into_iter().find(|guest| {
                guest.name == host.name
                    || own.today.address.is_some_and(|address| guest.addresses.contains(&address))
            });
            let near =
                other.today.inner().into_iter().filter(|(_, net)| {
                    own.today.address.is_some_and(|address| net.contains(&address))
                });
            let near = near.max_by_key(|(_, net)| net.prefix_len());
            let bridge = listed.as_ref().and_then(|guest| guest.bridge.clone());
            let bridge = bridge.or_else(|| near.as_ref().map(|(dev, _)| dev.clone()));
            if let Some(bridge) = bridge {
                let prefix = near.map_or(0, |(_, net)| net.prefix_len());
                found.push((listed.is_some(), prefix, number, bridge));
            }
        }
        let best = found.into_iter().max_by_key(|(listed, prefix, number, _)| {
            (*listed, *prefix, std::cmp::Reverse(*number))
        });
        // A host with a network behind it that its own address is in is no guest of another.
        let is_home =
            drafts[at].today.inner().iter().any(|(_, net)| {
                drafts[at].today.address.is_some_and(|address| net.contains(&address))
            });
        drafts[at].inside =
            best.filter(|_| !is_home).map(|(_, _, number, bridge)| (number, bridge));
    }
}

/// A host that is reached behind another one is reached today: the bridge between them is
/// there, whatever else is not known.
pub(super) fn guests_are_there(drafts: &mut [Draft<'_>]) {
    for at in 0..drafts.len() {
        let Some((number, bridge)) = drafts[at].inside.clone() else { continue };
        let home = &mut drafts[number].today;
        let has = home.links.nets.iter().any(|(dev, _)| *dev == bridge);
        if home.basis == Basis::Assumed && !has {
            let inner = home.wanted.inner().filter(|(dev, _)| *dev == bridge);
            let nets: Vec<(String, IpNet)> =
                inner.map(|(dev, net)| (dev.to_owned(), net)).collect();
            home.links.nets.extend(nets);
        }
    }
}

/// The addresses of a hypervisor on a bridge, which are its guests' gateways.
pub(super) fn bridge_addresses(today: &Today, bridge: &str) -> Vec<IpAddr> {
    let on = |links: &Links| -> Vec<IpAddr> {
        let own = links.nets.iter().filter(|(dev, _)| dev == bridge);
        own.map(|(_, net)| net.addr()).collect()
    };
    let now = on(&today.links);
    if now.is_empty() { on(&today.wanted) } else { now }
}

/// Guests that the vars name and that are no hosts of the inventory: something that answers.
pub(super) fn stand_ins(drafts: &[Draft<'_>], spec: &mut Spec, names: &mut Names) {
    for draft in drafts {
        for guest in guests(&draft.subject.desired.host) {
            let is_host = drafts.iter().any(|other| {
                other.subject.desired.host.name == guest.name
                    || other.today.address.is_some_and(|own| guest.addresses.contains(&own))
            });
            let home = |links: &Links| {
                let found = guest.addresses.iter().find_map(|address| links.home(*address));
                found.map(|(dev, _)| dev.to_owned())
            };
            let bridge = guest.bridge.clone();
            let bridge =
                bridge.or_else(|| home(&draft.today.wanted)).or_else(|| home(&draft.today.links));
            let Some(bridge) = bridge.filter(|_| !is_host) else { continue };
            let mut nic = NicSpec::new("eth0", &bridge);
            nic.inside = Some(draft.name.clone());
            nic.mac.clone_from(&guest.mac);
            nic.dad = true;
            let nets = draft.today.wanted.nets.iter().chain(&draft.today.links.nets);
            let nets: Vec<IpNet> =
                nets.filter(|(dev, _)| *dev == bridge).map(|(_, net)| *net).collect();
            let mut host = HostSpec::new(&names.like(&guest.name), Kind::Netns);
            for address in &guest.addresses {
                let around = nets.iter().find(|net| net.contains(address) && !is_single(**net));
                let usual = if address.is_ipv4() { 24 } else { 64 };
                let prefix = around.map_or(usual, IpNet::prefix_len);
                nic = nic.address(&format!("{address}/{prefix}"));
                match around {
                    Some(net) if address.is_ipv4() => {
                        host = host.route(&format!("default via {}", net.addr()));
                    }
                    None if address.is_ipv4() => {}
                    _ => host = host.route("default via fe80::1 dev eth0"),
                }
            }
            spec.hosts.push(host.nic(nic));
        }
    }
}
