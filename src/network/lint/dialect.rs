//! Rules about what one program reads and another does not.

use crate::diagnostic::Severity;
use crate::network::interfaces::{Directive, pattern};

use super::files::{Files, ROOT};
use super::{Finding, LintKind, Rule, System};

pub(super) const IF15: Rule = Rule {
    id: "IF15",
    title: "off-link gateway under ifupdown-ng",
    severity: Severity::Error,
    reason: "ifupdown-ng adds the route without `onlink`, and the kernel refuses it",
    remedy: "add `up ip route add GATEWAY dev $IFACE` above it, and write the default route as a command",
    check: Some(ng_gateway),
};

fn ng_gateway(files: &Files<'_>) -> Vec<Finding> {
    if files.system != Some(System::IfupdownNg) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for stanza in files.stanzas().filter(|stanza| stanza.method == "static") {
        let nets: Vec<_> = files.stanzas_of(&stanza.name).flat_map(|own| own.addresses()).collect();
        for (gateway, place) in stanza.gateways() {
            let local = matches!(gateway, std::net::IpAddr::V6(ip) if ip.is_unicast_link_local());
            let reached = nets.iter().any(|own| own.net.contains(&gateway));
            if !local && !reached && stanza.get("pointopoint").is_none() {
                let message = format!("{gateway} is in no network of `{}`", stanza.name);
                found.push(Finding::new(&place, message));
            }
        }
    }
    found
}

pub(super) const IF27: Rule = Rule {
    id: "IF27",
    title: "`auto` below its stanza under ifupdown2",
    severity: Severity::Error,
    reason: "ifupdown2 looks for `auto` when it reads the stanza: it does not bring this interface up, and `ifreload` takes it down",
    remedy: "put the `auto` line above the stanza",
    check: Some(late_auto),
};

fn late_auto(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !files.is_ifupdown2() {
        return found;
    }
    let directives: Vec<&Directive> = files.directives().collect();
    for (at, directive) in directives.iter().enumerate() {
        let Directive::Boot { class, names, place } = directive else { continue };
        for name in names.iter().filter(|_| class == "auto") {
            let is =
                |other: &&Directive| matches!(other, Directive::Stanza(own) if own.name == *name);
            let above = directives[..at].iter().any(&is);
            let below = directives[at..].iter().any(&is);
            let earlier = directives[..at].iter().any(|other| {
                matches!(other, Directive::Boot { class, names, .. }
                    if class == "auto" && names.contains(name))
            });
            if above && !below && !earlier {
                let message = format!("`auto {name}` comes too late for its stanza");
                found.push(Finding::new(place, message));
            }
        }
    }
    found
}

pub(super) const IF28: Rule = Rule {
    id: "IF28",
    title: "option of ifupdown in another spelling",
    severity: Severity::Warning,
    reason: "ifupdown knows its own options by the letter: with `_` for `-`, or the other way round, only hooks see it",
    remedy: "write it as interfaces(5) does",
    check: Some(spelling),
};

/// ifupdown's own options that have a dash or an underscore.
const EXACT: [&str; 7] = [
    "accept_ra",
    "request_prefix",
    "dad-attempts",
    "dad-interval",
    "ll-attempts",
    "ll-interval",
    "preferred-lifetime",
];

fn spelling(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if files.is_ifupdown2() {
        return found;
    }
    for stanza in files.stanzas().filter(|stanza| stanza.family == "inet6") {
        for opt in &stanza.options {
            let canonical = opt.key.replace('-', "_");
            let own = EXACT.iter().find(|own| own.replace('-', "_") == canonical);
            if let Some(own) = own.filter(|own| **own != opt.key) {
                let message = format!("`{}` has no effect here: it is `{own}`", opt.key);
                found.push(Finding::new(&opt.place, message));
            }
        }
    }
    found
}

pub(super) const IF30: Rule = Rule {
    id: "IF30",
    title: "backslash that ifupdown2 takes away",
    severity: Severity::Warning,
    reason: "ifupdown2 makes one space of any backslash and the white space around it, in commands and comments too",
    remedy: "put the command into a script, or write it without a backslash",
    check: Some(backslash),
};

fn backslash(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !files.is_ifupdown2() {
        return found;
    }
    for file in files.of(LintKind::Interfaces) {
        for (number, line) in file.source.text.lines().enumerate() {
            let body = line.trim_end();
            let comment = body.trim_start().starts_with('#');
            let inner = body.strip_suffix('\\').unwrap_or(body);
            let what = match (comment, inner.contains('\\'), inner.len() < body.len()) {
                (true, _, true) => "this comment swallows the next line",
                (false, true, _) => "this backslash becomes a space",
                _ => continue,
            };
            found.push(Finding::new(&file.source.line(number + 1), what));
        }
    }
    found
}

pub(super) const IF32: Rule = Rule {
    id: "IF32",
    title: "file that no `source` line reads",
    severity: Severity::Warning,
    reason: "ifupdown reads /etc/network/interfaces and what it names; `source-directory` leaves out names with a dot",
    remedy: "add a `source` line, or take the dot out of the name",
    check: Some(unread),
};

fn unread(files: &Files<'_>) -> Vec<Finding> {
    let all: Vec<_> = files.of(LintKind::Interfaces).collect();
    // A root file that is not at hand, or that cannot be followed, may name it.
    let followed = all.iter().any(|file| file.path == ROOT)
        && !files.directives().any(|directive| {
            matches!(directive, Directive::Source { path, .. } if path.contains(['$', '~', '`']))
        });
    files
        .unread
        .iter()
        .filter(|_| followed)
        .map(|number| {
            let file = all[*number];
            let message = format!("nothing reads {}", file.path);
            Finding::new(&file.source.line(1), message)
        })
        .collect()
}

pub(super) const IF33: Rule = Rule {
    id: "IF33",
    title: "relative `source` under ifupdown2",
    severity: Severity::Warning,
    reason: "ifupdown2 of Debian 12 looks for it in the directory that it was started in",
    remedy: "write the absolute path",
    check: Some(relative_source),
};

fn relative_source(files: &Files<'_>) -> Vec<Finding> {
    files
        .directives()
        .filter(|_| files.is_ifupdown2())
        .filter_map(|directive| match directive {
            Directive::Source { path, place, .. } if !path.is_empty() && !path.starts_with('/') => {
                let kind = if pattern::is_pattern(path) { "pattern" } else { "path" };
                Some(Finding::new(place, format!("`{path}` is a relative {kind}")))
            }
            _ => None,
        })
        .collect()
}

pub(super) const IF35: Rule = Rule {
    id: "IF35",
    title: "second VLAN-aware bridge under ifupdown2",
    severity: Severity::Warning,
    reason: "ifupdown2 takes the first only (\"Only one object with attribute\") and leaves out the others, unless its configuration says otherwise, as that of Proxmox does",
    remedy: "use one bridge for all VLANs, or set `multiple_vlan_aware_bridge_support=1` in /etc/network/ifupdown2/ifupdown2.conf",
    check: Some(vlan_aware_twice),
};

fn vlan_aware_twice(files: &Files<'_>) -> Vec<Finding> {
    if files.system != Some(System::Ifupdown2) {
        return Vec::new();
    }
    let aware = files
        .stanzas()
        .filter(|stanza| stanza.get("bridge_vlan_aware").is_some_and(|opt| opt.value == "yes"));
    aware
        .skip(1)
        .map(|stanza| {
            let message = format!("`{}` is VLAN-aware as well", stanza.name);
            Finding::new(&stanza.place, message)
        })
        .collect()
}
