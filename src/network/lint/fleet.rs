//! Rules over the hosts of a whole inventory.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::network::interfaces::Stanza;

use super::address::is_local;
use super::files::Files;
use super::{Finding, LintFile, Rule, allow};

pub(super) const AD11: Rule = Rule {
    id: "AD11",
    title: "one address or MAC on two hosts",
    severity: Severity::Warning,
    reason: "both answer ARP for it, and traffic flaps between them",
    remedy: "give each host its own",
    check: None,
};

/// What must be one host's alone.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Public(IpAddr),
    /// A private address means the same host only behind the same gateway.
    Private(IpAddr, IpAddr),
    Mac(String),
}

/// Reviews what the files of several hosts say together; each host's own mistakes are
/// found by [`check`](super::check).
pub fn check_fleet(hosts: &[(&str, &[LintFile])]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<Identity, &str> = BTreeMap::new();
    for (host, files) in hosts {
        let read = Files::read(files);
        let mut own = Vec::new();
        for (identity, what, place) in identities(&read) {
            match owners.get(&identity) {
                Some(other) if other != host => {
                    let message = format!("{what} of {host} is also {other}'s");
                    own.push(AD11.diagnostic(Finding::new(&place, message)));
                }
                Some(_) => {}
                None => {
                    owners.insert(identity, host);
                }
            }
        }
        allow::silence(&read, &mut own);
        found.extend(own);
    }
    found
}

fn identities(files: &Files<'_>) -> Vec<(Identity, String, Place)> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        for opt in stanza.all("hwaddress") {
            if let Some(mac) = opt.value.split_whitespace().find(|word| word.contains(':')) {
                let mac = mac.to_lowercase();
                found.push((Identity::Mac(mac.clone()), mac, opt.value_place.clone()));
            }
        }
        // What no wire carries may be the same everywhere: a bridge without ports, an
        // anycast address on the loopback.
        let base = stanza.name.split(':').next().unwrap_or(&stanza.name);
        let inner = files.ports_of(base).is_some_and(|ports| ports.is_empty());
        if inner || base.starts_with("lo") || base.starts_with("dummy") || stanza.method != "static"
        {
            continue;
        }
        for address in stanza.addresses() {
            let ip = address.net.addr();
            if let Some(identity) = identity(files, stanza, ip) {
                found.push((identity, ip.to_string(), address.place));
            }
        }
    }
    found
}

fn identity(files: &Files<'_>, stanza: &Stanza, ip: IpAddr) -> Option<Identity> {
    let private = match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    if is_local(ip) {
        return None;
    }
    if !private {
        return Some(Identity::Public(ip));
    }
    let gateway = files
        .stanzas_of(&stanza.name)
        .flat_map(Stanza::gateways)
        .find(|(gateway, _)| gateway.is_ipv4() == ip.is_ipv4() && !is_local(*gateway))?;
    Some(Identity::Private(ip, gateway.0))
}
