//! Rules about bridges.

use std::net::IpAddr;

use crate::diagnostic::Severity;
use crate::network::interfaces::Stanza;

use super::files::Files;
use super::{Finding, Rule};

pub(super) const BR01: Rule = Rule {
    id: "BR01",
    title: "uplink bridge without a fixed MAC",
    severity: Severity::Warning,
    reason: "since Debian 11 a bridge may come up with a new MAC, and many providers drop frames from MACs they do not know",
    remedy: "add `bridge_hw PORT` (with ifupdown2: `hwaddress MAC-OF-THE-PORT`)",
    check: Some(no_fixed_mac),
};

/// The first stanza of each bridge that has a port and a way out.
fn uplink_bridges<'f>(files: &'f Files<'_>) -> Vec<&'f Stanza> {
    let mut found: Vec<&Stanza> = Vec::new();
    for stanza in files.stanzas() {
        let seen = found.iter().any(|other| other.name == stanza.name);
        if !seen && files.is_uplink_bridge(&stanza.name) {
            found.push(stanza);
        }
    }
    found
}

fn no_fixed_mac(files: &Files<'_>) -> Vec<Finding> {
    uplink_bridges(files)
        .into_iter()
        .filter(|stanza| {
            !files.stanzas_of(&stanza.name).any(|stanza| {
                ["bridge_hw", "hwaddress"].iter().any(|key| stanza.get(key).is_some())
                    || stanza.options.iter().any(|opt| {
                        opt.is_command()
                            && opt.value.contains("address")
                            && opt.value.contains("link")
                    })
            })
        })
        .map(|stanza| {
            let message = format!("the uplink bridge `{}` has no fixed MAC", stanza.name);
            Finding::new(&stanza.place, message)
        })
        .collect()
}

pub(super) const BR02: Rule = Rule {
    id: "BR02",
    title: "spanning tree towards the provider",
    severity: Severity::Warning,
    reason: "a provider's switch shuts a port that sends BPDUs, and the bridge forwards nothing for 30 s after it comes up",
    remedy: "write `bridge_stp off`",
    check: Some(stp_on_uplink),
};

fn stp_on_uplink(files: &Files<'_>) -> Vec<Finding> {
    uplink_bridges(files)
        .into_iter()
        .flat_map(|first| files.stanzas_of(&first.name))
        .filter_map(|stanza| stanza.get("bridge_stp"))
        .filter(|opt| matches!(opt.value.as_str(), "on" | "yes" | "1"))
        .map(|opt| Finding::new(&opt.place, "spanning tree is on on the uplink bridge"))
        .collect()
}

pub(super) const BR04: Rule = Rule {
    id: "BR04",
    title: "private network on the provider's segment",
    severity: Severity::Warning,
    reason: "its ARP requests and guests are seen on the provider's wire",
    remedy: "put the private network on a bridge of its own with `bridge_ports none`",
    check: Some(private_on_uplink),
};

fn private_on_uplink(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        let base = stanza.name.split(':').next().unwrap_or(&stanza.name);
        let public_way_out = files
            .stanzas_of(base)
            .flat_map(Stanza::gateways)
            .any(|(ip, _)| matches!(ip, IpAddr::V4(ip) if !ip.is_private() && !is_shared(ip)));
        if !public_way_out || !files.is_uplink_bridge(base) {
            continue;
        }
        for address in stanza.addresses() {
            if matches!(address.net.addr(), IpAddr::V4(ip) if ip.is_private())
                && address.net.prefix_len() < 32
            {
                let message = format!("{} is private, and `{base}` is the uplink", address.net);
                found.push(Finding::new(&address.place, message));
            }
        }
    }
    found
}

/// 100.64.0.0/10, where some providers have their gateways.
fn is_shared(ip: std::net::Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    a == 100 && (64..128).contains(&b)
}

pub(super) const BR05: Rule = Rule {
    id: "BR05",
    title: "bridge without `bridge_ports`",
    severity: Severity::Warning,
    reason: "without it the other bridge options are ignored and no bridge is made",
    remedy: "write `bridge_ports none` for a bridge without a port",
    check: Some(no_ports),
};

/// What only the bridge itself has; a port may have others.
const OF_THE_BRIDGE: [&str; 9] = [
    "bridge_stp",
    "bridge_fd",
    "bridge_maxwait",
    "bridge_hello",
    "bridge_maxage",
    "bridge_ageing",
    "bridge_bridgeprio",
    "bridge_hw",
    "bridge_vlan_aware",
];

fn no_ports(files: &Files<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for stanza in files.stanzas() {
        let known = files.ports_of(&stanza.name).is_some() || stanza.inherits.is_some();
        let opt = OF_THE_BRIDGE.iter().find_map(|key| stanza.get(key));
        if let (false, false, Some(opt)) = (known, seen.contains(&stanza.name.as_str()), opt) {
            seen.push(&stanza.name);
            let message = format!("`{}` has bridge options but no `bridge_ports`", stanza.name);
            found.push(Finding::new(&opt.place, message));
        }
    }
    found
}

pub(super) const BR06: Rule = Rule {
    id: "BR06",
    title: "command that restarts a bridge",
    severity: Severity::Warning,
    reason: "a bridge that is taken down loses the taps of running guests, and nothing puts them back",
    remedy: "change the bridge in place (`ip link set`, `bridge`, `ifreload`), or restart the guests afterwards",
    check: Some(restarts),
};

fn restarts(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let bridges: Vec<&str> = files
        .stanzas()
        .filter(|stanza| stanza.ports().is_some())
        .map(|stanza| stanza.name.as_str())
        .collect();
    // A bridge's own stanza takes it down on purpose.
    let up = |phase: &str| !matches!(phase, "down" | "post_down");
    let told = files.commands.iter().filter(|command| up(&command.phase));
    for command in told.chain(&files.reloads) {
        let named = command.words.iter().find(|word| bridges.contains(&word.as_str()));
        let whole = command.words.iter().any(|word| word.starts_with("networking"))
            && ["restart", "try-restart", "stop"].iter().any(|verb| command.has(verb));
        let all = !bridges.is_empty() && (command.has("-a") || command.has("--all"));
        let what = match command.program() {
            "ifdown" => named.or(command.words.first().filter(|_| all)),
            "brctl" => named.filter(|_| command.has("delbr")),
            "ip" => {
                let args = command.ip("link").unwrap_or_default();
                let gone =
                    matches!(args.first(), Some(&("del" | "delete"))) || args.contains(&"down");
                named.filter(|_| gone)
            }
            "systemctl" | "service" | "networking" if whole && !bridges.is_empty() => {
                command.words.first()
            }
            _ => None,
        };
        if what.is_some() {
            let message = "this takes a bridge down under its guests";
            found.push(Finding::new(&command.place, message));
        }
    }
    found
}
