//! How changed files come into force with the least disruption.

use std::net::IpAddr;

use super::file::FileChange;
use super::refusal::Refusal;
use super::subject::{INTERFACES, settings, unreadable};
use super::{Action, Leaving, LiveChange, links};
use crate::desired::{ArtifactKind, Desired};
use crate::diagnostic::Source;
use crate::network::interfaces::{Interfaces, changed};
use crate::network::{nft, sysctl};
use crate::observed::{FileState, Ifupdown, NftWanted, Observation};
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
        activation.hooks(observed, files)?;
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
        for change in files.iter().filter(|c| of_interfaces(c)) {
            if observed.ifupdown == Ifupdown::None {
                return Err(Refusal::NoTool { tool: "ifup", package: "ifupdown" });
            }
            let old = parse(&change.path, change.before.as_deref().unwrap_or_default())?;
            let after = if change.action == Action::Remove {
                "".into()
            } else {
                String::from_utf8_lossy(&change.file.content)
            };
            let new = parse(&change.path, &after)?;
            let cycle = changed(&old, &new);
            links::check(&new, &cycle.up, observed)?;
            self.leaving.note(&old, &new);
            self.expect(&new, &cycle.up);
            self.down.extend(cycle.down);
            self.up.extend(cycle.up);
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

    /// What the static stanzas of interfaces that come up promise: ifup can end well and have
    /// done nothing, when what it wants to set is there in another shape.
    fn expect(&mut self, new: &Interfaces, up: &[String]) {
        for word in up {
            let (physical, logical) = word.split_once('=').unwrap_or((word, word));
            let dev = physical.split(':').next().unwrap_or(physical);
            for stanza in new.stanzas_of(logical).filter(|s| s.method == "static") {
                let addresses = stanza.addresses().into_iter().map(|a| ("address", a.net.addr()));
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
    pub fn hooks(&mut self, observed: &Observation, files: &[FileChange]) -> Result<(), Refusal> {
        if !files.iter().any(|c| c.file.kind == "hook" || c.path.starts_with("/etc/network/if-")) {
            return Ok(());
        }
        let present = match observed.files.get(INTERFACES) {
            Some(FileState::File { content, .. }) => Some(String::from_utf8_lossy(content)),
            _ => None,
        };
        let change = files.iter().find(|c| c.path == INTERFACES);
        let new = change.map(|c| String::from_utf8_lossy(&c.file.content));
        self.request.hook_for = match observed.ifupdown {
            // When the file changes, ifreload runs what is to start; what is left is to stop
            // what the present stanzas started.
            Ifupdown::Ifupdown2 => match present {
                Some(text) => calls_of_ifupdown2(&parse(INTERFACES, &text)?),
                None => Vec::new(),
            },
            Ifupdown::Ifupdown | Ifupdown::None => match new.or(present) {
                Some(text) => calls_of_ifupdown(&parse(INTERFACES, &text)?, &self.request.names),
                None => Vec::new(),
            },
        };
        Ok(())
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
        self.keep_old_keys(files)
    }

    /// Keys that only the old file set are kept in the snapshot too.
    fn keep_old_keys(&mut self, files: &[FileChange]) -> Result<(), Refusal> {
        for change in files.iter().filter(|c| c.file.kind == "sysctl") {
            let old = Source::new(change.path.as_str(), change.before.clone().unwrap_or_default());
            let settings = sysctl::parse(&old).map_err(|e| unreadable(&e))?;
            self.request
                .keep_keys
                .extend(settings.iter().filter(|s| !s.is_glob()).map(sysctl::Setting::path));
        }
        Ok(())
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
    let boot = interfaces.auto();
    interfaces
        .stanzas()
        .filter(|s| boot.contains(&s.name.as_str()) && !cycled.contains(&s.name))
        .map(|s| format!("{} {} {}", s.name, s.family, s.method))
        .collect()
}

/// ifupdown2 calls hooks once per interface with all its families. It takes no changed
/// interface down, so the old hooks would never be told to stop.
fn calls_of_ifupdown2(interfaces: &Interfaces) -> Vec<String> {
    let boot = interfaces.auto();
    let mut calls: Vec<(String, Vec<String>, String)> = Vec::new();
    for stanza in interfaces.stanzas().filter(|s| boot.contains(&s.name.as_str())) {
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

fn of_interfaces(change: &FileChange) -> bool {
    change.file.kind == "interfaces" || change.path.starts_with(INTERFACES)
}

fn parse(path: &str, text: &str) -> Result<Interfaces, Refusal> {
    Interfaces::parse(&Source::new(path, text)).map_err(|e| unreadable(&e))
}

/// Sysctl values compare word by word: the kernel writes tabs where people write spaces.
pub(super) fn words(value: &str) -> Vec<&str> {
    value.split_whitespace().collect()
}
