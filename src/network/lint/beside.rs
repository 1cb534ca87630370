//! Rules about what else on the host has a say in its network.

use crate::diagnostic::Severity;

use super::files::Files;
use super::{Finding, LintKind, Rule, System};

pub(super) const MG01: Rule = Rule {
    id: "MG01",
    title: "file that cloud-init writes",
    severity: Severity::Warning,
    reason: "cloud-init writes it again at the next boot",
    remedy: "take another path, and switch it off: /etc/cloud/cloud.cfg.d/99-disable-network-config.cfg with `network: {config: disabled}`",
    check: Some(of_cloud_init),
};

const OF_CLOUD_INIT: [&str; 5] = [
    "/etc/network/interfaces.d/50-cloud-init",
    "/etc/network/interfaces.d/50-cloud-init.cfg",
    "/etc/netplan/50-cloud-init.yaml",
    "/etc/systemd/network/10-cloud-init-",
    "/run/network/interfaces.d/",
];

fn of_cloud_init(files: &Files<'_>) -> Vec<Finding> {
    let off = files.files.iter().any(|file| {
        file.path.starts_with("/etc/cloud/cloud.cfg.d/") && file.source.text.contains("disabled")
    });
    files
        .files
        .iter()
        .filter(|_| !off)
        .filter(|file| {
            let own = OF_CLOUD_INIT.iter().any(|path| file.path.starts_with(path));
            let running = files.runs("cloud-init") && file.kind == LintKind::Interfaces;
            own || running
        })
        .map(|file| {
            let message = format!("cloud-init manages {}", file.path);
            Finding::new(&file.source.line(1), message)
        })
        .collect()
}

pub(super) const MG02: Rule = Rule {
    id: "MG02",
    title: "interface of two managers",
    severity: Severity::Warning,
    reason: "both configure it, in an order that changes from boot to boot",
    remedy: "name the interface in one of them only",
    check: Some(two_managers),
};

const OTHERS: [(&str, &str); 4] = [
    ("/etc/systemd/network/", "systemd-networkd"),
    ("/etc/netplan/", "netplan"),
    ("/etc/NetworkManager/system-connections/", "NetworkManager"),
    ("/etc/dhcpcd.conf", "dhcpcd"),
];

fn two_managers(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files.of(LintKind::Other) {
        let manager = OTHERS.iter().find(|(path, _)| file.path.starts_with(path));
        let Some((_, manager)) = manager.filter(|_| !file.path.ends_with(".link")) else {
            continue;
        };
        let text = &*file.source.text;
        let shared =
            files.stanzas().find(|stanza| stanza.name != "lo" && names(text, &stanza.name));
        if let Some(stanza) = shared {
            let message = format!("`{}` is configured by {manager} and by ifupdown", stanza.name);
            let at = text.find(&stanza.name).unwrap_or(0);
            found.push(Finding::new(&file.source.place(at..at + stanza.name.len()), message));
        }
    }
    found
}

/// Whether a text has a name as a word, in lines that are no comment.
fn names(text: &str, name: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    lines.flat_map(|line| line.split(|c| !inside(c))).any(|word| word == name)
}

pub(super) const MG03: Rule = Rule {
    id: "MG03",
    title: "host without another way in",
    severity: Severity::Warning,
    reason: "without a console or a rescue system a host that is lost stays lost",
    remedy: "set up `rappel_provider` for its rescue system, or order a console and set `rappel_lint.console: true`",
    check: Some(no_console),
};

fn no_console(files: &Files<'_>) -> Vec<Finding> {
    let touches = files.files.iter().any(|file| file.kind == LintKind::Interfaces);
    if files.known.console != Some(false) || !touches {
        return Vec::new();
    }
    vec![Finding::somewhere(
        None,
        "the inventory names no console and no rescue system for this host, or says that there is none",
    )]
}

