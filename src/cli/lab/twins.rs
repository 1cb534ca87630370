//! From the inventory, and what is known of its hosts, to a lab of twins.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use super::super::args::Twinning;
use super::super::failure::Failure;
use super::super::project::{self, Rendered};
use super::about::{About, absolute, inventory_words};
use super::baseline::{Baseline, baseline};
use super::jumps;
use crate::desired::{Desired, Host};
use crate::diagnostic::Diagnostic;
use crate::network::lint::System;
use crate::twin::{Known, Record, Settings, Subject, Twins, twins};

/// A lab that could be brought up, and what is to be known of it.
pub struct Drawn {
    /// The hosts, rendered.
    pub rendered: Rendered,
    /// The lab.
    pub twins: Twins,
    /// What is to be remembered.
    pub about: About,
}

/// Draws twins of the hosts.
///
/// # Errors
/// Mistakes in the project, records that cannot be read, hosts without an address.
pub fn drawn(args: &Twinning, colour: bool) -> Result<Drawn, Failure> {
    let rendered = project::render(&args.render, colour)?;
    let accounts = jumps::follow(&rendered.hosts, args.user.as_deref())?;
    let baseline = baseline(args, &rendered, colour)?;
    let mut subjects = Vec::new();
    for desired in &rendered.hosts {
        let known = known(&args.records, desired, baseline.as_ref())?;
        let system = rendered.project.known(desired).system;
        subjects.push(Subject {
            desired,
            known,
            ifupdown2: matches!(system, Some(System::Ifupdown2 | System::Proxmox)),
            named: looked_up(&desired.host),
        });
    }
    let settings = Settings {
        base: args.base.clone(),
        disk: Some(args.disk).filter(|size| *size > 0),
        user: args.user.clone(),
    };
    let mut twins = twins(&subjects, &settings).map_err(Failure::error)?;
    twins.more_accounts(&accounts);
    twins.assumptions.extend(baseline.into_iter().flat_map(|baseline| baseline.assumptions));
    let about = About {
        twins: twins.hosts.clone(),
        names: twins.names.clone(),
        assumptions: twins.assumptions.clone(),
        inventory: inventory_words(&args.render.inventory),
        playbook: Some(absolute(Path::new(&rendered.playbook))),
        user: args.user.clone(),
    };
    Ok(Drawn { rendered, twins, about })
}

fn known(records: &Path, desired: &Desired, baseline: Option<&Baseline>) -> Result<Known, Failure> {
    let name = &desired.host.name;
    let own = |known: &Baseline| known.hosts.iter().find(|own| own.host.name == *name).cloned();
    if let Some(own) = baseline.and_then(own) {
        return Ok(Known::Baseline(Box::new(own)));
    }
    let path = record_file(records, name);
    let mistake = |why: String| -> Failure {
        Diagnostic::error(format!("cannot read the record {}: {why}", path.display()))
            .remedy(format!("make it anew: rappel lab record {name}"))
            .into()
    };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let record = Record::parse(&text).map_err(mistake)?;
            match record.host == *name {
                true => Ok(Known::Recorded(Box::new(record))),
                false => Err(mistake(format!("it is that of {}", record.host))),
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Known::Nothing),
        Err(error) => Err(mistake(error.to_string())),
    }
}

/// The file that keeps what a host is like.
pub fn record_file(records: &Path, host: &str) -> PathBuf {
    records.join(format!("{}.json", host.replace(['/', '\\'], "_")))
}

/// The address of a host that the inventory reaches by a name. Asked here, on the machine:
/// in a lab nobody could answer.
fn looked_up(host: &Host) -> Option<IpAddr> {
    let name = host.connection.address.as_str();
    if name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let found: Vec<IpAddr> = (name, 22).to_socket_addrs().ok()?.map(|place| place.ip()).collect();
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied()
}
