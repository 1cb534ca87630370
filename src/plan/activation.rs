//! How changed files come into force with the least disruption.

use std::borrow::Cow;
use std::net::IpAddr;

use super::file::FileChange;
use super::moment::Moment;
use super::refusal::Refusal;
use super::subject::{INTERFACES, settings, unreadable};
use super::{Action, Leaving, LiveChange, links};
use crate::desired::{ArtifactKind, Desired};
use crate::diagnostic::Source;
use crate::network::interfaces::{Change, Interfaces, Stanza, changed};
use crate::network::{nft, sysctl};
use crate::observed::{Ifupdown, NftWanted, Observation};
use crate::remote::request::Apply;

/// What is done to the live state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activation {
    /// For `ifdown`.
    pub down: Vec<String>,
    /// For `ifup`.
    pub up: Vec<String>,
    /// Differences that are not in the files.
    pub live: Vec<LiveChange>,
    /// What goes on purpose.
    pub leaving: Leaving,
    /// The request, as far as activation goes.
    pub request: Apply,
}

impl Activation {
    /// For rendered artifacts.
    pub fn of(
        desired: &Desired,
        observed: &Observation,
        files: &[FileChange],
    ) -> Result<Self, Refusal> {
        let mut activation = Self::default();
        activation.interfaces(observed, files)?;
        activation.hooks(observed, files);
        activation.sysctl(desired, observed, files)?;
        activation.nft(desired, observed, files);
        activation.commands(desired, files);
        Ok(activation)
    }

    /// Which interfaces a change of interfaces(5) files cycles.
    pub fn interfaces(
        &mut self,
        observed: &Observation,
        files: &[FileChange],
    ) -> Result<(), Refusal> {
        if !files.iter().any(of_interfaces) {
            return Ok(());
        }
        if observed.ifupdown == Ifupdown::None {
            return Err(Refusal::NoTool { tool: "ifup", package: "ifupdown" });
        }
        let (old, new) = (Moment::of(observed, &[]), Moment::of(observed, files));
        for change in files.iter().filter(|c| of_interfaces(c)) {
            let after = parse(&change.path, &after(change))?;
            // What no other file sources is for itself.
            if !old.read.contains(&change.path) && !new.read.contains(&change.path) {
                let before = change.before.as_deref().unwrap_or_default();
                let before = Interfaces::read(&Source::new(change.path.as_str(), before)).0;
                self.replaces(&before, &after, changed(&before, &after), observed)?;
            }
        }
        if let Some(broken) = &new.broken {
            return Err(unreadable(std::slice::from_ref(&broken.mistake)));
        }
        match &old.broken {
            Some(broken) => {
                let cycle = all_of(&broken.remains, &new.interfaces, observed);
                self.replaces(&broken.remains, &new.interfaces, cycle, observed)?;
            }
            None => {
                let cycle = changed(&old.interfaces, &new.interfaces);
                self.replaces(&old.interfaces, &new.interfaces, cycle, observed)?;
            }
        }
        self.leaving.keep_moved(files);
        self.request.down.clone_from(&self.down);
        self.request.up.clone_from(&self.up);
        for word in self.down.iter().chain(&self.up) {
            let name = word.split('=').next().unwrap_or(word).to_owned();
            if !self.request.names.contains(&name) {
                self.request.names.push(name);
            }
        }
        Ok(())
    }

    /// Cycles what differs between two states of the files.
    fn replaces(
        &mut self,
        old: &Interfaces,
        new: &Interfaces,
        cycle: Change,
        observed: &Observation,
    ) -> Result<(), Refusal> {
        links::check(new, &cycle.up, observed)?;
        self.leaving.note(old, new);
        self.expect(new, &cycle.up);
        self.down.extend(cycle.down);
        self.up.extend(cycle.up);
        Ok(())
    }

    /// What the static stanzas of interfaces that come up promise: ifup can end well and have
    /// done nothing, when what it wants to set is there in another shape.
    fn expect(&mut self, new: &Interfaces, up: &[String]) {
        for word in up {
            let (physical, logical) = word.split_once('=').unwrap_or((word, word));
            let dev = physical.split(':').next().unwrap_or(physical);
            let stanzas = new.whole_stanzas_of(logical);
            for stanza in stanzas.iter().filter(|s| s.method == "static") {
                let addresses = stanza.addresses_as(new.dialect());
                let addresses = addresses.into_iter().map(|a| ("address", a.net.addr()));
                let gateways =
                    stanza.gateways().into_iter().map(|(gateway, _)| ("default", gateway));
                for (kind, address) in addresses.chain(gateways) {
                    let family = if address.is_ipv4() { "inet" } else { "inet6" };
                    self.request.expect.push(format!("{kind} {family} {address} {dev}"));
                }
            }
        }
    }

