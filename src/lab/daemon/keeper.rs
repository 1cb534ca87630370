//! Keeps guests' ports in their hypervisor's bridges, as a hypervisor's tools do.
//!
//! A bridge that is made anew comes without ports, so being put in once is not enough.
//! `ip monitor` tells of every change; a look now and then covers what it drops.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::build::World;
use super::host::Host;
use super::ports::cables;
use crate::lab::error::LabError;
use crate::lab::iproute::ip;

const GLANCE: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Link {
    ifname: String,
    master: Option<String>,
}

/// Watches the links of a hypervisor until [`stop`].
pub(super) fn watch(world: &Arc<World>, hypervisor: &Arc<Host>) -> Result<(), LabError> {
    let mut watcher = Command::new("ip")
        .args(["-n", &hypervisor.spec.name, "-o", "monitor", "link"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(LabError::io("cannot run ip monitor"))?;
    let output = watcher.stdout.take();
    hypervisor.change(|power| power.watcher = Some(watcher));
    let (tell, told) = channel();
    thread::spawn(move || {
        for line in output.into_iter().flat_map(|o| BufReader::new(o).lines()) {
            if line.is_err() || tell.send(()).is_err() {
                break;
            }
        }
    });
    let (world, name) = (Arc::clone(world), hypervisor.spec.name.clone());
    thread::spawn(move || keep(&world, &name, &told));
    Ok(())
}

/// Ends the watch. The watcher is a process in the hypervisor's namespace and would
/// keep that alive.
pub(super) fn stop(hypervisor: &Host) {
    let watcher = hypervisor.change(|power| power.watcher.take());
    if let Some(mut watcher) = watcher {
        let _ = watcher.kill();
        let _ = watcher.wait();
    }
}

fn keep(world: &World, hypervisor: &str, told: &Receiver<()>) {
    loop {
        put_ports(world, hypervisor);
        match told.recv_timeout(GLANCE) {
            Err(RecvTimeoutError::Disconnected) => return,
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
        }
        // Links change in bursts: one look answers for all that was told so far.
        while told.try_recv().is_ok() {}
    }
}

fn put_ports(world: &World, hypervisor: &str) {
    let Ok(text) = ip(Some(hypervisor), "-j link show") else {
        return; // going down
    };
    let links: Vec<Link> = serde_json::from_str(&text).unwrap_or_default();
    for guest in world.guests(hypervisor) {
        for (nic, port) in cables(guest) {
            let bridge = links.iter().any(|link| link.ifname == nic.bridge);
            let stray = links.iter().any(|link| {
                link.ifname == port && link.master.as_deref() != Some(nic.bridge.as_str())
            });
            if bridge && stray && nic.inside.as_deref() == Some(hypervisor) {
                let _wiring = guest.wiring();
                // Up as well: ifupdown2 sets down what it takes out of a bridge.
                let state = if guest.power().pulled.contains(&nic.name) { "down" } else { "up" };
                let change = format!("link set {port} master {} {state}", nic.bridge);
                let _ = ip(Some(hypervisor), &change);
            }
        }
    }
}
