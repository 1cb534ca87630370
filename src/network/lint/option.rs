//! Rules about single options of a stanza.

use std::net::IpAddr;

use crate::diagnostic::Severity;
use crate::network::interfaces::{Directive, Opt, Stanza};

use super::files::Files;
use super::spelling::distance;
use super::twice::tears_address;
use super::{Finding, LintKind, Rule, System};

pub(super) const IF02: Rule = Rule {
    id: "IF02",
    title: "unknown option",
    severity: Severity::Warning,
    reason: "ifupdown takes any option and ignores what nothing asks for",
    remedy: "correct the option's name, or delete the line",
    check: Some(unknown_option),
};

/// Options of ifupdown, ifupdown2 and the packages of Debian that add some, in canonical
/// spelling.
const OPTIONS: &str =
    "accept_ra address address_virtual address_virtual_ipv6_addrgen alias autoconf
    batman_ifaces broadcast clagd_vxlan_anycast_ip client dad_attempts dad_interval description
    dhcp6_duid dhcp_wait down dstaddr endpoint ethernet_port_speed ethernet_wol gateway gateway6
    hostapd hostname hwaddr hwaddress ip_forward ip6_forward ipv6_addrgen key leasehours leasetime
    link_down link_duplex link_speed link_type local mac master media method metric mode mpls_enable
    mtu mtu6 netmask netnum network peer pointopoint post_down pre_up preferred_lifetime preflist
    privext provider proxy_arp proxy_ndp request_prefix scope slaves ssid tos ttl txqueuelen tunnel
    up valid_lifetime vendor vrf vrf_table vrrp";

/// What the options of whole packages begin with.
const PREFIXES: &str = "bond_ bridge_ vlan_ vxlan_ wpa_ wireless_ dns_ ovs_ mstpctl_ clagd_ dhcp_
    dhcp6_ offload_ hardware_ ethtool_ link_ macvlan_ macvtap_ ipvlan_ tunnel_ gre_ wireguard_
    wvdial_ ppp_ hostapd_ isolate_ batman_ arp_ ip_ ip4_ ip6_ ipv4_ ipv6_ vrf_ vrrp_ mpls_ sriov_
    ethernet_ driver_ veth_ vde2_ uml_ tunctl_ lowpan_ can_ rfkill_ ifplugd_ guessnet_ firewall_
    post_ pre_ proxy_ speed_ test_ xfrm_ multicast_ use_ swp_ network_ networkmanager_";

fn unknown_option(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas().filter(|stanza| stanza.family != "can") {
        for opt in &stanza.options {
            let key = opt.canonical();
            let known = OPTIONS.split_whitespace().any(|name| name == key)
                || PREFIXES.split_whitespace().any(|prefix| key.starts_with(prefix))
                || asked_by_hook(files, &key);
            if known {
                continue;
            }
            let near = OPTIONS
                .split_whitespace()
                .filter(|name| name.len() > 2)
                .find(|name| distance(name, &key.to_lowercase()) <= 2);
            let message = match near {
                Some(name) => format!("`{}` is no known option; did you mean `{name}`?", opt.key),
                None => format!("`{}` is no known option", opt.key),
            };
            found.push(Finding::new(&opt.place, message));
        }
    }
    found
}

/// Hooks see each option as `IF_KEY`, so a hook may give a meaning to any.
fn asked_by_hook(files: &Files<'_>, key: &str) -> bool {
    let variable = format!("IF_{}", key.to_uppercase());
    files.of(LintKind::Hook).any(|file| file.source.text.contains(&variable))
}

pub(super) const IF03: Rule = Rule {
    id: "IF03",
    title: "comment at the end of a line",
    severity: Severity::Warning,
    reason: "`#` starts a comment at the start of a line only; here it is part of the value, and cuts off the end of the command that ifupdown makes of it",
    remedy: "put the comment on a line of its own",
    check: Some(trailing_comment),
};

fn trailing_comment(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut report = |place| {
        found.push(Finding::new(place, "this comment is read as part of the line"));
    };
    for directive in files.directives() {
        let words: &[String] = match directive {
            Directive::Boot { names, .. } => names,
            Directive::Modifier { words, .. } => words,
            _ => &[],
        };
        if words.iter().any(|word| word.starts_with('#')) {
            report(directive.place());
        }
        if let Directive::Stanza(stanza) = directive {
            for opt in &stanza.options {
                // A command is run by a shell, which knows comments.
                let free = opt.is_command()
                    || matches!(opt.canonical().as_str(), "description" | "alias")
                    || opt.canonical().starts_with("wpa_");
                let mut words = opt.value.split_whitespace().skip(1);
                if !free && words.any(|word| word.starts_with('#')) {
                    report(&opt.value_place);
                }
            }
        }
    }
    found
}

pub(super) const IF04: Rule = Rule {
    id: "IF04",
    title: "second address in one stanza",
    severity: Severity::Warning,
    reason: "ifupdown keeps the first only; just ifupdown2 takes many",
    remedy: "write a second `iface` stanza of the same name and family for it",
    check: Some(second_address),
};

