//! Rules about options that are there twice, and words that nothing reads.

use crate::diagnostic::Severity;
use crate::network::interfaces::{Opt, Stanza, pattern};

use super::files::Files;
use super::{Finding, Rule, System};

pub(super) const IF25: Rule = Rule {
    id: "IF25",
    title: "option that is there twice",
    severity: Severity::Error,
    reason: "ifupdown puts both values into one command with a line break between them: the command is torn in two, and ifup fails",
    remedy: "keep one of the two lines",
    check: Some(twice),
};

/// Options that ifupdown puts into a command as they are, and that no program takes twice.
const INTO_COMMANDS: [&str; 6] = ["gateway", "metric", "mtu", "hwaddress", "pointopoint", "media"];
/// The same, but ifupdown2 takes one for each address.
const OF_ADDRESSES: [&str; 4] = ["netmask", "broadcast", "scope", "preferred-lifetime"];

fn is_torn(files: &Files<'_>, stanza: &Stanza, opt: &Opt, first: &Opt) -> bool {
    let key = opt.key.as_str();
    if !matches!(stanza.method.as_str(), "static" | "manual") {
        return false;
    }
    let classic = files.system == Some(System::Ifupdown);
    INTO_COMMANDS.contains(&key)
        || (classic && OF_ADDRESSES.contains(&key))
        || (classic && key == "address" && tears_address(stanza, first))
}

/// Whether a second `address` tears ifupdown's command: with a prefix the first IPv4
/// address is cut out at the slash, and is whole.
pub(super) fn tears_address(stanza: &Stanza, first: &Opt) -> bool {
    stanza.family == "inet6" || !first.value.contains('/')
}

fn twice(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if files.is_ifupdown2() {
        return found;
    }
    for stanza in files.stanzas().filter(|stanza| !stanza.family.is_empty()) {
        for (at, opt) in stanza.options.iter().enumerate() {
            // The spelling counts: it is another option with another dash.
            let Some(first) = stanza.options[..at].iter().find(|own| own.key == opt.key) else {
                continue;
            };
            if is_torn(files, stanza, opt, first) {
                let message = format!("a second `{}` in the same stanza", opt.key);
                found.push(Finding::new(&opt.place, message));
            }
        }
    }
    found
}

pub(super) const IF26: Rule = Rule {
    id: "IF26",
    title: "option that the template has already",
    severity: Severity::Error,
    reason: "`inherits` copies the template's options: a second value does not replace the first, but is joined to it with a line break",
    remedy: "take the option out of the template, or out of this stanza",
    check: Some(inherited_again),
};

fn inherited_again(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if files.is_ifupdown2() {
        return found;
    }
    for stanza in files.stanzas() {
        let Some(template) = stanza.inherits.as_deref() else { continue };
        let first = files
            .stanzas_of(template)
            .find(|own| stanza.family.is_empty() || own.family == stanza.family);
        let Some(template) = first else { continue };
        let torn = |opt: &&Opt| {
            let key = opt.key.as_str();
            key == "address" || INTO_COMMANDS.contains(&key) || OF_ADDRESSES.contains(&key)
        };
        for opt in stanza.options.iter().filter(torn) {
            if let Some(other) = template.options.iter().find(|own| own.key == opt.key) {
                let message = format!(
                    "`{}` is `{}` in the template `{}` already",
                    opt.key, other.value, template.name
                );
                found.push(Finding::new(&opt.place, message));
            }
        }
    }
    found
}

pub(super) const IF29: Rule = Rule {
    id: "IF29",
    title: "words at the end of an `iface` line",
    severity: Severity::Warning,
    reason: "nothing reads what stands behind family and method",
    remedy: "delete the words, or put them into the stanza as an option",
    check: Some(extra_words),
};

fn extra_words(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        // A comment at the end of the line is for IF03.
        .filter(|stanza| stanza.extra.first().is_some_and(|word| !word.starts_with('#')))
        .map(|stanza| {
            let message = format!("`{}` is ignored", stanza.extra.join(" "));
            Finding::new(&stanza.place, message)
        })
        .collect()
}

pub(super) const IF31: Rule = Rule {
    id: "IF31",
    title: "name that is too long for an interface",
    severity: Severity::Error,
    reason: "the kernel takes 15 characters at most, and refuses the interface (or the label of an alias)",
    remedy: "take a shorter name",
    check: Some(long_name),
};

fn long_name(files: &Files<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mapped = |name: &str| {
        files.interfaces.iter().flat_map(|file| file.mappings()).any(|mapping| {
            mapping.patterns.iter().any(|glob| pattern::matches(glob, name))
                || mapping.options.iter().any(|opt| opt.value.split_whitespace().any(|w| w == name))
        })
    };
    for stanza in files.stanzas() {
        let name = stanza.name.as_str();
        // A logical name alone may be as long as it likes.
        let physical = files.boot().any(|boot| boot.physical == name && boot.logical == name);
        let makes = stanza.ports().is_some() || !stanza.slaves().is_empty();
        let seen = found.iter().any(|one| one.message.contains(&format!("`{name}`")));
        if name.len() > 15
            && (physical || makes)
            && !name.contains(['/', '['])
            && !mapped(name)
            && !seen
        {
            let message = format!("`{name}` has {} characters", name.len());
            found.push(Finding::new(&stanza.place, message));
        }
    }
    found
}
