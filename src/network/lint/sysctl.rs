//! Rules about kernel settings.

use crate::diagnostic::Severity;
use crate::network::interfaces::Stanza;

use super::files::Files;
use super::{Finding, LintKind, Rule};

pub(super) const SY01: Rule = Rule {
    id: "SY01",
    title: "settings in /etc/sysctl.conf",
    severity: Severity::Warning,
    reason: "Debian 13 does not ship and does not read this file any more",
    remedy: "put them in a file in /etc/sysctl.d",
    check: Some(old_file),
};

fn old_file(files: &Files<'_>) -> Vec<Finding> {
    files
        .of(LintKind::Sysctl)
        .filter(|file| file.path == "/etc/sysctl.conf")
        .map(|file| Finding::new(&file.source.line(1), "Debian 13 does not read /etc/sysctl.conf"))
        .collect()
}

pub(super) const SY02: Rule = Rule {
    id: "SY02",
    title: "IPv6 forwarding where the default route comes from router advertisements",
    severity: Severity::Error,
    reason: "a forwarding host ignores advertisements: the IPv6 default route is removed at once",
    remedy: "set `net.ipv6.conf.UPLINK.accept_ra = 2` before it, or use a static gateway",
    check: Some(forwarding_with_ra),
};

fn forwarding_with_ra(files: &Files<'_>) -> Vec<Finding> {
    let Some(setting) =
        files.value_of("net.ipv6.conf.all.forwarding").filter(|setting| setting.value == "1")
    else {
        return Vec::new();
    };
    let learned = files.stanzas().find(|stanza| {
        let by_ra = stanza.family == "inet6" && matches!(stanza.method.as_str(), "auto" | "dhcp");
        by_ra && !accepts_anyway(files, stanza)
    });
    let fixed =
        files.stanzas().any(|stanza| stanza.family == "inet6" && stanza.get("gateway").is_some());
    match learned {
        Some(stanza) if !fixed => {
            let message = format!("forwarding takes the IPv6 default route from `{}`", stanza.name);
            vec![Finding::new(&setting.place, message)]
        }
        _ => Vec::new(),
    }
}

fn accepts_anyway(files: &Files<'_>, stanza: &Stanza) -> bool {
    let name = stanza.name.replace('.', "/");
    let set = |name: &str| {
        files
            .value_of(&format!("net.ipv6.conf.{name}.accept_ra"))
            .is_some_and(|setting| setting.value == "2")
    };
    let in_stanza = files
        .stanzas_of(&stanza.name)
        .any(|own| own.get("accept_ra").is_some_and(|opt| opt.value == "2"));
    let by_command = files
        .commands
        .iter()
        .any(|command| command.words.iter().any(|word| word.contains("accept_ra")));
    in_stanza || by_command || set(&name) || set("default")
}

pub(super) const SY03: Rule = Rule {
    id: "SY03",
    title: "`all.accept_ra` alone",
    severity: Severity::Warning,
    reason: "it does not change the interfaces that exist already",
    remedy: "set it for `default` and for each interface",
    check: Some(all_accept_ra),
};

fn all_accept_ra(files: &Files<'_>) -> Vec<Finding> {
    let others = files.settings.iter().any(|setting| {
        setting.key.ends_with(".accept_ra") && setting.interface().as_deref() != Some("all")
    });
    match files.value_of("net.ipv6.conf.all.accept_ra") {
        Some(setting) if !others => {
            let message = "`all.accept_ra` has no effect on existing interfaces";
            vec![Finding::new(&setting.place, message)]
        }
        _ => Vec::new(),
    }
}

pub(super) const SY04: Rule = Rule {
    id: "SY04",
    title: "NAT without IPv4 forwarding",
    severity: Severity::Warning,
    reason: "the host forwards nothing, so there is nothing to translate",
    remedy: "set `net.ipv4.ip_forward = 1`",
    check: Some(nat_without_forwarding),
};

fn nat_without_forwarding(files: &Files<'_>) -> Vec<Finding> {
    let on = |key: &str| files.value_of(key).is_some_and(|setting| setting.value == "1");
    let by_command = files.commands.iter().any(|command| {
        command.words.iter().any(|word| word.contains("ip_forward") || word.contains("forwarding"))
    });
    // Without a sysctl file at hand the setting may be anywhere.
    let unknown = files.of(LintKind::Sysctl).next().is_none();
    let single = files.settings.iter().any(|setting| {
        setting.key.starts_with("net.ipv4.conf.") && setting.key.ends_with(".forwarding")
    });
    if on("net.ipv4.ip_forward") || single || by_command || unknown {
        return Vec::new();
    }
    let message = "this rule translates, but IPv4 forwarding is not on";
    let in_script = files.nft.iter().find(|line| {
        let words = line.statement.words();
        let table = line.statement.blocks.first();
        let v6 = words.contains(&"ip6")
            || table.is_some_and(|table| table.iter().any(|word| word == "ip6"));
        !v6 && (words.contains(&"masquerade") || words.contains(&"snat"))
    });
    let by_iptables = files.commands.iter().find(|command| {
        command.program().starts_with("iptables")
            && (command.has("MASQUERADE") || command.has("SNAT"))
            && !command.has("-D")
    });
    let script = in_script.map(|line| line.file.source.place(line.statement.span()));
    let place = script.or_else(|| by_iptables.map(|command| command.place.clone()));
    place.map(|place| Finding::new(&place, message)).into_iter().collect()
}

pub(super) const SY05: Rule = Rule {
    id: "SY05",
    title: "`proxy_ndp` on every interface",
    severity: Severity::Warning,
    reason: "the host then answers for its proxied addresses on the guests' side as well, where the guests themselves are",
    remedy: "set it for the uplink only: `net.ipv6.conf.UPLINK.proxy_ndp = 1`",
    check: Some(proxy_on_all),
};

fn proxy_on_all(files: &Files<'_>) -> Vec<Finding> {
    files
        .value_of("net.ipv6.conf.all.proxy_ndp")
        .filter(|setting| setting.value == "1")
        .map(|setting| Finding::new(&setting.place, "`proxy_ndp` is on for all interfaces"))
        .into_iter()
        .collect()
}

pub(super) const SY06: Rule = Rule {
    id: "SY06",
    title: "setting of an interface that does not exist yet at boot",
    severity: Severity::Warning,
    reason: "kernel settings are applied before ifupdown makes the interface: only systemd's udev rule sets it once more, sysctl(8) reports an error",
    remedy: "set it in the stanza (`up sysctl -q -w …`), or put a `-` before the key",
    check: Some(before_it_exists),
};

fn before_it_exists(files: &Files<'_>) -> Vec<Finding> {
    files
        .settings
        .iter()
        .filter(|setting| !setting.ignore_errors)
        .filter_map(|setting| {
            let name = setting.interface()?;
            let made = files.stanzas_of(&name).any(|stanza| {
                stanza.is_bridge() || !stanza.slaves().is_empty() || stanza.below().is_some()
            });
            let message = format!("`{name}` is made by ifupdown, after the settings are applied");
            made.then(|| Finding::new(&setting.place, message))
        })
        .collect()
}
