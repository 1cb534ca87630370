//! Rules about hosts whose interfaces file a web interface rewrites.

use crate::diagnostic::Severity;
use crate::network::interfaces::{Directive, Stanza};

use super::files::{Files, ROOT};
use super::{Finding, LintKind, Rule, System};

fn is_proxmox(files: &Files<'_>) -> bool {
    files.system == Some(System::Proxmox)
}

pub(super) const IF18: Rule = Rule {
    id: "IF18",
    title: "pending changes of Proxmox",
    severity: Severity::Warning,
    reason: "somebody staged changes in the web interface: the next \"Apply Configuration\" or reboot puts interfaces.new in place of this file",
    remedy: "apply or revert them there first (`pvesh delete /nodes/NODE/network`)",
    check: Some(pending),
};

fn pending(files: &Files<'_>) -> Vec<Finding> {
    let pending = files.known.beside.iter().any(|path| path.ends_with("/interfaces.new"));
    files
        .of(LintKind::Interfaces)
        .filter(|file| pending && file.path == ROOT)
        .map(|file| {
            Finding::new(&file.source.line(1), "interfaces.new is waiting beside this file")
        })
        .collect()
}

pub(super) const IF19: Rule = Rule {
    id: "IF19",
    title: "second stanza of a family on Proxmox",
    severity: Severity::Warning,
    reason: "the next change in the web interface keeps the last address only, and writes it twice",
    remedy: "put the address into a file that the web interface does not read, or add it with `up ip addr add`",
    check: Some(second_stanza),
};

fn second_stanza(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: Vec<&Stanza> = Vec::new();
    for stanza in files.stanzas().filter(|_| is_proxmox(files)) {
        let again = seen.iter().any(|own| own.name == stanza.name && own.family == stanza.family);
        if again && !stanza.family.is_empty() {
            let message = format!("a second {} stanza of `{}`", stanza.family, stanza.name);
            found.push(Finding::new(&stanza.place, message));
        }
        seen.push(stanza);
    }
    found
}

pub(super) const IF20: Rule = Rule {
    id: "IF20",
    title: "continued line or `inherits` on Proxmox",
    severity: Severity::Warning,
    reason: "the web interface reads line by line: its next change tears a continued line apart, and an interface that inherits is not shown",
    remedy: "write the line in one piece, and the options in the stanza itself",
    check: Some(not_by_line),
};

fn not_by_line(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !is_proxmox(files) {
        return found;
    }
    for file in files.of(LintKind::Interfaces).filter(|file| file.path == ROOT) {
        for (number, line) in file.source.text.lines().enumerate() {
            let body = line.trim_start();
            if body.ends_with('\\') && !body.starts_with('#') {
                let message = "this line goes on in the next one";
                found.push(Finding::new(&file.source.line(number + 1), message));
            }
        }
    }
    for stanza in files.stanzas() {
        // ifupdown2 ignores the word, and reads no template.
        if stanza.inherits.is_some() || stanza.extra.iter().any(|word| word == "inherits") {
            let message = format!("`{}` inherits", stanza.name);
            found.push(Finding::new(&stanza.place, message));
        }
    }
    found
}

pub(super) const IF21: Rule = Rule {
    id: "IF21",
    title: "stanza in a sourced file on Proxmox",
    severity: Severity::Warning,
    reason: "the web interface reads /etc/network/interfaces only: it does not know the interface, and guests cannot be put on it there",
    remedy: "put the stanza into /etc/network/interfaces",
    check: Some(sourced_stanza),
};

fn sourced_stanza(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let paths = files.of(LintKind::Interfaces).map(|file| file.path.as_str());
    for (path, file) in paths.zip(&files.interfaces).filter(|_| is_proxmox(files)) {
        let first = file.directives().iter().find_map(|directive| match directive {
            Directive::Stanza(stanza) => Some(stanza),
            _ => None,
        });
        if let Some(stanza) = first.filter(|_| path.starts_with(ROOT) && path != ROOT) {
            let message = format!("Proxmox does not see `{}`", stanza.name);
            found.push(Finding::new(&stanza.place, message));
        }
    }
    found
}
