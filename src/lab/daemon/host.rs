//! One host as the daemon knows it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Child;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lab::protocol::State;
use crate::lab::spec::HostSpec;

/// A host, its power switch and its cables.
pub(super) struct Host {
    /// What was ordered.
    pub spec: HostSpec,
    /// The far ends of its cables, in the order of its NICs.
    pub ports: Vec<String>,
    power: Mutex<Power>,
    changed: Condvar,
    wiring: Mutex<bool>,
}

/// What changes in a host's life.
#[derive(Default)]
pub(super) struct Power {
    /// The position of the power switch. A guest follows it when its hypervisor runs.
    pub switch: bool,
    /// From the first cable to the last sign of life.
    pub on: bool,
    /// Somebody has cut the power: no further boot.
    pub cut: bool,
    /// Its disk has stopped with the power and is to be mounted anew.
    pub disk_stopped: bool,
    /// The process that runs the host, while one does.
    pub runner: Option<u32>,
    /// How often it has booted.
    pub boots: u64,
    /// NICs whose cable is pulled; it stays pulled over reboots.
    pub pulled: BTreeSet<String>,
    /// The program that watches the links of a hypervisor.
    pub watcher: Option<Child>,
    /// The programs of a namespace.
    pub programs: Vec<Child>,
}

impl Host {
    /// A host that has never been on.
    pub fn new(spec: HostSpec, ports: Vec<String>) -> Self {
        Self {
            spec,
            ports,
            power: Mutex::default(),
            changed: Condvar::new(),
            wiring: Mutex::default(),
        }
    }

    /// Its changing part. Held briefly, never while a program runs.
    pub fn power(&self) -> MutexGuard<'_, Power> {
        self.power.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the far ends of its cables are there. Held by whoever makes them, deletes
    /// them or sets them up or down, for as long as that takes: a cable that is plugged in
    /// while its host boots would else be set down by what was read before.
    pub fn wiring(&self) -> MutexGuard<'_, bool> {
        self.wiring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something and tells those who wait.
    pub fn change<T>(&self, change: impl FnOnce(&mut Power) -> T) -> T {
        let result = change(&mut self.power());
        self.changed.notify_all();
        result
    }

    /// Sleeps until something changes, at most for that long.
    pub fn pause(&self, at_most: Duration) {
        let guard = self.power();
        drop(self.changed.wait_timeout(guard, at_most));
    }

    /// How it is.
    pub fn look(&self) -> State {
        let (on, runner, boots) = {
            let power = self.power();
            (power.on, power.runner, power.boots)
        };
        State { on, init: runner.and_then(init_of), boots }
    }
}

/// The host's process 1: the child of its runner that is number 1 in its own namespace.
/// While a container is being made its runner has other children.
fn init_of(runner: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{runner}/task/{runner}/children")).ok()?;
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).find(|pid| is_init(*pid))
}

fn is_init(pid: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
        return false;
    };
    status.lines().any(|line| {
        line.strip_prefix("NSpid:").is_some_and(|ids| ids.split_whitespace().last() == Some("1"))
    })
}
