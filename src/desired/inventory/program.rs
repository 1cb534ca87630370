//! What an inventory program prints: groups with hosts, vars and children, and the vars of
//! hosts below `_meta`.

use std::sync::Arc;

use crate::desired::yaml::{Content, Node};

use super::Vars;
use super::parse::Reader;

/// What a program said.
#[derive(Clone)]
pub(crate) struct Printed {
    /// To `--list`.
    pub(crate) list: Node,
    /// To `--host`, by host, if the list has no `_meta`.
    pub(crate) hosts: Vec<(String, Node)>,
}

impl Printed {
    /// Whether the vars of hosts are in the list. Otherwise the program has to be asked for
    /// each host.
    pub(crate) fn has_meta(list: &Node) -> bool {
        list.get("_meta").is_some_and(|meta| meta.get("hostvars").is_some())
    }

    /// The hosts that a list names.
    pub(crate) fn named(list: &Node) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let Content::Map(entries) = &list.content else {
            return found;
        };
        for entry in entries.iter().filter(|entry| entry.key != "_meta") {
            let hosts = entry.value.get("hosts").unwrap_or(&entry.value);
            for name in texts(hosts) {
                if !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                }
            }
        }
        found
    }
}

/// The texts of a list; nothing for anything else.
fn texts(node: &Node) -> Vec<&str> {
    match &node.content {
        Content::List(items) => items.iter().filter_map(Node::text).collect(),
        _ => Vec::new(),
    }
}

/// Reads what a program has printed.
pub(super) fn read(reader: &mut Reader, printed: &Printed) {
    let Content::Map(entries) = &printed.list.content else {
        let message = format!("an inventory program prints an object, not {}", printed.list.kind());
        reader.mistake(message, &printed.list.place, "see its output to `--list`");
        return;
    };
    for entry in entries.iter().filter(|entry| entry.key != "_meta") {
        reader.touch_group(&entry.key, &entry.key_place);
        reader.define(&entry.key);
        group(reader, &entry.key, &entry.value);
    }
    for (host, vars) in &printed.hosts {
        of_host(reader, host, vars);
    }
    let known = printed.list.get("_meta").and_then(|meta| meta.get("hostvars"));
    if let Some(Content::Map(hosts)) = known.map(|known| &known.content) {
        let named = Printed::named(&printed.list);
        for entry in hosts.iter().filter(|entry| named.contains(&entry.key)) {
            of_host(reader, &entry.key, &entry.value);
        }
    }
}

fn group(reader: &mut Reader, name: &str, body: &Node) {
    let is_group = ["hosts", "vars", "children"].iter().any(|key| body.get(key).is_some());
    if let Content::List(_) = &body.content {
        return hosts(reader, name, body);
    }
    if !is_group {
        // Vars without anything else are those of a host that is called like the group.
        if let Some(vars) = vars(reader, body)
            && !vars.is_empty()
        {
            reader.one_host(name, &body.place, vars, name);
        }
        return;
    }
    if let Some(node) = body.get("hosts") {
        hosts(reader, name, node);
    }
    if let Some(found) = body.get("vars").and_then(|node| vars(reader, node)) {
        for (key, value) in found {
            reader.set_var(name, &key, (*value).clone());
        }
    }
    if let Some(children) = body.get("children") {
        for child in texts(children) {
            reader.touch_group(child, &children.place);
            reader.define(child);
            reader.link(name, child);
        }
    }
}

fn hosts(reader: &mut Reader, group: &str, node: &Node) {
    match &node.content {
        Content::List(items) => {
            for item in items {
                match item.text() {
                    Some(name) => reader.one_host(name, &item.place, Vars::new(), group),
                    None => {
                        let message = format!("a host of `{group}` is {}, not text", item.kind());
                        reader.mistake(message, &item.place, "print its name");
                    }
                }
            }
        }
        _ if node.is_null() => {}
        _ => {
            let message = format!("`hosts` of `{group}` is {}, not a list", node.kind());
            reader.mistake(message, &node.place, "print a list of names");
        }
    }
}

fn of_host(reader: &mut Reader, host: &str, node: &Node) {
    if let Some(vars) = vars(reader, node) {
        reader.add_vars(host, vars);
    }
}

fn vars(reader: &mut Reader, node: &Node) -> Option<Vars> {
    match &node.content {
        Content::Map(entries) => {
            let var = |entry: &crate::desired::yaml::Entry| {
                (entry.key.clone(), Arc::new(entry.value.clone()))
            };
            Some(entries.iter().map(var).collect())
        }
        _ if node.is_null() => None,
        _ => {
            let message = format!("vars are an object, not {}", node.kind());
            reader.mistake(message, &node.place, "print an object");
            None
        }
    }
}
