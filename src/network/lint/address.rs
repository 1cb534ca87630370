//! Rules about addresses, gateways and MACs.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::diagnostic::{Place, Severity};
use crate::network::interfaces::Stanza;

use super::command::Command;
use super::files::{Files, NftLine};
use super::{Finding, Rule};

pub(super) const AD01: Rule = Rule {
    id: "AD01",
    title: "range that looks private but is public",
    severity: Severity::Warning,
    reason: "private are 10.0.0.0/8, 172.16.0.0/12 (172.16 to 172.31) and 192.168.0.0/16: hosts in this range become unreachable, and replies go to strangers",
    remedy: "take a range from RFC 1918",
    check: Some(not_private),
};

fn not_private(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        // With a way out it may be a real public address.
        let way_out = files.stanzas_of(&stanza.name).any(|own| own.get("gateway").is_some());
        for address in stanza.addresses() {
            if !way_out && address.net.prefix_len() <= 30 && looks_private(address.net.addr()) {
                let message = format!("{} is not a private range", address.net.trunc());
                found.push(Finding::new(&address.place, message));
            }
        }
    }
    for line in nat(files) {
        for (net, place) in nets(line, &["saddr"]) {
            if looks_private(net.addr()) {
                let message = format!("{} is not a private range", net.trunc());
                found.push(Finding::new(&place, message));
            }
        }
    }
    found
}

/// Public, and one slip away from a private range.
fn looks_private(ip: IpAddr) -> bool {
    let IpAddr::V4(ip) = ip else {
        return false;
    };
    match ip.octets() {
        [172, b, ..] => !(16..32).contains(&b) && b < 64,
        [192, 169 | 186, ..] => true,
        _ => false,
    }
}

fn nat<'f>(files: &'f Files<'_>) -> impl Iterator<Item = &'f NftLine<'f>> {
    files.nft.iter().filter(|line| {
        let words = line.statement.words();
        words.contains(&"masquerade") || words.contains(&"snat")
    })
}

/// The prefixes in a rule after one of the words, as in `saddr 10.0.0.0/8`.
fn nets(line: &NftLine<'_>, words: &[&str]) -> Vec<(IpNet, Place)> {
    let tokens = &line.statement.tokens;
    tokens
        .windows(2)
        .filter(|pair| words.contains(&pair[0].text.as_str()))
        .filter_map(|pair| {
            let net = pair[1].text.parse().ok()?;
            Some((net, line.file.source.place(pair[1].span.clone())))
        })
        .collect()
}

pub(super) const AD03: Rule = Rule {
    id: "AD03",
    title: "gateway that is the own address",
    severity: Severity::Error,
    reason: "the kernel refuses the route (\"Nexthop has invalid gateway\"), and ifup fails",
    remedy: "write the router's address",
    check: Some(own_gateway),
};

fn own_gateway(files: &Files<'_>) -> Vec<Finding> {
    let own: Vec<IpAddr> =
        files.stanzas().flat_map(Stanza::addresses).map(|address| address.net.addr()).collect();
    files
        .stanzas()
        .filter(|stanza| stanza.method == "static")
        .flat_map(Stanza::gateways)
        .filter(|(ip, _)| own.contains(ip))
        .map(|(ip, place)| {
            let message = format!("the gateway {ip} is this host's own address");
            Finding::new(&place, message)
        })
        .collect()
}

pub(super) const AD04: Rule = Rule {
    id: "AD04",
    title: "two default gateways of one family",
    severity: Severity::Error,
    reason: "the second default route is refused (\"File exists\") and its interface fails to come up; over IPv6 it silently takes the place of the first",
    remedy: "keep one `gateway`, or give each another `metric`",
    check: Some(two_gateways),
};

