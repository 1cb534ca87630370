//! Rules about directives and stanzas of interfaces(5).

use crate::diagnostic::Severity;
use crate::network::interfaces::Stanza;

use super::files::Files;
use super::{Finding, Rule, System};

/// Found while reading, see `network::interfaces`.
pub(super) const IF01: Rule = Rule {
    id: "IF01",
    title: "word outside of any stanza",
    severity: Severity::Error,
    reason: "ifupdown refuses the whole file (\"misplaced option\") and brings nothing up at boot",
    remedy: "correct the word, or move the line below its `iface` line",
    check: None,
};

/// Found while reading, see `network::interfaces`.
pub(super) const IF22: Rule = Rule {
    id: "IF22",
    title: "option without a value",
    severity: Severity::Error,
    reason: "ifupdown refuses the whole file (\"option with empty value\") and brings nothing up at boot",
    remedy: "give it a value, or delete the line",
    check: None,
};

pub(super) const IF07: Rule = Rule {
    id: "IF07",
    title: "interface that nothing brings up",
    severity: Severity::Warning,
    reason: "without `auto` or `allow-hotplug` it stays down at boot",
    remedy: "add `auto NAME` above the stanza",
    check: Some(never_up),
};

fn never_up(files: &Files<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for stanza in files.stanzas() {
        let name = stanza.name.as_str();
        if seen.contains(&name) || name == "lo" {
            continue;
        }
        seen.push(name);
        // Hypervisors list their unused cards like this.
        let idle = files
            .stanzas_of(name)
            .all(|stanza| stanza.method == "manual" && stanza.options.is_empty());
        if !idle && !comes_up(files, name) {
            let message = format!("`{name}` is configured, but nothing brings it up");
            found.push(Finding::new(&stanza.place, message));
        }
    }
    found
}

/// Whether something brings an interface up: a boot line, what stands on it, or a stanza
/// that uses it as its template.
fn comes_up(files: &Files<'_>, name: &str) -> bool {
    let boot = files.boot().any(|boot| {
        let all = boot.word == "all" && files.is_ifupdown2();
        all || boot.logical == name || boot.physical == name || boot.word.contains(['/', '*'])
    });
    let used = files.stanzas().any(|stanza| {
        let ports = stanza.ports().unwrap_or_default();
        stanza.inherits.as_deref() == Some(name)
            || stanza.below().as_deref() == Some(name)
            || stanza.slaves().iter().any(|slave| slave == name)
            || ports.iter().any(|port| port == name)
    });
    let own = files.stanzas_of(name).any(|stanza| stanza.get("bond_master").is_some());
    let mapped = files.interfaces.iter().any(|interfaces| interfaces.mappings().next().is_some());
    // Roaming: wpa_supplicant calls ifup with the network's logical name.
    let roams = files.stanzas().any(|stanza| stanza.get("wpa_roam").is_some());
    boot || used || own || mapped || roams
}

pub(super) const IF08: Rule = Rule {
    id: "IF08",
    title: "bridge port with an address of its own",
    severity: Severity::Warning,
    reason: "the address belongs on the bridge: a port does not answer ARP for it",
    remedy: "make the port `manual`, and move the address to the bridge",
    check: Some(port_with_address),
};

fn port_with_address(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .filter(|stanza| matches!(stanza.method.as_str(), "static" | "dhcp" | "bootp"))
        .filter_map(|stanza| {
            let bridge = files.bridges_of(&stanza.name).into_iter().next()?;
            let message = format!(
                "`{}` is a port of `{}` and has an address of its own",
                stanza.name, bridge.name
            );
            let place = stanza.get("address").map_or(&stanza.place, |opt| &opt.place);
            Some(Finding::new(place, message))
        })
        .collect()
}

pub(super) const IF09: Rule = Rule {
    id: "IF09",
    title: "port of two bridges or bonds",
    severity: Severity::Warning,
    reason: "an interface has one master: which of the two gets it depends on the order",
    remedy: "name the port in one of them only",
    check: Some(two_masters),
};

fn two_masters(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut owners: Vec<(String, &Stanza)> = Vec::new();
    for stanza in files.stanzas() {
        let ports = stanza.ports().unwrap_or_default();
        for port in ports.into_iter().chain(stanza.slaves()) {
            if matches!(port.as_str(), "all" | "regex" | "noregex") || port.contains('*') {
                continue;
            }
            let other =
                owners.iter().find(|(name, owner)| *name == port && owner.name != stanza.name);
            if let Some((_, other)) = other {
                let place = ["bridge_ports", "bond_slaves", "slaves"]
                    .iter()
                    .find_map(|key| stanza.get(key))
                    .map_or(&stanza.place, |opt| &opt.value_place);
                let message =
                    format!("`{port}` is a port of both `{}` and `{}`", other.name, stanza.name);
                found.push(Finding::new(place, message));
            }
            owners.push((port, stanza));
        }
    }
    found
}

