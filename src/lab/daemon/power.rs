//! Switching hosts on and off, and what happens in between.

use std::process::Child;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::boot;
use super::build::World;
use super::disk;
use super::host::Host;
use super::ports::{cut, plug, unplug};
use crate::lab::cgroup;
use crate::lab::command::run;
use crate::lab::error::LabError;
use crate::lab::spec::Kind;

/// The exit code by which a container asks to be booted again.
const REBOOT: i32 = 133;

/// Switches all hosts on: namespaces first, because they are there at once.
pub(super) fn all_on(world: &Arc<World>) -> Result<(), LabError> {
    let mut hosts: Vec<&Arc<Host>> = world.hosts().collect();
    hosts.sort_by_key(|host| host.spec.kind != Kind::Netns);
    for host in hosts {
        switch_on(world, host)?;
    }
    Ok(())
}

/// Switches a host on. A guest stays dark until its hypervisor runs.
pub(super) fn switch_on(world: &Arc<World>, host: &Arc<Host>) -> Result<(), LabError> {
    host.change(|power| power.switch = true);
    match host.spec.hypervisor() {
        Some(hypervisor) if !world.host(hypervisor)?.look().on => Ok(()),
        _ => start(world, host),
    }
}

/// Cuts a host's power and waits until nothing of it runs.
pub(super) fn switch_off(world: &World, host: &Arc<Host>) {
    host.change(|power| power.switch = false);
    halt(world, host);
}

/// Ends the whole lab and removes what namespaces do not take with them.
pub(super) fn end(world: &Arc<World>) {
    cgroup::kill(&world.site.id, cgroup::CONTROLLER);
    thread::scope(|scope| {
        for host in world.hosts() {
            scope.spawn(move || switch_off(world, host));
        }
    });
    cgroup::remove(&world.site.id);
    let _ = std::fs::remove_dir_all(&world.site.dir);
}

/// Boots a host unless it is on.
fn start(world: &Arc<World>, host: &Arc<Host>) -> Result<(), LabError> {
    let was_on = host.change(|power| {
        let was_on = power.on;
        if !was_on {
            power.on = true;
            power.cut = false;
        }
        was_on
    });
    if was_on {
        return Ok(());
    }
    let begun = begin(world, host);
    match begun {
        Ok(Some(runner)) => {
            let (world, host) = (Arc::clone(world), Arc::clone(host));
            thread::spawn(move || live(&world, &host, runner));
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(error) => {
            unplug(host);
            host.change(|power| power.on = false);
            Err(error)
        }
    }
}

/// One boot: cables, process, guests. A namespace has no process of its own.
fn begin(world: &Arc<World>, host: &Arc<Host>) -> Result<Option<Child>, LabError> {
    mount_again(world, host)?;
    plug(world, host)?;
    let runner = boot::spawn(&host.spec, &world.site, &world.disks())?;
    host.change(|power| {
        power.boots += 1;
        power.runner = runner.as_ref().map(Child::id);
    });
    for guest in world.guests(&host.spec.name) {
        if guest.power().switch {
            start(world, guest)?;
        }
    }
    Ok(runner)
}

/// The life of a host with processes, until it is off.
fn live(world: &Arc<World>, host: &Arc<Host>, mut runner: Child) {
    loop {
        let status = runner.wait();
        for guest in world.guests(&host.spec.name) {
            halt(world, guest);
        }
        unplug(host);
        let again = host.change(|power| {
            power.runner = None;
            !power.cut
        });
        let reboot = status.is_ok_and(|status| status.code() == Some(REBOOT));
        if !again || !reboot {
            break;
        }
        match begin(world, host) {
            Ok(Some(next)) => runner = next,
            Ok(None) | Err(_) => break,
        }
    }
    unplug(host);
    host.change(|power| power.on = false);
}

/// Kills a host the way a power cut does, whatever it is doing, and waits for its end.
fn halt(world: &World, host: &Arc<Host>) {
    if host.spec.kind == Kind::Netns {
        if host.change(|power| std::mem::take(&mut power.on)) {
            for guest in world.guests(&host.spec.name) {
                halt(world, guest);
            }
            unplug(host);
        }
        return;
    }
    host.change(|power| power.cut = true);
    let had_power = host.power().on;
    if had_power && host.spec.disk.is_some() {
        cut(host);
        // Before anybody is killed: nothing of a host goes on for even a moment longer.
        let stopped = disk::stop(&host.spec.name).is_ok();
        host.change(|power| power.disk_stopped = stopped);
    }
    let begun = Instant::now();
    while host.power().on {
        cut(host);
        kill(host, begun.elapsed() > Duration::from_secs(3));
        host.pause(Duration::from_millis(20));
    }
    // For those who look at the disk of a host that is off. If it fails, the next boot tells.
    let _ = mount_again(world, host);
}

/// Mounts a disk again that has stopped with the power.
fn mount_again(world: &World, host: &Host) -> Result<(), LabError> {
    if host.power().disk_stopped {
        disk::again(&host.spec, &world.site)?;
        host.change(|power| power.disk_stopped = false);
    }
    Ok(())
}

/// Kills process 1 of a host, which takes all others with it. Its runner is spared for a
/// while: it alone can tell when the last process is gone.
fn kill(host: &Host, runner_too: bool) {
    let state = host.look();
    let runner = host.power().runner.filter(|_| runner_too);
    for pid in state.init.into_iter().chain(runner) {
        let _ = run(&["kill", "-KILL", &pid.to_string()]);
    }
}