fn two_gateways(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: Vec<(bool, Option<&str>, IpAddr, &str)> = Vec::new();
    for stanza in files.stanzas().filter(|stanza| stanza.method == "static") {
        if !files.is_auto(&stanza.name) {
            continue;
        }
        let metric = stanza.get("metric").map(|opt| opt.value.as_str());
        // ifupdown heeds the first of a stanza only.
        let Some((ip, place)) = stanza.gateways().into_iter().next() else {
            continue;
        };
        let other = seen.iter().find(|(v4, other, gateway, name)| {
            let same_route = *gateway == ip && *name == stanza.name;
            *v4 == ip.is_ipv4() && *other == metric && !(same_route && ip.is_ipv6())
        });
        if let Some((_, _, first, name)) = other {
            let message = format!("a second default gateway: `{name}` has {first} already");
            found.push(Finding::new(&place, message));
        }
        seen.push((ip.is_ipv4(), metric, ip, &stanza.name));
    }
    found
}

pub(super) const AD05: Rule = Rule {
    id: "AD05",
    title: "route through a gateway that is not on the link",
    severity: Severity::Error,
    reason: "the kernel refuses the route (\"Nexthop has invalid gateway\"), and ifup fails; only ifupdown's own `gateway` option adds `onlink` by itself",
    remedy: "add `onlink` to the command, or use the `gateway` option",
    check: Some(off_link),
};

fn off_link(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for command in &files.commands {
        let Some((name, via)) = up_route(command) else {
            continue;
        };
        // Any address of the host, because only the kernel knows the device for sure.
        let on_link =
            files.stanzas().flat_map(Stanza::addresses).any(|address| address.net.contains(&via));
        let text = via.to_string();
        let reached = files.commands.iter().any(|other| {
            let args = other.ip("route").unwrap_or_default();
            args.iter().any(|arg| arg.split('/').next() == Some(text.as_str()))
                && args
                    .iter()
                    .position(|arg| *arg == "via")
                    .is_none_or(|at| args.get(at + 1) != Some(&text.as_str()))
        });
        let static_only = files.stanzas_of(name).all(|stanza| {
            matches!(stanza.method.as_str(), "static" | "manual")
                && stanza.get("pointopoint").is_none()
        });
        let link_local = matches!(via, IpAddr::V6(ip) if ip.is_unicast_link_local());
        if !on_link && !reached && !link_local && static_only && !files.is_partial() {
            let message = format!("{via} is in no network of this host");
            found.push(Finding::new(&command.place, message));
        }
    }
    found
}

/// The interface and the gateway of a route that a stanza adds without `onlink`.
fn up_route(command: &Command) -> Option<(&str, IpAddr)> {
    let args = command.ip("route")?;
    let adds = matches!(args.first(), Some(&("add" | "replace")));
    if !adds || command.tolerated || command.has("onlink") || command.has("encap") {
        return None;
    }
    let via = match command.after("via")? {
        "inet6" | "inet" => return None,
        literal => literal.parse().ok()?,
    };
    Some((command.iface.as_deref()?, via))
}

pub(super) const AD07: Rule = Rule {
    id: "AD07",
    title: "network or broadcast address given to a host",
    severity: Severity::Warning,
    reason: "the kernel takes it, but others in the network do not talk to it",
    remedy: "take an address between the two",
    check: Some(edge_address),
};

fn edge_address(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .flat_map(Stanza::addresses)
        .filter_map(|address| {
            let IpNet::V4(net) = address.net else {
                return None;
            };
            let what = if net.addr() == net.network() {
                "network"
            } else if net.addr() == net.broadcast() {
                "broadcast"
            } else {
                return None;
            };
            let message = format!("{} is the {what} address of {}", net.addr(), net.trunc());
            (net.prefix_len() <= 30).then(|| Finding::new(&address.place, message))
        })
        .collect()
}

pub(super) const AD08: Rule = Rule {
    id: "AD08",
    title: "network with host bits",
    severity: Severity::Warning,
    reason: "IPv4 routes with host bits are refused, IPv6 ones are masked in silence: one of the two, address or prefix, is a slip",
    remedy: "clear the host bits, or correct the prefix",
    check: Some(host_bits),
};

