//! What is made once per lab: private directories, the switch room, the hosts' roots.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use super::host::Host;
use super::ports::cables;
use super::root;
use crate::lab::command::run;
use crate::lab::error::LabError;
use crate::lab::iproute::{batch, configure, inside, ip};
use crate::lab::place::{OWN, STORE, SWITCH};
use crate::lab::protocol::Site;
use crate::lab::spec::{Kind, NicSpec, Spec};

/// Each Debian host needs about eight inotify instances; the kernel's default of 128
/// lets a lab of twenty hosts boot and one of forty not.
const INOTIFY: (&str, u32) = ("/proc/sys/fs/inotify/max_user_instances", 8192);

/// The whole lab as the daemon knows it.
pub(super) struct World {
    /// What was ordered.
    pub spec: Spec,
    /// Where it is.
    pub site: Site,
    hosts: BTreeMap<String, Arc<Host>>,
}

impl World {
    /// The host of that name.
    pub fn host(&self, name: &str) -> Result<&Arc<Host>, LabError> {
        self.hosts.get(name).ok_or_else(|| LabError::NoHost(name.to_owned()))
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = &Arc<Host>> {
        self.hosts.values()
    }

    /// The hosts with a disk of their own.
    pub fn disks(&self) -> Vec<&str> {
        let disks = self.hosts().filter(|host| host.spec.disk.is_some());
        disks.map(|host| host.spec.name.as_str()).collect()
    }

    /// The guests of a hypervisor.
    pub fn guests<'a>(&'a self, hypervisor: &'a str) -> impl Iterator<Item = &'a Arc<Host>> {
        self.hosts().filter(move |host| host.spec.hypervisor() == Some(hypervisor))
    }
}

/// Checks the order and gives every cable its port.
pub(super) fn world(spec: Spec, site: Site) -> Result<World, LabError> {
    let mut hosts = BTreeMap::new();
    let mut ports = (0..).map(|number: u32| format!("vnet{number}"));
    for host in &spec.hosts {
        check(&spec, &host.name)?;
        let own = ports.by_ref().take(host.wire.nics.len()).collect();
        let known = hosts.insert(host.name.clone(), Arc::new(Host::new(host.clone(), own)));
        if known.is_some() {
            return Err(LabError::Spec(format!("two hosts are named '{}'", host.name)));
        }
    }
    Ok(World { spec, site, hosts })
}

fn check(spec: &Spec, name: &str) -> Result<(), LabError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name == SWITCH || !name.chars().all(plain) {
        return Err(LabError::Spec(format!("no host can be named '{name}'")));
    }
    for nic in spec.host(name).into_iter().flat_map(|host| &host.wire.nics) {
        let known = match &nic.inside {
            Some(hypervisor) => spec.host(hypervisor).is_some() && hypervisor != name,
            None => spec.bridges.iter().any(|bridge| bridge.name == nic.bridge),
        };
        if !known {
            return Err(LabError::Spec(format!(
                "NIC {} of '{name}' leads to bridge '{}', which nobody has",
                nic.name, nic.bridge
            )));
        }
    }
    Ok(())
}