pub(super) const IF14: Rule = Rule {
    id: "IF14",
    title: "alias interface",
    severity: Severity::Warning,
    reason: "an alias is only a label: rules, sysctls and ifdown act on the interface itself",
    remedy: "write a second `iface` stanza of the interface's own name for the address",
    check: Some(alias),
};

fn alias(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .filter(|stanza| stanza.name.contains(':'))
        .map(|stanza| {
            let message = format!("`{}` is an alias", stanza.name);
            Finding::new(&stanza.place, message)
        })
        .collect()
}

pub(super) const IF23: Rule = Rule {
    id: "IF23",
    title: "unknown address family or method",
    severity: Severity::Error,
    reason: "ifupdown refuses the whole file and brings nothing up at boot",
    remedy: "write `iface NAME inet|inet6 static|dhcp|manual|loopback|auto`",
    check: Some(unknown_method),
};

const METHODS: [(&str, &[&str]); 4] = [
    (
        "inet",
        &["loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll"],
    ),
    ("inet6", &["auto", "loopback", "static", "manual", "dhcp", "tunnel", "v4tunnel", "6to4"]),
    ("ipx", &["static", "dynamic"]),
    ("can", &["static"]),
];

fn unknown_method(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stanza in files.stanzas().filter(|stanza| !stanza.family.is_empty()) {
        let known = METHODS.iter().find(|(name, _)| *name == stanza.family);
        let message = match known {
            // `meta` is ifupdown's own.
            None if stanza.family == "meta" => continue,
            None => format!("`{}` is no address family", stanza.family),
            Some((family, methods)) => {
                if stanza.method.is_empty() || methods.contains(&stanza.method.as_str()) {
                    continue;
                }
                format!("`{}` is no method of {family}", stanza.method)
            }
        };
        found.push(Finding::new(&stanza.place, message));
    }
    found
}

pub(super) const IF24: Rule = Rule {
    id: "IF24",
    title: "inherits from an interface that is not there",
    severity: Severity::Error,
    reason: "ifupdown refuses the whole file (\"unknown iface to inherit from\")",
    remedy: "name a stanza of the same family that stands above",
    check: Some(unknown_template),
};

fn unknown_template(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if files.is_partial() {
        return found;
    }
    let stanzas: Vec<&Stanza> = files.stanzas().collect();
    for (at, stanza) in stanzas.iter().enumerate() {
        let Some(template) = stanza.inherits.as_deref() else { continue };
        let fits = |own: &&&Stanza| {
            own.name == template && (stanza.family.is_empty() || own.family == stanza.family)
        };
        if stanzas[..at].iter().any(|own| fits(&own)) {
            continue;
        }
        let family = &stanza.family;
        let message = if stanzas[at..].iter().any(|own| fits(&own)) {
            format!("`{template}` stands below; only what is above can be inherited")
        } else if stanzas.iter().any(|own| own.name == template) {
            format!("`{template}` has no {family} stanza to inherit from")
        } else {
            format!("there is no `{template}` to inherit from")
        };
        found.push(Finding::new(&stanza.place, message));
    }
    found
}

pub(super) const IF34: Rule = Rule {
    id: "IF34",
    title: "static interface without an address",
    severity: Severity::Error,
    reason: "ifupdown does not bring it up (\"missing required variable: address\")",
    remedy: "give it an `address`, or make the stanza `manual`",
    check: Some(no_address),
};

/// ifupdown2 brings such an interface up all the same, and ifupdown-ng knows no methods.
fn no_address(files: &Files<'_>) -> Vec<Finding> {
    if files.is_ifupdown2() || files.system == Some(System::IfupdownNg) {
        return Vec::new();
    }
    let at_boot = |name: &str| files.boot().any(|boot| boot.logical == name);
    files
        .stanzas()
        .filter(|stanza| stanza.method == "static" && at_boot(&stanza.name))
        .filter(|stanza| stanza.family == "inet" || stanza.family == "inet6")
        .filter(|stanza| !has_address(files, stanza, 0))
        .map(|stanza| {
            let message = format!("`{}` is static and has no address", stanza.name);
            Finding::new(&stanza.place, message)
        })
        .collect()
}

/// Whether a stanza has an address, be it from its templates. Of a template that is not here
/// nothing is known.
fn has_address(files: &Files<'_>, stanza: &Stanza, depth: usize) -> bool {
    let Some(template) = stanza.inherits.as_deref().filter(|_| depth < 16) else {
        return stanza.get("address").is_some();
    };
    let mut others = files.stanzas_of(template).filter(|other| !std::ptr::eq(*other, stanza));
    stanza.get("address").is_some()
        || files.stanzas_of(template).next().is_none()
        || others.any(|other| has_address(files, other, depth + 1))
}
