//! What ifupdown does for one interface.

use std::net::IpAddr;

use super::kernel::Kernel;
use super::mapping::mapped;
use super::{Files, Foreseen, command, vague_hook};
use crate::network::interfaces::pattern::matches;
use crate::network::interfaces::{Dialect, Opt, Stanza};
use crate::network::live::{Fact, Route};

/// The files of one moment, asked about interfaces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) files: Files<'a>,
}

impl Bench<'_> {
    /// The words of the `auto` lines (and hotplug ones), in order, each once.
    pub(super) fn boot(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for name in self.files.interfaces.boot() {
            // For ifupdown2 an alias is one more way to write the interface itself.
            let word = match self.dialect() {
                Dialect::Ifupdown2 => name.word.split(':').next().unwrap_or(name.word),
                Dialect::Ifupdown | Dialect::Any => name.word,
            };
            if matches!(name.class, "auto" | "hotplug") && !words.iter().any(|w| w == word) {
                words.push(word.to_owned());
            }
        }
        words
    }

    fn dialect(&self) -> Dialect {
        self.files.interfaces.dialect()
    }

    /// The stanzas of an interface with what they inherit.
    fn stanzas(&self, logical: &str) -> Vec<Stanza> {
        self.files.interfaces.whole_stanzas_of(logical)
    }

    /// The logical interface that `ifup` makes of a word; none where a mapping's script
    /// decides and it is not known which way.
    fn logical(&self, word: &str) -> Option<String> {
        let (physical, logical) = word.split_once('=').unwrap_or((word, word));
        let mut logical = logical.to_owned();
        for mapping in self.files.interfaces.mappings() {
            if mapping.patterns.iter().any(|pattern| matches(pattern, &logical)) {
                logical = mapped(mapping, physical, logical)?;
            }
        }
        Some(logical)
    }

    /// The logical interface of a name, or of the word that an `auto` line has for it.
    fn logical_of(&self, name: &str) -> Option<String> {
        let boot = self.boot();
        let of = |own: &&String| own.split_once('=').is_some_and(|(own, _)| own == name);
        self.logical(boot.iter().find(of).map_or(name, String::as_str))
    }

    /// The stanzas of a name.
    fn stanzas_named(&self, name: &str) -> Vec<Stanza> {
        self.logical_of(name).map(|logical| self.stanzas(&logical)).unwrap_or_default()
    }

    /// The families of an interface's stanzas.
    pub(super) fn families(&self, name: &str) -> Vec<String> {
        self.stanzas_named(name).into_iter().map(|stanza| stanza.family).collect()
    }

    /// Whether bringing an interface up makes its link.
    pub(super) fn makes(&self, name: &str) -> bool {
        self.stanzas_named(name).iter().any(|s| kind(s).is_some())
    }

    /// `ifdown`.
    pub(super) fn down(&self, name: &str, kernel: &mut Kernel, seen: &mut Foreseen) {
        if !kernel.has(name) {
            return;
        }
        let stanzas = self.stanzas_named(name);
        if self.logical_of(name).is_none() {
            seen.mapping(name);
        }
        self.hooks(name, false, kernel, seen);
        for stanza in stanzas.iter().rev() {
            commands(stanza, name, &["down", "post_down"], kernel, seen);
        }
        kernel.flush(name, |_| true);
        let ours: Vec<String> =
            stanzas.iter().flat_map(|s| s.ports().unwrap_or_default()).collect();
        if self.makes(name) {
            for port in &ours {
                kernel.set_down(port);
            }
            kernel.del_link(name);
        } else if !stanzas.iter().all(|s| s.method == "loopback") {
            kernel.set_down(name);
        }
    }

    /// `ifup`.
    pub(super) fn up(&self, word: &str, kernel: &mut Kernel, seen: &mut Foreseen) {
        let physical = word.split('=').next().unwrap_or(word);
        if physical.contains('/') {
            seen.unforeseen.push(format!("which interfaces `{word}` stands for"));
            return;
        }
        let Some(logical) = self.logical(word) else {
            seen.devices.insert(physical.to_owned());
            return seen.mapping(physical);
        };
        let stanzas = self.stanzas(&logical);
        if stanzas.is_empty() {
            return;
        }
        let dev = physical.split(':').next().unwrap_or(physical);
        seen.devices.insert(dev.to_owned());
        for stanza in &stanzas {
            make(stanza, physical, kernel, seen);
            commands(stanza, dev, &["pre_up"], kernel, seen);
            kernel.set_up(dev);
            configure(stanza, self.dialect(), dev, kernel, seen);
            commands(stanza, dev, &["up"], kernel, seen);
        }
        self.hooks(word, true, kernel, seen);
    }

    /// What `ifreload` makes of an interface: addresses that the files do not have go, and
    /// so do gateways that only the old files have.
    pub(super) fn reload(&self, name: &str, old: &Self, kernel: &mut Kernel, seen: &mut Foreseen) {
        let stanzas = self.stanzas(name);
        let addresses = |stanza: &Stanza| stanza.addresses_as(self.dialect());
        let wanted: Vec<_> = stanzas.iter().flat_map(addresses).map(|a| a.net).collect();
        let dynamic = stanzas.iter().any(|s| matches!(s.method.as_str(), "dhcp" | "auto"));
        let by_command = kernel_after_commands(&stanzas, name);
        if !dynamic && name != "lo" {
            kernel.flush(name, |address| !wanted.contains(address) && !by_command(address.addr()));
        }
        let kept = gateways(&stanzas, name);
        for route in gateways(&old.stanzas(name), name).iter().filter(|r| !kept.contains(r)) {
            kernel.del_route(route);
        }
        let ports: Vec<String> =
            stanzas.iter().flat_map(|s| s.ports().unwrap_or_default()).collect();
        let before: Vec<String> =
            old.stanzas(name).iter().flat_map(|s| s.ports().unwrap_or_default()).collect();
        for port in before.iter().filter(|port| !ports.contains(port)) {
            kernel.set_master(port, None);
        }
        self.up(name, kernel, seen);
    }

    fn hooks(&self, word: &str, up: bool, kernel: &mut Kernel, seen: &mut Foreseen) {
        let name = word.split('=').next().unwrap_or(word);
        let families = self.families(word);
        let families: Vec<&str> = families.iter().map(String::as_str).collect();
        for hook in self.files.hooks.iter().filter(|hook| hook.at_up() == up) {
            if !hook.run(name, &families, kernel) {
                seen.unforeseen.push(vague_hook(hook));
                seen.vague.insert(name.to_owned());
            }
        }
    }
}

