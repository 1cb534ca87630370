//! Rules about what Proxmox VE keeps: permissions, and the NICs of VMs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use ipnet::{IpNet, Ipv4Net};

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::network::object::ObjectKind;
use crate::network::object::proxmox::acl::{self, Entry};
use crate::network::object::proxmox::{roles, vm};

use super::files::Files;
use super::spelling::distance;
use super::{Finding, LintFile, Rule};

pub(super) const PX01: Rule = Rule {
    id: "PX01",
    title: "role that Proxmox does not have",
    severity: Severity::Error,
    reason: "pveum refuses the permission (\"role 'X' does not exist\")",
    remedy: "correct its name; a role that somebody has made is named in `proxmox.roles`",
    check: Some(unknown_role),
};

fn unknown_role(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, _) in of(files, ObjectKind::ProxmoxAcl) {
        for entry in acl::read(&file.source.text).unwrap_or_default() {
            let own = files.known.roles.contains(&entry.role);
            if own || roles::is_built_in(&entry.role) {
                continue;
            }
            let message = match near(&entry.role, &files.known.roles) {
                Some(near) => format!("there is no role `{}`; did you mean `{near}`?", entry.role),
                None => format!("there is no role `{}`", entry.role),
            };
            found.push(Finding::new(&place(file, &entry), message));
        }
    }
    found
}

/// The role that looks most like a name, whatever its case. Of two that are near, the one that
/// begins alike is meant: `PVEVdmin` is not far from `PVEAdmin`, which may do much more.
fn near<'r>(role: &str, own: &'r [String]) -> Option<&'r str> {
    let role = role.to_lowercase();
    let known = roles::BUILT_IN.iter().copied().chain(own.iter().map(String::as_str));
    known
        .filter_map(|name| {
            let small = name.to_lowercase();
            let alike = small.chars().zip(role.chars()).take_while(|(a, b)| a == b).count();
            let far = distance(&small, &role);
            (far <= 2 && far * 3 <= small.len()).then_some((Reverse(alike), far, name))
        })
        .min()
        .map(|(.., name)| name)
}

pub(super) const PX02: Rule = Rule {
    id: "PX02",
    title: "one MAC for two NICs of VMs",
    severity: Severity::Warning,
    reason: "the bridge sends the frames of both to the one that spoke last",
    remedy: "give each NIC its own",
    check: None,
};

/// MACs of VMs that are there twice, on whatever host: its number, and the finding.
pub(super) fn check(hosts: &[(&str, &Files<'_>)]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (at, (host, files)) in hosts.iter().enumerate() {
        for (file, number) in of(files, ObjectKind::ProxmoxVm) {
            for (key, nic) in vm::nics(&file.source.text) {
                let one = format!("{key} of VM {number} on {host}");
                if let Some(other) = owners.get(&nic.mac) {
                    let message = format!("{} is that of {other}, and of {one}", nic.mac);
                    let place = line(file, &format!("{key}:"));
                    found.push((at, PX02.diagnostic(Finding::new(&place, message))));
                }
                owners.entry(nic.mac).or_insert(one);
            }
        }
    }
    found
}

pub(super) const PX03: Rule = Rule {
    id: "PX03",
    title: "network that is too small for the VMs on its bridge",
    severity: Severity::Warning,
    reason: "of a /30 two addresses can be used, and the gateway takes one of them",
    remedy: "widen the network of the bridge, and of those on it",
    check: Some(too_small),
};

fn too_small(files: &Files<'_>) -> Vec<Finding> {
    let mut on: BTreeMap<String, u32> = BTreeMap::new();
    for (file, _) in of(files, ObjectKind::ProxmoxVm) {
        for (_, nic) in vm::nics(&file.source.text) {
            *on.entry(nic.bridge).or_default() += 1;
        }
    }
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        let Some(nics) = on.get(&stanza.name) else { continue };
        for address in stanza.addresses() {
            let IpNet::V4(net) = address.net else { continue };
            // The host has one itself.
            let needed = nics + 1;
            if net.prefix_len() > 30 || usable(net.prefix_len()) >= needed {
                continue;
            }
            let fits = (8..net.prefix_len()).rev().find(|length| usable(*length) >= needed);
            let Some(wider) = fits.and_then(|length| Ipv4Net::new(net.addr(), length).ok()) else {
                continue;
            };
            let message = format!(
                "{} has {} addresses, and {needed} are needed on `{}`: a /{} has {}",
                net.trunc(),
                usable(net.prefix_len()),
                stanza.name,
                wider.prefix_len(),
                usable(wider.prefix_len())
            );
            found.push(Finding::new(&address.place, message));
        }
    }
    found
}