/// Makes everything that exists before the first host is switched on.
pub(super) fn wire(world: &World) -> Result<(), LabError> {
    for path in ["/run/netns", "/run/systemd/nspawn", STORE] {
        fs::create_dir_all(path).map_err(LabError::io(format!("cannot create {path}")))?;
        run(&["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path])?;
    }
    raise_inotify();
    // So that every namespace of the lab has a name, and one without is not of the lab.
    run(&["ip", "netns", "attach", OWN, "1"])?;
    run(&["ip", "link", "set", "lo", "up"])?;
    switch_room(world)?;
    controller(world)?;
    for host in world.hosts().filter(|host| host.spec.has_root()) {
        root::make(&host.spec, &world.site)?;
    }
    Ok(())
}

/// The limit is the machine's and stays raised: another lab may be counting on it.
fn raise_inotify() {
    let (path, wanted) = INOTIFY;
    let now = fs::read_to_string(path).ok();
    let now = now.and_then(|text| text.trim().parse::<u32>().ok());
    if now.is_some_and(|now| now < wanted) {
        let _ = fs::write(path, wanted.to_string());
    }
}

/// The provider's switches, in a namespace where nobody listens.
fn switch_room(world: &World) -> Result<(), LabError> {
    run(&["ip", "netns", "add", SWITCH])?;
    let quiet = ["all", "default"].map(|which| format!("net.ipv6.conf.{which}.disable_ipv6=1"));
    inside(Some(SWITCH), &["sysctl", "-qw", &quiet[0], &quiet[1]])?;
    let mut script = String::new();
    for bridge in &world.spec.bridges {
        let name = &bridge.name;
        script.push_str(&format!("link add {name} type bridge mcast_snooping 0\n"));
        script.push_str(&format!("link set {name} up\n"));
    }
    batch(Some(SWITCH), &script)?;
    match port_security(world) {
        rules if rules.is_empty() => Ok(()),
        rules => inside(Some(SWITCH), &["nft", &rules]).map(drop),
    }
}

/// What strict switches let in, port by port. By the ports' names, so that the rules hold
/// also for ports that are not plugged yet; from a set for each port, so that whoever plays the
/// provider registers more while the lab runs.
fn port_security(world: &World) -> String {
    let strict = |nic: &NicSpec| {
        nic.inside.is_none() && world.spec.bridges.iter().any(|b| b.strict && b.name == nic.bridge)
    };
    let (mut sets, mut rules) = (String::new(), String::new());
    for host in world.hosts() {
        for (nic, port) in cables(host).filter(|(nic, _)| strict(nic)) {
            let mut known = vec![nic.mac_on(&host.spec.name)];
            known.extend(nic.registered.iter().cloned());
            let (set, known) = (known_on(&host.spec.name, &nic.name), known.join(", "));
            sets.push_str(&format!("set {set} {{ type ether_addr; elements = {{ {known} }}; }}\n"));
            rules.push_str(&format!("iifname {port} ether saddr != @{set} counter drop\n"));
        }
    }
    match rules.is_empty() {
        true => rules,
        false => format!(
            "table bridge strict {{\n{sets}chain in {{ type filter hook prerouting priority -300; policy accept;\n{rules} }}\n}}"
        ),
    }
}

/// The name of the set of a port's MAC addresses, by the host and the NIC at its end.
fn known_on(host: &str, nic: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("known_{host}_{nic}").chars().map(plain).collect()
}

fn controller(world: &World) -> Result<(), LabError> {
    let wire = &world.spec.controller;
    for (number, nic) in wire.nics.iter().enumerate() {
        let (name, port) = (&nic.name, format!("vnetc{number}"));
        let mac = nic.mac_on("@controller");
        ip(
            None,
            &format!("link add {name} address {mac} type veth peer name {port} netns {SWITCH}"),
        )?;
        let bridge = &nic.bridge;
        ip(Some(SWITCH), &format!("link set {port} master {bridge} up"))?;
    }
    configure(None, wire)
}

/// Forgets all neighbours where the lab itself speaks. A remembered neighbour answers
/// for a host that has long stopped doing so.
pub(super) fn flush_neighbours(world: &World) -> Result<(), LabError> {
    let namespaces = world.hosts().filter(|host| host.spec.kind == Kind::Netns);
    let running = namespaces.filter(|host| host.look().on);
    let names: Vec<&str> = running.map(|host| host.spec.name.as_str()).collect();
    for netns in std::iter::once(None).chain(names.into_iter().map(Some)) {
        ip(netns, "-4 neigh flush all")?;
        ip(netns, "-6 neigh flush all")?;
    }
    Ok(())
}