impl Foreseen {
    /// Notes that a mapping decides about an interface.
    fn mapping(&mut self, name: &str) {
        self.unforeseen.push(format!("what the mapping makes of {name}"));
        self.vague.insert(name.to_owned());
    }
}

/// Addresses that a stanza's own commands set are no foreign ones.
fn kernel_after_commands(stanzas: &[Stanza], dev: &str) -> impl Fn(IpAddr) -> bool + use<> {
    let mut kernel = Kernel::default();
    for stanza in stanzas {
        commands(stanza, dev, &["pre_up", "up"], &mut kernel, &mut Foreseen::default());
    }
    move |address| {
        let is = |f: &Fact| matches!(f, Fact::Address { address: a, .. } if a.addr() == address);
        kernel.facts.iter().any(is)
    }
}

/// The kind of link that a stanza makes.
fn kind(stanza: &Stanza) -> Option<&'static str> {
    if stanza.is_bridge() {
        Some("bridge")
    } else if !stanza.slaves().is_empty() {
        Some("bond")
    } else if stanza.below().is_some() && !stanza.name.contains(':') {
        Some("vlan")
    } else {
        None
    }
}

/// Makes the link of a stanza, and puts its ports into it.
fn make(stanza: &Stanza, name: &str, kernel: &mut Kernel, seen: &mut Foreseen) {
    let Some(kind) = kind(stanza) else { return };
    let mut ports = stanza.ports().unwrap_or_default();
    if ports.iter().any(|port| matches!(port.as_str(), "all" | "regex" | "noregex")) {
        seen.unforeseen.push(format!("which ports {name} takes by pattern"));
        seen.vague.insert(name.to_owned());
        ports.clear();
    }
    ports.extend(stanza.slaves());
    let below = if kind == "vlan" { stanza.below() } else { None };
    let mtu = ports.iter().chain(&below).map(|port| kernel.mtu(port)).min().unwrap_or(1500);
    kernel.add_link(name, kind, mtu);
    for port in ports.iter().filter(|port| !port.is_empty()) {
        if !kernel.has(port) && !port.contains('.') {
            continue;
        }
        // bridge-utils makes a VLAN that a bridge names.
        kernel.add_link(port, "vlan", mtu);
        kernel.set_master(port, Some(name));
        kernel.set_up(port);
    }
}

fn configure(
    stanza: &Stanza,
    dialect: Dialect,
    dev: &str,
    kernel: &mut Kernel,
    seen: &mut Foreseen,
) {
    match stanza.method.as_str() {
        "static" | "manual" | "loopback" | "" => {}
        other => {
            let what = match other {
                "dhcp" => format!("the lease that {dev} gets"),
                "auto" => format!("what routers announce to {dev}"),
                other => format!("what the method `{other}` does to {dev}"),
            };
            seen.unforeseen.push(what);
            seen.vague.insert(dev.to_owned());
        }
    }
    if let Some(mtu) = stanza.get("mtu").and_then(|opt| opt.value.parse().ok()) {
        kernel.set_mtu(dev, mtu);
    }
    // `manual` has no addresses in ifupdown; ifupdown2 takes them anywhere.
    let bare = matches!(stanza.method.as_str(), "manual" | "loopback");
    if stanza.method == "dhcp" || bare && dialect == Dialect::Ifupdown {
        return;
    }
    let peer = stanza.get("pointopoint").and_then(|opt| opt.value.parse().ok());
    for address in stanza.addresses_as(dialect) {
        if !address.net.addr().is_loopback() {
            kernel.add_address(dev, address.net, peer);
        }
    }
    for route in gateways(std::slice::from_ref(stanza), dev) {
        kernel.replace_route(route);
    }
}

/// The default routes that stanzas ask for.
fn gateways(stanzas: &[Stanza], dev: &str) -> Vec<Route> {
    let of = |stanza: &Stanza| -> Vec<Route> {
        let metric = stanza.get("metric").and_then(|opt| opt.value.parse::<u32>().ok());
        let gateways = stanza.gateways().into_iter();
        gateways
            .map(|(gateway, _)| {
                let usual = if gateway.is_ipv6() { 1024 } else { 0 };
                Route::default_via(gateway, dev, metric.filter(|metric| *metric != usual))
            })
            .collect()
    };
    stanzas.iter().flat_map(of).collect()
}

fn commands(stanza: &Stanza, dev: &str, phases: &[&str], kernel: &mut Kernel, seen: &mut Foreseen) {
    let of = |opt: &&Opt| phases.contains(&opt.canonical().as_str());
    for opt in stanza.options.iter().filter(of) {
        if !command::run(&opt.value, dev, kernel) {
            seen.unforeseen.push(format!("what `{}` does ({})", opt.value, opt.place));
            seen.vague.insert(dev.to_owned());
        }
    }
}
