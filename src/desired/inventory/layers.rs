//! Whose vars win: Ansible's documented order of precedence.
//!
//! From weakest to strongest: inline vars of `all`, inline vars of groups (parents before
//! children), `group_vars/all` beside the inventory, the same beside the playbook,
//! `group_vars/NAME` beside the inventory, beside the playbook; then the host's inline
//! vars, `host_vars/NAME` beside the inventory, beside the playbook. Play vars and extra
//! vars come on top, elsewhere. A stronger value replaces a weaker one whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::desired::nearest;
use crate::desired::yaml::{Content, Node};
use crate::diagnostic::Diagnostic;

use super::{Group, HostEntry, Inventory, Vars};

/// Whose vars a file holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// `group_vars/NAME`.
    Group(String),
    /// `host_vars/NAME`.
    Host(String),
}

/// Beside which file its directory stands; the later one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// Beside the inventory.
    Inventory,
    /// Beside the playbook.
    Playbook,
}

/// The content of one file below `group_vars/` or `host_vars/`.
#[derive(Debug, Clone)]
pub(crate) struct VarFile {
    /// Whose vars.
    pub(crate) owner: Owner,
    /// Beside what.
    pub(crate) origin: Origin,
    /// The vars.
    pub(crate) vars: Vars,
}

impl VarFile {
    /// A var file from its parsed document.
    ///
    /// # Errors
    /// A document that is not a mapping.
    pub(crate) fn new(
        owner: Owner,
        origin: Origin,
        root: Option<Node>,
    ) -> Result<Self, Box<Diagnostic>> {
        let vars = match root {
            None => Vars::new(),
            Some(root) => mapping(root)?,
        };
        Ok(Self { owner, origin, vars })
    }
}

/// The entries of a mapping as vars.
///
/// # Errors
/// Anything but a mapping.
pub(crate) fn mapping(root: Node) -> Result<Vars, Box<Diagnostic>> {
    let kind = root.kind();
    if root.is_null() {
        return Ok(Vars::new());
    }
    match root.content {
        Content::Map(entries) => {
            Ok(entries.into_iter().map(|entry| (entry.key, Arc::new(entry.value))).collect())
        }
        _ => Err(Diagnostic::error(format!("a file of vars is a mapping, not {kind}"))
            .at(root.place)
            .remedy("write each var as `name: value`")
            .into()),
    }
}

/// Var files by owner, in the order in which they apply.
#[derive(Debug, Clone, Default)]
pub(crate) struct VarFiles(BTreeMap<(Owner, Origin), Vec<Vars>>);

impl VarFiles {
    /// Files in the order in which they were read.
    pub(crate) fn new(files: Vec<VarFile>) -> Self {
        let mut by_owner: BTreeMap<_, Vec<Vars>> = BTreeMap::new();
        for file in files {
            by_owner.entry((file.owner, file.origin)).or_default().push(file.vars);
        }
        Self(by_owner)
    }

    fn apply<'a>(&'a self, owner: &Owner, origin: Origin, to: &mut Vec<&'a Vars>) {
        // The key is built twice per group at most; a lookup by reference would need a
        // borrowed twin of the pair.
        to.extend(self.0.get(&(owner.clone(), origin)).into_iter().flatten());
    }

    /// One warning for each owner that the inventory does not know.
    pub(crate) fn strangers(&self, inventory: &Inventory) -> Vec<Diagnostic> {
        let owners: BTreeSet<&Owner> = self.0.keys().map(|(owner, _)| owner).collect();
        owners
            .into_iter()
            .filter_map(|owner| {
                let (word, name, near) = match owner {
                    Owner::Group(name) if !inventory.groups.contains_key(name) => {
                        let known = inventory.groups.keys().map(String::as_str);
                        ("group", name, nearest(name, known))
                    }
                    Owner::Host(name) if inventory.host(name).is_none() => {
                        let known = inventory.hosts.iter().map(|host| host.name.as_str());
                        ("host", name, nearest(name, known))
                    }
                    _ => return None,
                };
                let message =
                    format!("{word}_vars/{name} is for a {word} that the inventory does not have");
                let remedy = near.map_or_else(
                    || "rename or remove it".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let mut warning = Diagnostic::warning(message).remedy(remedy);
                warning.place = self.first_place(owner);
                Some(warning)
            })
            .collect()
    }

    fn first_place(&self, owner: &Owner) -> Option<crate::diagnostic::Place> {
        self.0
            .iter()
            .filter(|((of, _), _)| of == owner)
            .flat_map(|(_, files)| files)
            .flat_map(|vars| vars.values())
            .map(|node| node.place.source.line(1))
            .next()
    }
}

impl Inventory {
    /// The groups of a host, parents before children, `all` first: the order in which
    /// their vars apply.
    pub(crate) fn groups_of<'a>(&'a self, host: &'a HostEntry) -> Vec<&'a str> {
        let mut found = BTreeSet::from(["all"]);
        let mut waiting: Vec<&str> = host.direct.iter().map(String::as_str).collect();
        while let Some(name) = waiting.pop() {
            if found.insert(name)
                && let Some(group) = self.groups.get(name)
            {
                waiting.extend(group.parents.iter().map(String::as_str));
            }
        }
        let mut ordered: Vec<&str> = found.into_iter().collect();
        ordered.sort_by_key(|name| {
            let group = self.groups.get(*name);
            (group.map_or(0, |g| g.depth), group.map_or(1, priority), *name)
        });
        ordered
    }

    /// All vars of a host below play vars and extra vars.
    pub(crate) fn vars_of(&self, host: &HostEntry, files: &VarFiles) -> Vars {
        let mut vars = Vars::new();
        for layer in self.layers(host, files) {
            vars.extend(layer.clone());
        }
        vars
    }

    /// What vars of a host come from, weakest first.
    pub(crate) fn layers<'a>(&'a self, host: &'a HostEntry, files: &'a VarFiles) -> Vec<&'a Vars> {
        let groups = self.groups_of(host);
        let mut vars: Vec<&Vars> = Vec::new();
        for group in groups.iter().filter_map(|name| self.groups.get(*name)) {
            vars.push(&group.vars);
        }
        let owner = |name: &str| Owner::Group(name.to_owned());
        let origins = [Origin::Inventory, Origin::Playbook];
        for origin in origins {
            files.apply(&owner("all"), origin, &mut vars);
        }
        for origin in origins {
            for group in groups.iter().filter(|name| **name != "all") {
                files.apply(&owner(group), origin, &mut vars);
            }
        }
        vars.push(&host.vars);
        for origin in origins {
            files.apply(&Owner::Host(host.name.clone()), origin, &mut vars);
        }
        vars
    }
}

/// `ansible_group_priority` among groups of one depth; 1 without.
fn priority(group: &Group) -> i64 {
    match group.vars.get("ansible_group_priority").map(|node| node.json()) {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(1),
        _ => 1,
    }
}
