//! What is in force today, as another inventory has it.
//!
//! What is rehearsed must not slip in here: vars beside a playbook win over those of an
//! inventory, so the playbook is the one beside the baseline, where there is one. Whatever
//! both read nevertheless is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::args::{Inventory, Render, Twinning};
use super::super::failure::Failure;
use super::super::project::{self, Rendered};
use crate::desired::Desired;

/// Hosts as they are in force.
pub struct Baseline {
    /// What is wanted of them today.
    pub hosts: Vec<Desired>,
    /// What counts for them as well as for what is rehearsed, a sentence each.
    pub assumptions: Vec<String>,
}

/// Reads the baseline, if there is one.
///
/// # Errors
/// Mistakes in it.
pub fn baseline(
    args: &Twinning,
    rehearsed: &Rendered,
    colour: bool,
) -> Result<Option<Baseline>, Failure> {
    let Some(path) = &args.baseline else { return Ok(None) };
    let wanted = Path::new(&rehearsed.playbook);
    let playbook = args
        .baseline_playbook
        .clone()
        .or_else(|| beside(path, wanted))
        .unwrap_or_else(|| wanted.to_owned());
    let inventory = Inventory { inventory: vec![path.clone()], ..args.render.inventory.clone() };
    let mut shared: Vec<String> = {
        let own = vars_of(&inventory, &playbook)?;
        let others = vars_of(&args.render.inventory, wanted)?;
        own.intersection(&others).map(|path| path.display().to_string()).collect()
    };
    if playbook.exists() && playbook.canonicalize().ok() == wanted.canonicalize().ok() {
        shared.push(rehearsed.playbook.clone());
    }
    if !inventory.extra_vars.is_empty() {
        shared.push("--extra-vars".to_owned());
    }
    let rendered = project::render(&Render { playbook: Some(playbook), inventory }, colour)?;
    let sentence =
        |what| format!("{what} counts for --baseline as well: a mistake in it would not be found");
    Ok(Some(Baseline {
        hosts: rendered.hosts,
        assumptions: shared.into_iter().map(sentence).collect(),
    }))
}

/// The playbook of the copy that an inventory is part of: the path as it was named, from the
/// inventory's directory or the one above.
fn beside(inventory: &Path, playbook: &Path) -> Option<PathBuf> {
    let named = match playbook.is_relative() {
        true => playbook,
        false => Path::new(playbook.file_name()?),
    };
    let inventory = std::path::absolute(inventory).ok()?;
    let above = if inventory.is_dir() { 0 } else { 1 };
    inventory
        .ancestors()
        .skip(above)
        .take(2)
        .map(|place| place.join(named))
        .find(|path| path.is_file())
}

/// The directories of vars that are read with an inventory and a playbook.
fn vars_of(inventory: &Inventory, playbook: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    let sources = project::inventories(inventory)?;
    let places = sources.iter().map(PathBuf::as_path).chain([playbook]);
    let directories = places.filter_map(|place| match place.is_dir() {
        true => Some(place),
        false => place.parent(),
    });
    Ok(directories
        .flat_map(|directory| ["group_vars", "host_vars"].map(|name| directory.join(name)))
        .filter_map(|path| path.canonicalize().ok())
        .collect())
}
