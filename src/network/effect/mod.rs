//! What interfaces files mean for the live state.
//!
//! [`after`] foresees what a change leaves behind: the interfaces that it cycles, taken
//! down with the old files and brought up with the new ones, as ifupdown and the kernel do
//! it. [`expected`] foresees what a boot with the files would give, which is what the live
//! state should be. Both say what they cannot foresee: leases, hooks that compute,
//! commands that only the host can understand.

mod command;
mod hook;
mod kernel;
mod mapping;
mod stanza;

use std::collections::BTreeSet;

pub use hook::Hook;
use kernel::Kernel;
use stanza::Bench;

use super::interfaces::Interfaces;
use super::live::{Fact, Live};

/// Which program reads the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// Interface by interface, down and up.
    Ifupdown,
    /// All of them at once, by difference.
    Ifupdown2,
}

/// The files of one moment.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The main file with what it sources.
    pub interfaces: &'a Interfaces,
    /// The hooks.
    pub hooks: &'a [Hook],
    /// Whether more is sourced than was read.
    pub partial: bool,
}

/// What was foreseen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// The facts.
    pub facts: BTreeSet<Fact>,
    /// What was not foreseen, a sentence each.
    pub unforeseen: Vec<String>,
    /// The links that the files configure.
    pub devices: BTreeSet<String>,
    /// Of these the ones that have something unforeseen: more may be on them.
    pub vague: BTreeSet<String>,
    /// Whether there may be more on any link, and rules, that the files not read bring.
    pub partial: bool,
}

/// A change as it is going to be activated.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The state before.
    pub live: &'a Live,
    /// The files before.
    pub old: Files<'a>,
    /// The files afterwards.
    pub new: Files<'a>,
    /// Words for `ifdown`, in order.
    pub down: &'a [String],
    /// Words for `ifup`, in order.
    pub up: &'a [String],
    /// Whether changed hooks run for interfaces that are not cycled.
    pub hooks_run: bool,
    /// Who reads the files.
    pub flavour: Flavour,
}

/// What a change leaves behind.
pub fn after(change: &Change<'_>) -> Foreseen {
    let mut kernel = Kernel { facts: change.live.facts.clone() };
    let mut seen = Foreseen::default();
    let cycles = !change.down.is_empty() || !change.up.is_empty();
    stop_hooks(change, &mut kernel, &mut seen);
    match change.flavour {
        Flavour::Ifupdown if cycles => one_by_one(change, &mut kernel, &mut seen),
        // It runs all hooks itself.
        Flavour::Ifupdown2 if cycles => at_once(change, &mut kernel, &mut seen),
        _ => {}
    }
    if change.flavour == Flavour::Ifupdown || !cycles {
        start_hooks(change, &mut kernel, &mut seen);
    }
    seen.finished(kernel, change.new.partial && cycles)
}

/// What a boot with these files would give on a host with these links.
pub fn expected(live: &Live, files: Files<'_>) -> Foreseen {
    let mut seen = Foreseen::default();
    let bench = Bench { files };
    let made = |name: &str| bench.makes(name);
    let link = |fact: &&Fact| match fact {
        Fact::Link { name, .. } | Fact::Mtu { name, .. } => !made(name),
        _ => false,
    };
    let mut kernel = Kernel { facts: live.facts.iter().filter(link).cloned().collect() };
    for word in bench.boot() {
        bench.up(&word, &mut kernel, &mut seen);
    }
    seen.finished(kernel, files.partial)
}

impl Foreseen {
    fn finished(mut self, kernel: Kernel, partial: bool) -> Self {
        self.unforeseen.dedup();
        self.facts = kernel.facts;
        self.partial = partial;
        if partial {
            self.vague.clone_from(&self.devices);
        }
        self
    }
}

/// Whether the files make a link themselves.
pub fn makes(files: Files<'_>, name: &str) -> bool {
    Bench { files }.makes(name)
}

fn one_by_one(change: &Change<'_>, kernel: &mut Kernel, seen: &mut Foreseen) {
    let (old, new) = (Bench { files: change.old }, Bench { files: change.new });
    let mut guests: Vec<(String, String, bool)> = Vec::new();
    for word in change.down {
        let name = word.split('=').next().unwrap_or(word);
        guests.extend(ports(kernel, name));
        old.down(name, kernel, seen);
    }
    for word in change.up {
        new.up(word, kernel, seen);
    }
    give_back(&guests, kernel);
}