fn second_address(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .filter(|stanza| !stanza.family.is_empty() && !files.is_ifupdown2())
        // Where it is known to tear the command it is for IF25.
        .filter(|stanza| {
            let torn = stanza.get("address").is_some_and(|first| tears_address(stanza, first));
            files.system != Some(System::Ifupdown) || stanza.method != "static" || !torn
        })
        .flat_map(|stanza| stanza.all("address").skip(1))
        .map(|opt| Finding::new(&opt.place, "a second `address` in the same stanza"))
        .collect()
}

pub(super) const IF05: Rule = Rule {
    id: "IF05",
    title: "static options under DHCP",
    severity: Severity::Warning,
    reason: "ifupdown ignores them and asks the DHCP server",
    remedy: "make the stanza `static`, or delete the options",
    check: Some(static_under_dhcp),
};

fn static_under_dhcp(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .filter(|stanza| stanza.family == "inet" && stanza.method == "dhcp")
        .filter_map(|stanza| {
            let keys = ["address", "netmask", "gateway"];
            let opt = keys.iter().find_map(|key| stanza.get(key))?;
            let message = format!("`{}` has no effect under dhcp", opt.key);
            Some(Finding::new(&opt.place, message))
        })
        .collect()
}

pub(super) const IF06: Rule = Rule {
    id: "IF06",
    title: "not an address or mask",
    severity: Severity::Error,
    reason: "ifupdown does not look at it; `ip` refuses it while the interface comes up",
    remedy: "correct the literal, and check that it is of the stanza's family",
    check: Some(bad_literal),
};

fn bad_literal(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        if stanza.method != "static" || !matches!(stanza.family.as_str(), "inet" | "inet6") {
            continue;
        }
        for opt in &stanza.options {
            // ifupdown2 renders templates; what comes after `#` is for IF03.
            let literal = opt.value.split_whitespace().next().unwrap_or_default();
            if opt.value.contains(['$', '%']) || is_literal(stanza, opt, literal) {
                continue;
            }
            let message = format!("`{literal}` is no {} {}", stanza.family, opt.key);
            found.push(Finding::new(&opt.value_place, message));
        }
    }
    found
}

/// Whether a value is fine for its option; true for options that hold no literal.
fn is_literal(stanza: &Stanza, opt: &Opt, literal: &str) -> bool {
    let of_family = |ip: &IpAddr| ip.is_ipv4() == (stanza.family == "inet");
    let host = |text: &str| text.parse::<IpAddr>().ok().filter(of_family);
    match opt.canonical().as_str() {
        "address" => match literal.split_once('/') {
            Some((ip, mask)) => host(ip).is_some_and(|ip| is_mask(mask, ip)),
            None => host(literal).is_some(),
        },
        "gateway" | "pointopoint" => host(literal).is_some(),
        "netmask" => {
            let any = if stanza.family == "inet" { "0.0.0.0" } else { "::" };
            host(any).is_some_and(|ip| is_mask(literal, ip))
        }
        _ => true,
    }
}

fn is_mask(mask: &str, ip: IpAddr) -> bool {
    crate::network::interfaces::prefix_length(mask, ip).is_some()
}

pub(super) const IF16: Rule = Rule {
    id: "IF16",
    title: "netmask, network or broadcast that is ignored or contradicts",
    severity: Severity::Warning,
    reason: "ifupdown ignores `network`, lets `netmask` win over the prefix, takes any `broadcast`, and without any mask guesses one from the address class of 1985",
    remedy: "write `address ADDRESS/PREFIX`, and delete the other options",
    check: Some(masks),
};

fn masks(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas() {
        if stanza.method != "static" || stanza.family != "inet" {
            continue;
        }
        if let Some(opt) = stanza.get("network") {
            found.push(Finding::new(&opt.place, "`network` is ignored"));
        }
        let (Some(opt), Some(address)) =
            (stanza.get("address"), stanza.addresses().into_iter().next())
        else {
            continue;
        };
        let written = opt.value.split_once('/').map(|(_, mask)| mask);
        match (written, stanza.get("netmask")) {
            (None, None) => {
                let message = match (files.is_ifupdown2(), address.net.addr()) {
                    (true, ip) => format!("no mask: ifupdown2 takes {ip}/32"),
                    _ => format!("no mask: ifupdown takes {}", address.net),
                };
                found.push(Finding::new(&opt.place, message));
            }
            (Some(mask), Some(netmask))
                if crate::network::interfaces::prefix_length(mask, address.net.addr())
                    != Some(address.net.prefix_len()) =>
            {
                let message = format!("`netmask` contradicts `/{mask}` and wins");
                found.push(Finding::new(&netmask.place, message));
            }
            _ => {}
        }
        if let Some(broadcast) = stanza.get("broadcast")
            && let Ok(ip) = broadcast.value.parse::<IpAddr>()
            && ip != address.net.broadcast()
        {
            let message = format!("`{ip}` is not the broadcast address of {}", address.net);
            found.push(Finding::new(&broadcast.place, message));
        }
    }
    found
}