fn host_bits(files: &Files<'_>) -> Vec<Finding> {
    let mut nets_found: Vec<(IpNet, Place)> = Vec::new();
    for command in &files.commands {
        let args = command.ip("route").unwrap_or_default();
        if let ["add" | "replace" | "append" | "del", target, ..] = args.as_slice()
            && let Ok(net) = target.parse()
        {
            nets_found.push((net, command.place.clone()));
        }
    }
    for line in &files.nft {
        nets_found.extend(nets(line, &["saddr", "daddr"]));
    }
    nets_found
        .into_iter()
        .filter(|(net, _)| net.addr() != net.network())
        .map(|(net, place)| {
            let message = format!("{net} has host bits; its network is {}", net.trunc());
            Finding::new(&place, message)
        })
        .collect()
}

pub(super) const AD09: Rule = Rule {
    id: "AD09",
    title: "one IPv4 network in two places",
    severity: Severity::Warning,
    reason: "the routes collide: replies leave through either interface; Docker, libvirt and what `rappel_lint.ranges` names have networks too",
    remedy: "give each interface a network of its own, or a /32 to one of them",
    check: Some(overlap),
};

/// The networks that services take where nobody says another.
const USUAL: [(&str, &str, Ipv4Net); 2] = [
    ("docker", "docker0", Ipv4Net::new_assert(Ipv4Addr::new(172, 17, 0, 0), 16)),
    ("libvirt", "virbr0", Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 122, 0), 24)),
];

fn overlap(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let ranges = files.known.ranges.iter().map(|(name, net)| (*net, name.as_str()));
    let usual = USUAL.iter().filter(|(service, ..)| files.runs(service));
    let usual = usual.map(|(_, name, net)| (IpNet::V4(*net), *name));
    let mut seen: Vec<(IpNet, &str)> = ranges.chain(usual).collect();
    for stanza in files.stanzas().filter(|stanza| stanza.method == "static") {
        let base = stanza.name.split(':').next().unwrap_or(&stanza.name);
        if !files.is_auto(&stanza.name) {
            continue;
        }
        for address in stanza.addresses() {
            let net = address.net;
            if !net.addr().is_ipv4() || net.prefix_len() == 32 {
                continue;
            }
            let other = seen.iter().find(|(other, name)| {
                *name != base && (other.contains(&net.trunc()) || net.contains(&other.trunc()))
            });
            if let Some((other, name)) = other {
                let message = format!("{net} overlaps with {other} on `{name}`");
                found.push(Finding::new(&address.place, message));
            }
            seen.push((net, base));
        }
    }
    found
}

pub(super) const AD13: Rule = Rule {
    id: "AD13",
    title: "multicast MAC for an interface",
    severity: Severity::Error,
    reason: "the kernel refuses it (\"Cannot assign requested address\"), and ifup fails",
    remedy: "write a MAC whose first byte is even",
    check: Some(multicast_mac),
};

fn multicast_mac(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .flat_map(|stanza| stanza.all("hwaddress"))
        .filter_map(|opt| {
            // `hwaddress ether MAC` is the old form.
            let mac = opt.value.split_whitespace().find(|word| word.contains(':'))?;
            let first = u8::from_str_radix(mac.split(':').next()?, 16).ok()?;
            let message = format!("{mac} is a multicast address");
            (first & 1 == 1).then(|| Finding::new(&opt.value_place, message))
        })
        .collect()
}

/// Whether an address is one that many hosts have at once: loopback, link-local, unset.
pub(super) fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_link_local() || ip == Ipv4Addr::UNSPECIFIED,
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

/// Whether an address may be in use at several sites at once: private, shared by a provider's
/// customers (100.64.0.0/10), or local.
pub(super) fn is_private(ip: IpAddr) -> bool {
    let private = match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    private || is_local(ip)
}