    /// Changed hooks run for the interfaces that are not cycled anyway, as ifupdown would
    /// call them: a hook that does not run has no effect until the next boot.
    pub fn hooks(&mut self, observed: &Observation, files: &[FileChange]) {
        if !files.iter().any(|c| c.file.kind == "hook" || c.path.starts_with("/etc/network/if-")) {
            return;
        }
        self.request.hook_for = match observed.ifupdown {
            // When the file changes, ifreload runs what is to start; what is left is to stop
            // what the present stanzas started.
            Ifupdown::Ifupdown2 => calls_of_ifupdown2(&Moment::of(observed, &[]).interfaces),
            Ifupdown::Ifupdown | Ifupdown::None => {
                calls_of_ifupdown(&Moment::of(observed, files).interfaces, &self.request.names)
            }
        };
    }

    fn sysctl(
        &mut self,
        desired: &Desired,
        observed: &Observation,
        files: &[FileChange],
    ) -> Result<(), Refusal> {
        let wanted = settings(desired)?;
        let touched = files.iter().any(|c| c.file.kind == "sysctl") || !self.up.is_empty();
        for setting in &wanted {
            let key = setting.path();
            let now = observed.sysctl.get(&key);
            let same = now.is_some_and(|value| words(value) == words(&setting.value));
            if !same && !setting.ignore_errors {
                let dotted = setting.key.clone();
                self.live.push(LiveChange::Sysctl {
                    key: dotted,
                    from: now.cloned(),
                    to: setting.value.clone(),
                });
            }
            if touched || !same {
                self.request.sysctl.push(format!("{key} {}", setting.value));
            }
        }
        self.keep_old_keys(files);
        Ok(())
    }

    /// Keys that only the old file set are kept in the snapshot too.
    fn keep_old_keys(&mut self, files: &[FileChange]) {
        for change in files.iter().filter(|c| c.file.kind == "sysctl") {
            let old = Source::new(change.path.as_str(), change.before.clone().unwrap_or_default());
            // A line that the host's sysctl could not read either set nothing.
            let settings = sysctl::read(&old).0;
            self.request
                .keep_keys
                .extend(settings.iter().filter(|s| !s.is_glob()).map(sysctl::Setting::path));
        }
    }

    fn nft(&mut self, desired: &Desired, observed: &Observation, files: &[FileChange]) {
        for artifact in desired.artifacts.iter().filter(|a| a.kind == ArtifactKind::Nft) {
            let source = super::subject::source(artifact);
            let touches = nft::touches(&source);
            let change = files.iter().find(|c| c.path == artifact.path);
            let tables = nft::defined(&source);
            let differ: Vec<LiveChange> =
                tables.iter().filter_map(|t| table_change(&t.to_string(), observed)).collect();
            if change.is_none() && differ.is_empty() {
                continue;
            }
            self.live.extend(differ);
            self.own_tables(&source);
            if let Some(before) = change.and_then(|c| c.before.as_deref()) {
                self.own_tables(&Source::new(artifact.path.as_str(), before));
            }
            self.touch_tables(&touches);
            self.request.nft_load.push(artifact.path.clone());
        }
    }

    /// Tables that a file defines are its own: reloading replaces them as a whole.
    pub fn own_tables(&mut self, source: &Source) {
        for table in nft::defined(source).iter().map(ToString::to_string) {
            push_new(&mut self.request.nft_own, table);
        }
        self.touch_tables(&nft::touches(source));
    }

    fn touch_tables(&mut self, touches: &nft::Touches) {
        for table in &touches.tables {
            push_new(&mut self.request.observed.nft_tables, table.to_string());
        }
        if touches.whole_ruleset {
            push_new(&mut self.request.observed.nft_tables, "whole ruleset".to_owned());
        }
    }

    fn commands(&mut self, desired: &Desired, files: &[FileChange]) {
        for artifact in &desired.artifacts {
            let ArtifactKind::File { validate, reload } = &artifact.kind else { continue };
            if !files.iter().any(|c| c.path == artifact.path) {
                continue;
            }
            self.request
                .validate
                .extend(validate.iter().map(|command| (artifact.path.clone(), command.clone())));
            self.request.reload.extend(reload.iter().cloned());
        }
    }
}

/// What is not as wanted in a table; nothing if the host could not say how its own nft
/// would write what is wanted.
fn table_change(table: &str, observed: &Observation) -> Option<LiveChange> {
    let Some(live) = observed.live.nft.get(table) else {
        return Some(LiveChange::NftTable { table: table.to_owned() });
    };
    let NftWanted::Tables(wanted) = &observed.nft_wanted else { return None };
    let changes = nft::rule_differences(table, live, wanted.get(table)?);
    (!changes.is_empty()).then(|| LiveChange::NftRules { table: table.to_owned(), changes })
}

impl Leaving {
    /// What one interfaces file had and its successor has not.
    fn note(&mut self, old: &Interfaces, new: &Interfaces) {
        let kept = addresses(new);
        self.addresses.extend(addresses(old).into_iter().filter(|a| !kept.contains(a)));
        self.to_dynamic |= loses_to_dynamic(old, new);
        let kept = gateway_families(new);
        self.gateways.extend(gateway_families(old).into_iter().filter(|f| !kept.contains(f)));
    }

