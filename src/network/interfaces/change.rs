//! What ifupdown must take down and bring up when one file replaces another.
//!
//! ifupdown has no reload. The old file must still be in place while `ifdown` runs (it
//! holds the `down` commands), the new one while `ifup` runs. [`changed`] names as little
//! as possible for both:
//!
//! - Two interfaces are the same if their stanzas have the same effect. Comments, layout,
//!   the spelling of a key, `address`+`netmask` against `address/prefix`, and the order
//!   of different options do not count. The order of commands of one phase does, and so
//!   does the order of the stanzas.
//! - A stanza that `inherits` changes with its template. An interface with a `mapping`
//!   changes with the mapping, its script line, and every stanza that a `map` line names.
//! - What `source` lines bring in is not known here and does not count.
//! - No longer being `auto` or hotplug takes an interface down; becoming it brings it up.
//! - What stands on an interface that goes down goes down too where the kernel would
//!   empty it: its VLANs and aliases; and bridges and bonds whose port is itself made by
//!   ifupdown, or vanishes. A bridge stays up when only its physical port is cycled,
//!   because that keeps the guests on it.

use std::collections::BTreeSet;

use super::pattern::matches;
use super::{BootName, Interfaces, Mapping, Stanza};

/// What to do to get from one file to another, as words for `ifdown` and `ifup`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// For `ifdown` with the old file, in order: the reverse of the old boot order.
    /// Names that are not up are no error there. An interface without `auto` or hotplug
    /// is here too, because somebody may have brought it up by hand.
    pub down: Vec<String>,
    /// For `ifup` with the new file, in the new boot order: `auto` first, then hotplug.
    /// With `auto eth0=work` the word is `eth0=work`, because `ifup eth0` would fail.
    pub up: Vec<String>,
}

impl Change {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.down.is_empty() && self.up.is_empty()
    }
}

/// What replacing `old` by `new` asks of ifupdown; see the module's words for the rules.
pub fn changed(old: &Interfaces, new: &Interfaces) -> Change {
    let before = units(old);
    let after = units(new);
    let same = |unit: &Unit| {
        after
            .iter()
            .find(|other| other.physical == unit.physical)
            .is_some_and(|other| other.effect == unit.effect && (other.boot || !unit.boot))
    };
    let mut cycled: BTreeSet<String> =
        before.iter().filter(|unit| !same(unit)).map(|unit| unit.physical.clone()).collect();
    take_along(&before, &after, &mut cycled);

    let down = before
        .iter()
        .rev()
        .filter(|unit| cycled.contains(&unit.physical))
        .map(|unit| unit.physical.clone())
        .collect();
    let up = after
        .iter()
        .filter(|unit| unit.boot)
        .filter(|unit| {
            cycled.contains(&unit.physical)
                || !before.iter().any(|other| other.boot && other.physical == unit.physical)
        })
        .map(|unit| unit.word.clone())
        .collect();
    Change { down, up }
}

/// One thing that ifupdown configures as a whole.
struct Unit {
    physical: String,
    /// What `ifup` takes.
    word: String,
    boot: bool,
    effect: Vec<String>,
    /// What it stands on, and whether it loses its state when that one goes down.
    below: Vec<(String, Below)>,
    /// Whether ifupdown makes the device.
    made: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// A VLAN or an alias: it is emptied with its base.
    Base,
    /// A port of a bridge or bond.
    Port,
}

/// The units of a file in boot order: `auto`, then the other classes, then the rest.
fn units(file: &Interfaces) -> Vec<Unit> {
    let mut found: Vec<Unit> = Vec::new();
    let boot = file.boot();
    let (auto, other): (Vec<&BootName<'_>>, Vec<&BootName<'_>>) =
        boot.iter().partition(|name| name.class == "auto");
    for name in auto.into_iter().chain(other) {
        if found.iter().any(|unit| unit.physical == name.physical) {
            continue;
        }
        let stanzas = stanzas_for(file, name.physical, name.logical);
        let unit = unit(file, name.physical, name.word, &stanzas, true);
        if !unit.effect.is_empty() {
            found.push(unit);
        }
    }
    for name in file.logical_names() {
        let at_boot = boot.iter().any(|boot| names(boot.physical, boot.logical, name));
        let template = file.stanzas().any(|s| s.inherits.as_deref() == Some(name));
        let mapped = file.mappings().any(|mapping| maps_to(mapping, name));
        let taken = found.iter().any(|unit| unit.physical == name);
        if at_boot || template || mapped || taken {
            continue;
        }
        let stanzas: Vec<&Stanza> = file.stanzas_of(name).collect();
        found.push(unit(file, name, name, &stanzas, false));
    }
    found
}

/// Whether a boot word configures the stanzas of `name`.
fn names(physical: &str, logical: &str, name: &str) -> bool {
    if logical != physical {
        return logical == name;
    }
    match physical.split_once('/') {
        Some(("", glob)) => matches(glob.split('/').next().unwrap_or(glob), name),
        // By MAC or another attribute: only the host knows the name.
        Some(_) => true,
        None => physical == name,
    }
}

