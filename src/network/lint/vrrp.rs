//! Rules about addresses that hosts share by VRRP, as keepalived has them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::{Diagnostic, Severity};

use super::address::{is_local, is_private};
use super::files::Files;
use super::keepalived::{Instance, instances};
use super::{Finding, Rule};

pub(super) const VR01: Rule = Rule {
    id: "VR01",
    title: "one VRRP id for different addresses on one wire",
    severity: Severity::Warning,
    reason: "keepalived drops signs of life that are of other addresses than its own: both hosts answer, and with `use_vmac` from the same MAC address",
    remedy: "give each group of hosts an id of its own, or the hosts of one group the same addresses",
    check: None,
};

pub(super) const VR02: Rule = Rule {
    id: "VR02",
    title: "one VRRP priority on two hosts",
    severity: Severity::Warning,
    reason: "who answers is then decided by the higher of the hosts' own addresses, and not by you",
    remedy: "give each host its own priority; where whoever answers is to go on, say `nopreempt`",
    check: None,
};

pub(super) const VR03: Rule = Rule {
    id: "VR03",
    title: "VRRP password of more than eight characters",
    severity: Severity::Warning,
    reason: "keepalived uses the first eight: the rest protects nothing",
    remedy: "shorten it to eight; version 3 of VRRP knows no passwords at all",
    check: Some(long_password),
};

fn long_password(files: &Files<'_>) -> Vec<Finding> {
    let long = all(files).into_iter().filter_map(|one| Some((one.password?, one)));
    long.filter(|(length, _)| *length > 8)
        .map(|(length, one)| {
            // Not at its own line: nobody is to see it.
            Finding::new(&one.place, format!("its password has {length} characters"))
        })
        .collect()
}

fn all(files: &Files<'_>) -> Vec<Instance> {
    let of_keepalived = files.files.iter().filter(|f| f.path.starts_with("/etc/keepalived/"));
    of_keepalived.flat_map(|file| instances(&file.source)).collect()
}

/// Where instances of one id hear each other.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wire {
    /// Each family has its own instances.
    ipv6: bool,
    id: u8,
    net: IpNet,
    /// Of a private network: it is the same one only behind the same gateway.
    gateway: Option<IpAddr>,
}

/// What instances of several hosts say together: the number of the host, and the finding.
pub(super) fn check(hosts: &[(&str, &Files<'_>)]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<Wire, (&str, Instance)> = BTreeMap::new();
    for (at, (host, files)) in hosts.iter().enumerate() {
        for own in all(files) {
            let wires = wires(files, &own);
            let other = wires.iter().find_map(|wire| seen.get(wire));
            if let Some((name, other)) = other.filter(|(name, _)| name != host) {
                found.extend(compared(host, &own, name, other).map(|finding| (at, finding)));
            }
            for wire in wires {
                seen.entry(wire).or_insert_with(|| (host, own.clone()));
            }
        }
    }
    found
}

fn compared(host: &str, own: &Instance, name: &str, other: &Instance) -> Option<Diagnostic> {
    let id = own.id?;
    if own.addresses != other.addresses {
        let said = |one: &Instance| {
            let all: Vec<String> = one.addresses.iter().map(ToString::to_string).collect();
            all.join(", ")
        };
        let message = format!(
            "id {id} of {host} is for {}, and that of {name} on the same wire for {}",
            said(own),
            said(other)
        );
        return Some(VR01.diagnostic(Finding::new(&own.place, message)));
    }
    let priority = own.priority?;
    let chosen = other.priority != Some(priority) || own.stays || other.stays;
    let message = format!("priority {priority} of {host} for id {id} is also {name}'s");
    (!chosen).then(|| VR02.diagnostic(Finding::new(&own.place, message)))
}

/// The wires that an instance is on, as far as the interfaces files tell.
fn wires(files: &Files<'_>, own: &Instance) -> Vec<Wire> {
    let (Some(id), Some(first), false) = (own.id, own.addresses.first(), own.unicast) else {
        return Vec::new();
    };
    let gateways = files.stanzas().flat_map(|stanza| stanza.gateways());
    let gateways: Vec<IpAddr> =
        gateways.map(|(gateway, _)| gateway).filter(|g| !is_local(*g)).collect();
    let nets = files.stanzas_of(&own.interface).flat_map(|stanza| stanza.addresses());
    let nets = nets.map(|address| address.net.trunc());
    let mut found = Vec::new();
    for net in nets.filter(|net| net.prefix_len() < net.max_prefix_len()) {
        let behind = |gateway| Wire { ipv6: first.is_ipv6(), id, net, gateway };
        match is_private(net.addr()) {
            false => found.push(behind(None)),
            true => found.extend(gateways.iter().copied().map(Some).map(behind)),
        }
    }
    found
}