    /// What only moved from one file to another has not left.
    fn keep_moved(&mut self, files: &[FileChange]) {
        let stay: Vec<Interfaces> = files
            .iter()
            .filter(|c| of_interfaces(c) && c.action != Action::Remove)
            .filter_map(|c| parse(&c.path, &String::from_utf8_lossy(&c.file.content)).ok())
            .collect();
        self.addresses.retain(|a| !stay.iter().any(|file| addresses(file).contains(a)));
        self.gateways.retain(|f| !stay.iter().any(|file| gateway_families(file).contains(f)));
    }
}

/// Whether an interface with an address of its own is configured by a lease, or by what
/// routers announce, in the new file.
fn loses_to_dynamic(old: &Interfaces, new: &Interfaces) -> bool {
    let dynamic = |method: &str| matches!(method, "dhcp" | "auto" | "bootp" | "ppp");
    old.stanzas().filter(|s| !s.addresses().is_empty()).any(|before| {
        new.stanzas().any(|after| before.family == after.family && dynamic(&after.method))
            && !old.stanzas().any(|s| s.family == before.family && dynamic(&s.method))
    })
}

/// ifupdown calls hooks once per stanza; those of cycled interfaces it calls anyway.
fn calls_of_ifupdown(interfaces: &Interfaces, cycled: &[String]) -> Vec<String> {
    at_boot(interfaces)
        .filter(|s| !cycled.contains(&s.name))
        .map(|s| format!("{} {} {}", s.name, s.family, s.method))
        .collect()
}

/// The stanzas of the interfaces that come up at boot, whole.
fn at_boot(interfaces: &Interfaces) -> impl Iterator<Item = Stanza> {
    let boot = interfaces.auto();
    let names = interfaces.logical_names().into_iter().filter(move |name| boot.contains(name));
    names.flat_map(|name| interfaces.whole_stanzas_of(name))
}

/// ifupdown2 calls hooks once per interface with all its families. It takes no changed
/// interface down, so the old hooks would never be told to stop.
fn calls_of_ifupdown2(interfaces: &Interfaces) -> Vec<String> {
    let mut calls: Vec<(String, Vec<String>, String)> = Vec::new();
    for stanza in at_boot(interfaces) {
        let family = stanza.family.to_string();
        match calls.iter_mut().find(|(name, ..)| *name == stanza.name) {
            Some((_, families, _)) if families.contains(&family) => {}
            Some((_, families, _)) => families.push(family),
            None => calls.push((stanza.name.clone(), vec![family], stanza.method.to_string())),
        }
    }
    calls
        .into_iter()
        .map(|(name, families, method)| format!("{name} {} {method}", families.join(",")))
        .collect()
}

fn addresses(interfaces: &Interfaces) -> Vec<IpAddr> {
    interfaces.stanzas().flat_map(|s| s.addresses()).map(|a| a.net.addr()).collect()
}

fn gateway_families(interfaces: &Interfaces) -> Vec<&'static str> {
    let gateways = interfaces.stanzas().flat_map(|s| s.gateways());
    gateways.map(|(address, _)| if address.is_ipv4() { "inet" } else { "inet6" }).collect()
}

fn push_new(list: &mut Vec<String>, value: String) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// Whether a change is one of an interfaces file.
pub(super) fn of_interfaces(change: &FileChange) -> bool {
    change.file.kind == "interfaces" || change.path.starts_with(INTERFACES)
}

/// The text of a changed file afterwards.
fn after(change: &FileChange) -> Cow<'_, str> {
    match change.action {
        Action::Remove => "".into(),
        _ => String::from_utf8_lossy(&change.file.content),
    }
}

/// Everything, where nobody can tell what of the present state comes from the files.
fn all_of(remains: &Interfaces, new: &Interfaces, observed: &Observation) -> Change {
    let physical = |file: &Interfaces| -> Vec<String> {
        file.boot().iter().map(|name| name.physical.to_owned()).collect()
    };
    let mut down: Vec<String> = Vec::new();
    for name in [physical(new), physical(remains)].concat().into_iter().rev() {
        if name != "lo" && observed.links.contains(&name) && !down.contains(&name) {
            down.push(name);
        }
    }
    let mut up = changed(&Interfaces::read(&Source::new(INTERFACES, "")).0, new).up;
    up.retain(|word| word != "lo");
    Change { down, up }
}

fn parse(path: &str, text: &str) -> Result<Interfaces, Refusal> {
    Interfaces::parse(&Source::new(path, text)).map_err(|e| unreadable(&e))
}

/// Sysctl values compare word by word: the kernel writes tabs where people write spaces.
pub(super) fn words(value: &str) -> Vec<&str> {
    value.split_whitespace().collect()
}
