//! Cables: a host's network namespace and the far ends of its NICs.

use super::build::World;
use super::host::Host;
use super::keeper;
use super::programs;
use crate::lab::command::run;
use crate::lab::error::LabError;
use crate::lab::iproute::{batch, configure, ip};
use crate::lab::place::SWITCH;
use crate::lab::spec::{Kind, NicSpec};

use std::sync::Arc;

/// Makes a new namespace for a host and plugs all cables in. New at each boot, so that
/// no address, route, rule or setting survives a reboot, as on a real machine.
pub(super) fn plug(world: &Arc<World>, host: &Arc<Host>) -> Result<(), LabError> {
    unplug(host);
    let name = &host.spec.name;
    run(&["ip", "netns", "add", name])?;
    lay(host)?;
    if host.spec.kind != Kind::Systemd {
        ip(Some(name), "link set lo up")?;
        configure(Some(name), &host.spec.wire)?;
    }
    if world.guests(name).next().is_some() {
        keeper::watch(world, host)?;
    }
    programs::start(host)
}

/// Makes a host's cables. Those that are pulled lead nowhere.
fn lay(host: &Host) -> Result<(), LabError> {
    let name = &host.spec.name;
    let mut wiring = host.wiring();
    let pulled = host.power().pulled.clone();
    let mut script = String::new();
    for (nic, port) in cables(host) {
        let (room, mac) = (room(nic), nic.mac_on(name));
        script.push_str(&format!(
            "link add {port} netns {room} type veth peer name {} address {mac} netns {name}\n",
            nic.name
        ));
    }
    batch(None, &script)?;
    for (nic, port) in cables(host) {
        let state = match pulled.contains(&nic.name) {
            true => "down",
            false => "up",
        };
        // A guest's port is put into its bridge by the keeper, when there is one.
        let master = match nic.inside {
            Some(_) => String::new(),
            None => format!("master {}", nic.bridge),
        };
        ip(Some(room(nic)), &format!("link set {port} {master} {state}"))?;
    }
    *wiring = true;
    Ok(())
}

/// Cuts all cables of a host. Before its processes die: a dying SSH server would still
/// say goodbye, which no machine without power does.
pub(super) fn cut(host: &Host) {
    let mut wiring = host.wiring();
    *wiring = false;
    for (nic, port) in cables(host) {
        // The port is gone already when its hypervisor is.
        let _ = ip(Some(room(nic)), &format!("link del {port}"));
    }
}

/// Cuts all cables and gives the namespace up: one that stayed would go on answering
/// ARP and ping for a host that is off.
pub(super) fn unplug(host: &Host) {
    cut(host);
    keeper::stop(host);
    programs::stop(host);
    let _ = run(&["ip", "netns", "del", &host.spec.name]);
}

/// Pulls or plugs one cable.
pub(super) fn cable(host: &Host, name: &str, up: bool) -> Result<(), LabError> {
    let (nic, port) = cables(host)
        .find(|(nic, _)| nic.name == name)
        .ok_or_else(|| LabError::Spec(format!("'{}' has no NIC {name}", host.spec.name)))?;
    // Where there is no port just now, the next boot makes it as it was said.
    let wiring = host.wiring();
    host.change(|power| match up {
        true => power.pulled.remove(name),
        false => power.pulled.insert(name.to_owned()),
    });
    if *wiring {
        let state = if up { "up" } else { "down" };
        ip(Some(room(nic)), &format!("link set {port} {state}"))?;
    }
    Ok(())
}

/// Each NIC with the name of its cable's far end.
pub(super) fn cables(host: &Host) -> impl Iterator<Item = (&NicSpec, &str)> {
    let nics = host.spec.wire.nics.iter();
    nics.zip(host.ports.iter().map(String::as_str))
}

/// The namespace that holds the far end.
fn room(nic: &NicSpec) -> &str {
    nic.inside.as_deref().unwrap_or(SWITCH)
}