/// How many hosts a network has room for.
fn usable(length: u8) -> u32 {
    (1u32 << (32 - u32::from(length))).saturating_sub(2)
}

pub(super) const PX04: Rule = Rule {
    id: "PX04",
    title: "permission that takes the place of those above it",
    severity: Severity::Warning,
    reason: "what is said of a path replaces what it would inherit; the roles do not add up",
    remedy: "write all roles that are meant at the deeper path, or none",
    check: Some(replaced),
};

fn replaced(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, _) in of(files, ObjectKind::ProxmoxAcl) {
        let entries = acl::read(&file.source.text).unwrap_or_default();
        let at = |path: &str, role: &str| entries.iter().any(|e| e.path == path && e.role == role);
        for deep in &entries {
            let above = entries
                .iter()
                .filter(|e| e.below && is_below(&deep.path, &e.path) && !at(&deep.path, &e.role));
            for lost in above {
                let message = format!(
                    "on {} this takes the place of {}, which {} would give",
                    deep.path, lost.role, lost.path
                );
                found.push(Finding::new(&place(file, deep), message));
            }
        }
    }
    found
}

fn is_below(path: &str, above: &str) -> bool {
    let above = above.trim_end_matches('/');
    path.len() > above.len().max(1)
        && path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

pub(super) const PX05: Rule = Rule {
    id: "PX05",
    title: "role for VMs that neither reaches a bridge nor makes a disk",
    severity: Severity::Warning,
    reason: "PVEVMAdmin has no SDN.Use and no Datastore.AllocateSpace: since Proxmox VE 8 its users can put no NIC on a bridge, and they can add no disk",
    remedy: "add PVESDNUser on /sdn/zones/localnetwork and PVEDatastoreUser on /storage",
    check: Some(lacking),
};

fn lacking(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // What a user lacks, its groups may have.
    for (file, group) in of(files, ObjectKind::ProxmoxAcl).filter(|(_, who)| !who.contains('@')) {
        let entries = acl::read(&file.source.text).unwrap_or_default();
        let has = |roles: &[&str]| entries.iter().any(|e| roles.contains(&e.role.as_str()));
        let Some(admin) = entries.iter().find(|e| e.role == "PVEVMAdmin") else { continue };
        if !entries.iter().all(|e| roles::is_built_in(&e.role)) {
            continue;
        }
        let lacks: Vec<&str> = [
            (has(&roles::USE_BRIDGES), "put a NIC on a bridge (SDN.Use)"),
            (has(&roles::MAKE_DISKS), "make a disk (Datastore.AllocateSpace)"),
        ]
        .into_iter()
        .filter(|(has, _)| !has)
        .map(|(_, what)| what)
        .collect();
        if !lacks.is_empty() {
            let message = format!("`{group}` may change VMs, but not {}", lacks.join(", nor "));
            found.push(Finding::new(&place(file, admin), message));
        }
    }
    found
}

/// The objects of a kind, with their names.
fn of<'a>(files: &Files<'a>, kind: ObjectKind) -> impl Iterator<Item = (&'a LintFile, &'a str)> {
    files.files.iter().filter_map(move |file| match ObjectKind::of(&file.path) {
        Some((own, name)) if own == kind => Some((file, name)),
        _ => None,
    })
}

/// Where a permission is written.
fn place(file: &LintFile, entry: &Entry) -> Place {
    let text = &file.source.text;
    let mut start = 0;
    for own in text.split_inclusive('\n') {
        let said = own.split_once(':').map(|(path, rest)| (path.trim(), rest));
        if let Some((path, rest)) = said
            && path == entry.path
            && rest.split_whitespace().next() == Some(entry.role.as_str())
        {
            return file.source.place(span(start, own));
        }
        start += own.len();
    }
    file.source.line(1)
}

/// The line that begins with a word.
fn line(file: &LintFile, word: &str) -> Place {
    let mut start = 0;
    for own in file.source.text.split_inclusive('\n') {
        if own.trim_start().starts_with(word) {
            return file.source.place(span(start, own));
        }
        start += own.len();
    }
    file.source.line(1)
}

fn span(start: usize, line: &str) -> Range<usize> {
    start..start + line.trim_end().len()
}