fn stanzas_for<'a>(file: &'a Interfaces, physical: &str, logical: &str) -> Vec<&'a Stanza> {
    file.stanzas().filter(|stanza| names(physical, logical, &stanza.name)).collect()
}

fn unit(file: &Interfaces, physical: &str, word: &str, stanzas: &[&Stanza], boot: bool) -> Unit {
    let mut effect = Vec::new();
    let mut below = Vec::new();
    let mut made = false;
    for stanza in stanzas {
        stanza_effect(file, stanza, &mut effect, 0);
        let bases = stanza.below();
        let ports = [stanza.ports().unwrap_or_default(), stanza.slaves()].concat();
        made |= bases.is_some() || stanza.is_bridge() || !ports.is_empty();
        below.extend(bases.into_iter().map(|name| (name, Below::Base)));
        below.extend(ports.into_iter().map(|name| (name, Below::Port)));
    }
    for mapping in file.mappings() {
        if mapping.patterns.iter().any(|glob| matches(glob, physical)) {
            mapping_effect(file, mapping, &mut effect);
        }
    }
    if !effect.is_empty() {
        for directive in file.directives() {
            let super::Directive::Modifier { keyword, words, .. } = directive else {
                continue;
            };
            let renames = |word: &&String| {
                keyword == "rename" && word.split_once('=').is_some_and(|(_, to)| to == physical)
            };
            effect.extend(words.iter().filter(renames).map(|word| format!("rename {word}")));
        }
    }
    Unit { physical: physical.to_owned(), word: word.to_owned(), boot, effect, below, made }
}

/// Adds what a stanza does, in a form in which equal effects are equal lines.
fn stanza_effect(file: &Interfaces, stanza: &Stanza, effect: &mut Vec<String>, depth: usize) {
    effect.push(format!("iface {} {}", stanza.family, stanza.method));
    let addresses = stanza.addresses();
    let folded = addresses.len() == stanza.all("address").count();
    let mut settings: Vec<String> = Vec::new();
    for opt in stanza.options.iter().filter(|opt| !opt.is_command()) {
        let key = opt.canonical();
        if folded && !addresses.is_empty() && matches!(key.as_str(), "address" | "netmask") {
            continue;
        }
        let words: Vec<&str> = opt.value.split_whitespace().collect();
        settings.push(format!("{key} {}", words.join(" ")));
    }
    // Only the key decides, so that two options of one key keep their order.
    settings.sort_by_key(|line| line.split(' ').next().unwrap_or_default().to_owned());
    effect.extend(settings);
    if folded {
        effect.extend(addresses.iter().map(|address| format!("address {}", address.net)));
    }
    for phase in ["pre_up", "up", "down", "post_down"] {
        effect.extend(stanza.all(phase).map(|opt| format!("{phase}: {}", opt.value)));
    }
    if let Some(template) = &stanza.inherits {
        effect.push(format!("inherits {template}"));
        // A template may inherit too; a circle is cut.
        if depth < 8 {
            for inherited in file.stanzas_of(template) {
                if stanza.family.is_empty() || inherited.family == stanza.family {
                    stanza_effect(file, inherited, effect, depth + 1);
                }
            }
        }
    }
}

fn mapping_effect(file: &Interfaces, mapping: &Mapping, effect: &mut Vec<String>) {
    effect.push("mapping".to_owned());
    for opt in &mapping.options {
        effect.push(format!("{} {}", opt.key, opt.value));
    }
    for stanza in file.stanzas() {
        if maps_to(mapping, &stanza.name) {
            effect.push(format!("to {}", stanza.name));
            stanza_effect(file, stanza, effect, 0);
        }
    }
}

fn maps_to(mapping: &Mapping, name: &str) -> bool {
    mapping
        .options
        .iter()
        .filter(|opt| opt.key == "map")
        .any(|opt| opt.value.split_whitespace().any(|word| word == name))
}

/// Adds the units that lose their state because one below them goes down.
fn take_along(before: &[Unit], after: &[Unit], cycled: &mut BTreeSet<String>) {
    loop {
        let more: Vec<String> = before
            .iter()
            .filter(|unit| !cycled.contains(&unit.physical))
            .filter(|unit| {
                unit.below.iter().any(|(name, kind)| {
                    cycled.contains(name) && (*kind == Below::Base || goes(name, before, after))
                })
            })
            .map(|unit| unit.physical.clone())
            .collect();
        if more.is_empty() {
            return;
        }
        cycled.extend(more);
    }
}

/// Whether the device itself goes when it is taken down, not just its state: ifupdown
/// made it. A physical card stays in its bridge.
fn goes(name: &str, before: &[Unit], after: &[Unit]) -> bool {
    [before, after].iter().any(|units| units.iter().any(|unit| unit.physical == name && unit.made))
}
