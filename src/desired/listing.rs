//! The inventory as it was understood: groups, hosts, vars, and where each var comes from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::diagnostic::Place;

use super::inventory::{HostEntry, Inventory};
use super::yaml::{Node, is_secret};
use super::{Masks, Project};

/// What stands for a secret.
pub const HIDDEN: &str = "********";

/// It is the group's own, and no host has it.
const PRIORITY: &str = "ansible_group_priority";

/// A var of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// Its value as it is written, secrets hidden.
    pub value: Value,
    /// Where that stands.
    pub place: Place,
    /// Where other values stand that it wins over, strongest first.
    pub overrides: Vec<Place>,
}

impl Project {
    /// The vars of a host, by name, each with where it comes from; nothing for a host that
    /// the inventory does not have.
    pub fn explain(&self, host: &str) -> Option<Vec<Explained>> {
        let entry = self.inventory().host(host)?;
        let masks = self.masks(host);
        let mut found: BTreeMap<&String, Vec<&Arc<Node>>> = BTreeMap::new();
        for layer in self.layers(entry) {
            for (name, node) in layer {
                found.entry(name).or_default().push(node);
            }
        }
        let explained = found.into_iter().filter_map(|(name, nodes)| {
            let (last, others) = nodes.split_last()?;
            Some(Explained {
                name: name.clone(),
                value: shown(name, &last.json(), &masks),
                place: last.place.clone(),
                overrides: others.iter().rev().map(|node| node.place.clone()).collect(),
            })
        });
        Some(explained.collect())
    }

    /// The groups of a host, parents first, `all` before them.
    pub fn groups_of(&self, host: &str) -> Vec<&str> {
        let inventory = self.inventory();
        inventory.host(host).map_or_else(Vec::new, |entry| inventory.groups_of(entry))
    }

    /// The inventory as `ansible-inventory --list` prints it, secrets hidden. With a
    /// pattern, only the hosts that it chooses.
    pub fn list(&self, chosen: &[&str]) -> Value {
        let inventory = self.inventory();
        let mut groups = Map::new();
        describe(inventory, "all", chosen, &mut groups);
        let mut vars = Map::new();
        for host in inventory.hosts.iter().filter(|host| chosen.contains(&host.name.as_str())) {
            let mut all: Map<String, Value> = Map::new();
            let masks = self.masks(&host.name);
            for layer in self.layers(host) {
                for (name, node) in layer.iter().filter(|(name, _)| *name != PRIORITY) {
                    all.insert(name.clone(), shown(name, &node.json(), &masks));
                }
            }
            if !all.is_empty() {
                vars.insert(host.name.clone(), Value::Object(all));
            }
        }
        groups.insert("_meta".to_owned(), json!({ "hostvars": vars }));
        Value::Object(groups)
    }

    /// The tree of groups and hosts, as `ansible-inventory --graph` draws it.
    pub fn graph(&self, chosen: &[&str]) -> String {
        let mut out = "@all:\n".to_owned();
        draw(self.inventory(), "all", chosen, 1, &mut out);
        out
    }

    fn masks(&self, host: &str) -> Masks {
        let found = self.all_hosts().iter().find(|known| known.name == host);
        found.map(|known| known.secrets.clone()).unwrap_or_default()
    }

    /// Everything that says something about a host, weakest first.
    fn layers<'a>(&'a self, host: &'a HostEntry) -> Vec<&'a super::inventory::Vars> {
        let mut layers = self.inventory().layers(host, self.fleet().files());
        layers.push(self.fleet().extra());
        layers
    }
}

/// A value whose secrets are hidden.
fn shown(name: &str, value: &Value, masks: &Masks) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), shown(key, value, masks))).collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| shown(name, item, masks)).collect())
        }
        Value::String(text) if is_secret(name) && !text.contains("{{") => Value::from(HIDDEN),
        Value::Number(_) if is_secret(name) => Value::from(HIDDEN),
        Value::String(text) => Value::from(masks.hide(text)),
        other => other.clone(),
    }
}

fn describe(inventory: &Inventory, name: &str, chosen: &[&str], groups: &mut Map<String, Value>) {
    let Some(group) = inventory.groups.get(name).filter(|_| !groups.contains_key(name)) else {
        return;
    };
    let mut body = Map::new();
    let mut children: Vec<&str> = group.children.iter().map(String::as_str).collect();
    children.sort_unstable();
    children.dedup();
    if !children.is_empty() {
        body.insert("children".to_owned(), json!(children));
    }
    let mut hosts: Vec<&str> = Vec::new();
    for host in group.hosts.iter().map(String::as_str).filter(|host| chosen.contains(host)) {
        if name != "all" && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    if !hosts.is_empty() {
        body.insert("hosts".to_owned(), json!(hosts));
    }
    groups.insert(name.to_owned(), Value::Object(body));
    for child in children {
        describe(inventory, child, chosen, groups);
    }
}

fn draw(inventory: &Inventory, name: &str, chosen: &[&str], depth: usize, out: &mut String) {
    let Some(group) = inventory.groups.get(name) else {
        return;
    };
    let indent = "  |".repeat(depth);
    let mut children: Vec<&String> = group.children.iter().collect();
    children.sort_by_key(|child| *child != "ungrouped");
    for child in children {
        *out += &format!("{indent}--@{child}:\n");
        draw(inventory, child, chosen, depth + 1, out);
    }
    let mut seen: Vec<&str> = Vec::new();
    for host in group.hosts.iter().map(String::as_str).filter(|host| chosen.contains(host)) {
        if name != "all" && !seen.contains(&host) {
            *out += &format!("{indent}--{host}\n");
            seen.push(host);
        }
    }
}