/// Ports that others put into a bridge come back once it is there again.
fn give_back(guests: &[(String, String, bool)], kernel: &mut Kernel) {
    for (bridge, port, up) in guests {
        let taken =
            kernel.facts.iter().any(|f| matches!(f, Fact::Port { name, .. } if name == port));
        if !taken && kernel.has(bridge) && kernel.has(port) {
            kernel.set_master(port, Some(bridge));
            if *up {
                kernel.set_up(port);
            }
        }
    }
}

/// The ports of a bridge, and whether they are up.
fn ports(kernel: &Kernel, bridge: &str) -> Vec<(String, String, bool)> {
    let of = |fact: &Fact| match fact {
        Fact::Port { name, master } if master == bridge => {
            let up = kernel.facts.contains(&Fact::Up { name: name.clone() });
            Some((bridge.to_owned(), name.clone(), up))
        }
        _ => None,
    };
    kernel.facts.iter().filter_map(of).collect()
}

/// ifreload takes down what the files no longer have, and brings the rest to what they say.
fn at_once(change: &Change<'_>, kernel: &mut Kernel, seen: &mut Foreseen) {
    let (old, new) = (Bench { files: change.old }, Bench { files: change.new });
    let stays = new.boot();
    let before: Vec<Fact> = kernel.facts.iter().cloned().collect();
    let bridges = before.iter().filter_map(|fact| match fact {
        Fact::Port { master, .. } => Some(master.clone()),
        _ => None,
    });
    let guests: Vec<(String, String, bool)> =
        bridges.collect::<BTreeSet<_>>().iter().flat_map(|bridge| ports(kernel, bridge)).collect();
    for word in old.boot().iter().rev() {
        if !stays.contains(word) {
            old.down(word, kernel, seen);
        }
    }
    for word in &stays {
        new.reload(word, &old, kernel, seen);
    }
    give_back(&guests, kernel);
}

/// What changed hooks did is undone: by ifupdown for interfaces that are not cycled, for
/// all of them where ifupdown2 would not tell any.
fn stop_hooks(change: &Change<'_>, kernel: &mut Kernel, seen: &mut Foreseen) {
    let names = match change.flavour {
        Flavour::Ifupdown => uncycled(change),
        Flavour::Ifupdown2 => Bench { files: change.old }.boot(),
    };
    let hooks = change.old.hooks.iter().filter(|hook| !hook.at_up());
    run_hooks(change, hooks.filter(|h| !change.new.hooks.contains(h)), &names, kernel, seen);
}

/// Changed hooks are started for the interfaces that stay as they are.
fn start_hooks(change: &Change<'_>, kernel: &mut Kernel, seen: &mut Foreseen) {
    let names = uncycled(change);
    let hooks = change.new.hooks.iter().filter(|hook| hook.at_up());
    run_hooks(change, hooks.filter(|h| !change.old.hooks.contains(h)), &names, kernel, seen);
}

fn uncycled(change: &Change<'_>) -> Vec<String> {
    let mut names = Bench { files: change.new }.boot();
    names.retain(|name| !change.up.contains(name) && !change.down.contains(name));
    names
}

fn run_hooks<'a>(
    change: &Change<'_>,
    hooks: impl Iterator<Item = &'a Hook>,
    names: &[String],
    kernel: &mut Kernel,
    seen: &mut Foreseen,
) {
    if !change.hooks_run {
        return;
    }
    let (old, new) = (Bench { files: change.old }, Bench { files: change.new });
    for hook in hooks.filter(|hook| hook.text.is_some()) {
        for name in names {
            let families = [old.families(name), new.families(name)].concat();
            let families: Vec<&str> = families.iter().map(String::as_str).collect();
            if !hook.run(name, &families, kernel) {
                seen.unforeseen.push(vague_hook(hook));
                seen.vague.insert(name.clone());
            }
        }
    }
}

fn vague_hook(hook: &Hook) -> String {
    format!("what the hook {}/{} does", hook.directory, hook.name)
}

#[cfg(test)]
mod tests;
