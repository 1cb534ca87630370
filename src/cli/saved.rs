//! Plans in files: written for their owner alone, read with distrust.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::clock::wall;
use super::failure::Failure;
use super::store::{Readers, store};
use crate::desired::Host;
use crate::diagnostic::Diagnostic;
use crate::observed::utc;
use crate::plan::{SAVED_VERSION, Saved, SavedPlan};
use crate::rollout::terms::Terms;
use crate::run::Planned;

/// How every such file begins.
const HEAD: &[u8] = b"{\"rappel_plan\":";

/// Writes the plans of the hosts that have something to change; gives their number. The
/// file is readable for its owner alone, and the old one is replaced as a whole.
pub fn write(file: &Path, who: &str, planned: &[Planned], terms: &Terms) -> Result<usize, Failure> {
    let changing = planned.iter().filter(|p| p.plan.as_ref().is_ok_and(|plan| !plan.is_empty()));
    let hosts: Vec<Saved> = changing.filter_map(|p| p.saved.as_deref()).cloned().collect();
    let count = hosts.len();
    let now = wall();
    let plan = SavedPlan {
        rappel_plan: SAVED_VERSION,
        made: utc(now),
        by: who.to_owned(),
        terms: serde_json::to_value(terms).map_err(std::io::Error::from)?,
        hosts,
    };
    let text = serde_json::to_vec(&plan).map_err(std::io::Error::from)?;
    store(file, &text, Readers::Owner).map_err(|error| {
        Failure::from(Diagnostic::error(format!("cannot write {}: {error}", file.display())))
    })?;
    Ok(count)
}

/// Whether a file is a plan, and no playbook.
pub fn is_plan(file: &Path) -> bool {
    let mut head = [0; HEAD.len()];
    let read = fs::File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == HEAD
}

/// Reads a plan.
pub fn read(file: &Path) -> Result<(Vec<Saved>, Terms), Failure> {
    let refused = |why: String| {
        Failure::refused(vec![
            Diagnostic::error(format!("{} cannot be applied: {why}", file.display()))
                .remedy("plan again: rappel plan --out FILE"),
        ])
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file)?.permissions().mode();
        if mode & 0o022 != 0 {
            return Err(refused(format!("others may write to it (mode {:04o})", mode & 0o7777)));
        }
    }
    let text = fs::read(file)?;
    let version: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
    if version["rappel_plan"] != SAVED_VERSION {
        return Err(refused(format!("it is of version {}", version["rappel_plan"])));
    }
    let plan: SavedPlan =
        serde_json::from_value(version).map_err(|error| refused(error.to_string()))?;
    let terms = serde_json::from_value(plan.terms).map_err(|error| refused(error.to_string()))?;
    Ok((plan.hosts, terms))
}

/// The hosts of a plan as the inventory knows them now.
pub fn join(saved: Vec<Saved>, hosts: &[Host]) -> Result<Vec<(Host, Saved)>, Failure> {
    saved
        .into_iter()
        .map(|saved| match hosts.iter().find(|host| host.name == saved.host) {
            Some(host) => Ok((host.clone(), saved.among(hosts))),
            None => Err(Failure::refused(vec![
                Diagnostic::error(format!("the inventory has no host {} any more", saved.host))
                    .remedy("plan again, or name the inventory that the plan was made with"),
            ])),
        })
        .collect()
}
