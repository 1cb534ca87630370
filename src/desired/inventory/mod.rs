//! Ansible's YAML inventory: hosts, groups, the vars written inline.
//!
//! A fleet that has an Ansible inventory needs no second one, so this reads what Ansible
//! reads; but what Ansible passes over in silence (a misspelt key, a group that nobody
//! defines) is a mistake here.

mod group;
mod ini;
mod layers;
mod parse;
mod pattern;
mod program;
mod python;
mod range;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};

use super::yaml::Node;

pub(crate) use group::Group;
pub(crate) use layers::{Origin, Owner, VarFile, VarFiles, mapping};
pub(crate) use parse::Source;
pub(crate) use pattern::Pattern;
pub(crate) use program::Printed;

/// Vars by name, each with its place.
pub(crate) type Vars = BTreeMap<String, Arc<Node>>;

/// A host as the inventory names it.
#[derive(Debug, Clone)]
pub(crate) struct HostEntry {
    /// `inventory_hostname`.
    pub(crate) name: String,
    /// Where it is first named.
    pub(crate) place: Place,
    /// The vars beside its name.
    pub(crate) vars: Vars,
    /// The groups that name it themselves.
    pub(crate) direct: Vec<String>,
}

/// All hosts and groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inventory {
    /// In the order in which the inventory names them.
    pub(crate) hosts: Vec<HostEntry>,
    /// Position in `hosts` by name.
    index: BTreeMap<String, usize>,
    /// With `all` and `ungrouped`.
    pub(crate) groups: BTreeMap<String, Group>,
}

impl Inventory {
    /// Reads inventory files, in the order given; later ones add to earlier ones.
    ///
    /// # Errors
    /// Every mistake found.
    pub(crate) fn read(sources: &[Source]) -> Result<Self, Vec<Diagnostic>> {
        parse::read(sources)
    }

    /// A host by name.
    pub(crate) fn host(&self, name: &str) -> Option<&HostEntry> {
        self.index.get(name).and_then(|at| self.hosts.get(*at))
    }

    /// The hosts of a group and of its children, in inventory order, without duplicates.
    pub(crate) fn members(&self, group: &str) -> Vec<&str> {
        if group == "all" {
            return self.hosts.iter().map(|host| host.name.as_str()).collect();
        }
        let mut found = std::collections::BTreeSet::<&usize>::new();
        let mut waiting = vec![group];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(name) = waiting.pop() {
            let Some(group) = self.groups.get(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            found.extend(group.hosts.iter().filter_map(|host| self.index.get(host)));
            waiting.extend(group.children.iter().map(String::as_str));
        }
        found
            .into_iter()
            .filter_map(|at| self.hosts.get(*at))
            .map(|host| host.name.as_str())
            .collect()
    }
}