pub(super) const FW01: Rule = Rule {
    id: "FW01",
    title: "ruleset flushed beside another owner of rules",
    severity: Severity::Warning,
    reason: "`flush ruleset` deletes the tables of Docker, libvirt or Proxmox too: their guests lose the network until they are restarted",
    remedy: "flush the own table only: `table inet NAME; flush table inet NAME`",
    check: Some(flush_ruleset),
};

/// The programs on the host that keep rules of their own, by what is known and by what
/// the files name.
fn owners(files: &Files<'_>) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mentions = |word: &str| {
        files.nft.iter().any(|line| line.statement.tokens.iter().any(|token| token.text == word))
    };
    if files.runs("docker") || mentions("docker0") {
        found.push("Docker");
    }
    if files.runs("libvirt") || mentions("virbr0") {
        found.push("libvirt");
    }
    if files.runs("pve-firewall") || files.system == Some(System::Proxmox) {
        found.push("Proxmox");
    }
    found
}

fn flush_ruleset(files: &Files<'_>) -> Vec<Finding> {
    let Some(owner) = owners(files).first().copied() else { return Vec::new() };
    files
        .nft
        .iter()
        .filter(|line| line.statement.words() == ["flush", "ruleset"])
        .map(|line| {
            let place = line.file.source.place(line.statement.span());
            Finding::new(&place, format!("this deletes the rules of {owner} as well"))
        })
        .collect()
}

pub(super) const FW02: Rule = Rule {
    id: "FW02",
    title: "bridged frames sent through the IP firewall",
    severity: Severity::Warning,
    reason: "with `bridge-nf-call` on, frames between guests of one bridge go through the FORWARD chain, and are dropped or translated there",
    remedy: "set it to 0, and filter in the bridge family",
    check: Some(bridge_nf),
};

fn bridge_nf(files: &Files<'_>) -> Vec<Finding> {
    files
        .settings
        .iter()
        .filter(|setting| setting.key.starts_with("net.bridge.bridge-nf-call-"))
        // Proxmox's own firewall is made with it.
        .filter(|setting| setting.value == "1" && !files.runs("pve-firewall"))
        .map(|setting| {
            Finding::new(&setting.place, "frames of bridges go through iptables and nft")
        })
        .collect()
}

pub(super) const FW03: Rule = Rule {
    id: "FW03",
    title: "guests behind Docker's FORWARD policy",
    severity: Severity::Warning,
    reason: "Docker sets the policy of FORWARD to DROP, and an accept in another table does not undo it: guests lose the network",
    remedy: "accept them in Docker's own chain: `iptables -I DOCKER-USER -i BRIDGE -j ACCEPT`",
    check: Some(docker_forward),
};

fn docker_forward(files: &Files<'_>) -> Vec<Finding> {
    if !files.runs("docker") {
        return Vec::new();
    }
    let told = files.files.iter().any(|file| file.source.text.contains("DOCKER-USER"));
    let inner = files.stanzas().find(|stanza| stanza.ports().is_some() && stanza.name != "docker0");
    inner
        .filter(|_| !told)
        .map(|stanza| {
            let message = format!("Docker drops what `{}` forwards", stanza.name);
            Finding::new(&stanza.place, message)
        })
        .into_iter()
        .collect()
}

pub(super) const FW07: Rule = Rule {
    id: "FW07",
    title: "rules in two firewalls",
    severity: Severity::Warning,
    reason: "iptables-legacy and nft do not see each other's rules: a packet must pass both, and `nft list ruleset` shows one",
    remedy: "write all rules for nft (`iptables-translate` helps)",
    check: Some(two_firewalls),
};

fn two_firewalls(files: &Files<'_>) -> Vec<Finding> {
    let nft = files.nft.iter().any(|line| line.statement.words().first() == Some(&"table"));
    files
        .commands
        .iter()
        .filter(|command| nft && command.program().contains("tables-legacy"))
        .map(|command| Finding::new(&command.place, "nft has rules too"))
        .collect()
}
