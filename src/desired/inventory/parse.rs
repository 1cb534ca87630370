//! Reads the structure of inventory files.

use std::sync::Arc;

use crate::desired::nearest;
use crate::desired::yaml::{self, Content, Entry, Node, Text};
use crate::diagnostic::{Diagnostic, Place};

use super::group::measure;
use super::{HostEntry, Inventory, Printed, Vars, ini, program, range};

const GROUP_KEYS: [&str; 3] = ["hosts", "children", "vars"];

/// Where hosts and groups come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// YAML, or JSON.
    Yaml(Text),
    /// INI.
    Ini(Text),
    /// Either: what it is shows.
    Any(Text),
    /// A program's output.
    Program(Box<Printed>),
}

/// Reads all sources to one inventory.
pub(super) fn read(sources: &[Source]) -> Result<Inventory, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    for source in sources {
        match source {
            Source::Ini(text) => ini::read(&mut reader, text),
            Source::Any(text) if text.looks_like_ini() => ini::read(&mut reader, text),
            Source::Any(text) | Source::Yaml(text) => match yaml::parse(text) {
                Ok(Some(root)) => reader.root(&root),
                Ok(None) => {}
                Err(mistake) if text.looks_like_ini() => reader.mistakes.push(mistake.remedy(
                    "is it an INI inventory? The name of such a file does not end in `.yml`",
                )),
                Err(mistake) => reader.mistakes.push(*mistake),
            },
            Source::Program(printed) => program::read(&mut reader, printed),
        }
    }
    reader.finish()
}

/// Collects what the sources say.
#[derive(Default)]
pub(super) struct Reader {
    inventory: Inventory,
    mistakes: Vec<Diagnostic>,
}

impl Reader {
    fn root(&mut self, root: &Node) {
        let Content::Map(entries) = &root.content else {
            self.mistakes.push(
                Diagnostic::error(format!(
                    "an inventory is a mapping of groups, not {}",
                    root.kind()
                ))
                .at(root.place.clone())
                .remedy("begin with `all:`, or with the name of a group"),
            );
            return;
        };
        for entry in entries {
            self.group(entry, None);
            if let Some(group) = self.inventory.groups.get_mut(&entry.key) {
                group.defined = true;
            }
        }
    }

    fn group(&mut self, entry: &Entry, parent: Option<&str>) {
        let name = entry.key.as_str();
        self.touch_group(name, &entry.key_place);
        if let Some(parent) = parent {
            self.link(parent, name);
        }
        if entry.value.is_null() {
            return;
        }
        let Content::Map(body) = &entry.value.content else {
            let message = format!("the group `{name}` is {}, not a mapping", entry.value.kind());
            self.mistake(message, &entry.value.place, "give it `hosts`, `children` or `vars`");
            return;
        };
        self.inventory.groups.entry(name.to_owned()).or_default().defined = true;
        for part in body {
            match part.key.as_str() {
                "hosts" => self.hosts(part, name),
                "children" => self.children(part, name),
                "vars" => self.vars(part, name),
                _ => self.unknown_key(part, name),
            }
        }
    }

    fn unknown_key(&mut self, part: &Entry, group: &str) {
        let key = &part.key;
        let looks_like_group = match &part.value.content {
            Content::Map(body) => body.iter().any(|e| GROUP_KEYS.contains(&e.key.as_str())),
            _ => false,
        };
        let remedy = match nearest(key, GROUP_KEYS) {
            Some(near) => format!("did you mean `{near}`?"),
            None if looks_like_group => format!("put it below `children:` of `{group}`"),
            None => format!("a var goes below `vars:` of `{group}`, a host below `hosts:`"),
        };
        let message = format!("the group `{group}` has no key `{key}`");
        self.mistake(message, &part.key_place, remedy);
    }

    fn children(&mut self, part: &Entry, group: &str) {
        match &part.value.content {
            Content::Map(entries) => {
                for child in entries {
                    self.group(child, Some(group));
                }
            }
            _ if part.value.is_null() => {}
            _ => self.mistake(
                format!("`children` of `{group}` is {}, not a mapping", part.value.kind()),
                &part.value.place,
                "write each child as a key with a colon: `name:`",
            ),
        }
    }

    fn hosts(&mut self, part: &Entry, group: &str) {
        match &part.value.content {
            Content::Map(entries) => {
                for host in entries {
                    self.host(&host.key, &host.key_place, Some(&host.value), group);
                }
            }
            Content::Scalar { text, .. } if !part.value.is_null() => {
                let text = text.clone();
                self.host(&text, &part.value.place, None, group);
            }
            Content::Scalar { .. } => {}
            Content::List(_) => self.mistake(
                format!("`hosts` of `{group}` is a list, not a mapping"),
                &part.value.place,
                "write each host as a key with a colon: `name:` instead of `- name`",
            ),
        }
    }

    fn host(&mut self, key: &str, place: &Place, body: Option<&Node>, group: &str) {
        let mut vars = Vars::new();
        match body.map(|node| (&node.content, node)) {
            Some((Content::Map(entries), _)) => insert(&mut vars, entries),
            Some((_, node)) if !node.is_null() => {
                let message = format!("the host `{key}` is {}, not a mapping", node.kind());
                let remedy = "put its vars below it, as in `ansible_host: 203.0.113.10`";
                self.mistake(message, &node.place, remedy);
                return;
            }
            _ => {}
        }
        self.named_hosts(key, place, vars, group);
    }

    /// The hosts that a name with ranges and perhaps a port stands for.
    pub(super) fn named_hosts(&mut self, key: &str, place: &Place, mut vars: Vars, group: &str) {
        let (key, port) = split_port(key);
        let names = match range::expand(key) {
            Ok(names) => names,
            Err(message) => {
                self.mistake(message, place, "write a range as `[01:10]` or `[a:f]`");
                return;
            }
        };
        if let Some(port) = port {
            let content = Content::Scalar { text: port.to_owned(), plain: true };
            let node = Node { content, place: place.clone() };
            vars.entry("ansible_port".to_owned()).or_insert_with(|| Arc::new(node));
        }
        for name in names {
            self.add_host(name, place, &vars, group);
        }
    }

    /// A host by its name alone.
    pub(super) fn one_host(&mut self, name: &str, place: &Place, vars: Vars, group: &str) {
        self.add_host(name.to_owned(), place, &vars, group);
    }

    /// More vars of a host that is known.
    pub(super) fn add_vars(&mut self, name: &str, vars: Vars) {
        let at = self.inventory.index.get(name).copied();
        if let Some(host) = at.and_then(|at| self.inventory.hosts.get_mut(at)) {
            host.vars.extend(vars);
        }
    }

    /// A group that somebody wrote a body for.
    pub(super) fn define(&mut self, name: &str) {
        self.inventory.groups.entry(name.to_owned()).or_default().defined = true;
    }

    /// A var of a group.
    pub(super) fn set_var(&mut self, group: &str, name: &str, value: Node) {
        let group = self.inventory.groups.entry(group.to_owned()).or_default();
        group.vars.insert(name.to_owned(), Arc::new(value));
    }

    fn add_host(&mut self, name: String, place: &Place, vars: &Vars, group: &str) {
        if let Some(mistake) = bad_name(&name) {
            self.mistake(mistake, place, "use letters, digits, `.`, `-` and `_`");
            return;
        }
        let inventory = &mut self.inventory;
        let members = &mut inventory.groups.entry(group.to_owned()).or_default().hosts;
        members.push(name.clone());
        let at = *inventory.index.entry(name.clone()).or_insert_with(|| {
            inventory.hosts.push(HostEntry {
                name,
                place: place.clone(),
                vars: Vars::new(),
                direct: Vec::new(),
            });
            inventory.hosts.len() - 1
        });
        if let Some(host) = inventory.hosts.get_mut(at) {
            host.vars.extend(vars.clone());
            if !host.direct.iter().any(|known| known == group) {
                host.direct.push(group.to_owned());
            }
        }
    }

    fn vars(&mut self, part: &Entry, group: &str) {
        match &part.value.content {
            Content::Map(entries) => {
                let group = self.inventory.groups.entry(group.to_owned()).or_default();
                insert(&mut group.vars, entries);
            }
            _ if part.value.is_null() => {}
            _ => self.mistake(
                format!("`vars` of `{group}` is {}, not a mapping", part.value.kind()),
                &part.value.place,
                "write each var as `name: value`",
            ),
        }
    }

    /// A group that is named.
    pub(super) fn touch_group(&mut self, name: &str, place: &Place) {
        let group = self.inventory.groups.entry(name.to_owned()).or_default();
        group.place.get_or_insert_with(|| place.clone());
    }

    /// One group in another.
    pub(super) fn link(&mut self, parent: &str, child: &str) {
        let groups = &mut self.inventory.groups;
        let above = groups.entry(parent.to_owned()).or_default();
        if !above.children.iter().any(|known| known == child) {
            above.children.push(child.to_owned());
        }
        let below = groups.entry(child.to_owned()).or_default();
        if !below.parents.iter().any(|known| known == parent) {
            below.parents.push(parent.to_owned());
        }
    }

    /// Something wrong.
    pub(super) fn mistake(&mut self, message: String, place: &Place, remedy: impl Into<String>) {
        self.mistakes.push(Diagnostic::error(message).at(place.clone()).remedy(remedy));
    }

    fn finish(mut self) -> Result<Inventory, Vec<Diagnostic>> {
        self.undefined_groups();
        self.complete();
        if let Err(mistake) = measure(&mut self.inventory.groups) {
            self.mistakes.push(*mistake);
        }
        if self.mistakes.is_empty() { Ok(self.inventory) } else { Err(self.mistakes) }
    }

    /// A child group without a body, which nothing else defines: most likely a typo.
    fn undefined_groups(&mut self) {
        let groups = &self.inventory.groups;
        let defined = || groups.iter().filter(|(_, g)| g.defined).map(|(n, _)| n.as_str());
        let built_in = ["all", "ungrouped"];
        for (name, group) in groups {
            let (false, Some(place)) = (group.defined, &group.place) else {
                continue;
            };
            if built_in.contains(&name.as_str()) {
                continue;
            }
            let remedy = match nearest(name, defined()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("define it, or write `{name}: {{}}` if it is meant to be empty"),
            };
            self.mistakes.push(
                Diagnostic::error(format!("the group `{name}` is not defined"))
                    .at(place.clone())
                    .remedy(remedy),
            );
        }
    }

    /// Adds `all` and `ungrouped` as Ansible does.
    fn complete(&mut self) {
        let groups = &mut self.inventory.groups;
        groups.entry("all".to_owned()).or_default();
        groups.entry("ungrouped".to_owned()).or_default();
        let orphans: Vec<String> = groups
            .iter()
            .filter(|(name, group)| group.parents.is_empty() && *name != "all")
            .map(|(name, _)| name.clone())
            .collect();
        for orphan in orphans {
            self.link("all", &orphan);
        }
        let mut ungrouped = Vec::new();
        for host in &mut self.inventory.hosts {
            host.direct.retain(|group| group != "all" && group != "ungrouped");
            if host.direct.is_empty() {
                host.direct.push("ungrouped".to_owned());
                ungrouped.push(host.name.clone());
            }
        }
        if let Some(group) = self.inventory.groups.get_mut("ungrouped") {
            group.hosts = ungrouped;
        }
    }
}

fn insert(vars: &mut Vars, entries: &[Entry]) {
    for entry in entries {
        vars.insert(entry.key.clone(), Arc::new(entry.value.clone()));
    }
}

/// `name:2222` carries a port; an IPv6 literal or a range does not.
fn split_port(key: &str) -> (&str, Option<&str>) {
    match key.rsplit_once(':') {
        Some((name, port))
            if !name.contains(':')
                && !port.is_empty()
                && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            (name, Some(port))
        }
        _ => (key, None),
    }
}

/// Names end up in paths, patterns and terminals.
fn bad_name(name: &str) -> Option<String> {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%' | '@');
    let ok = !name.is_empty() && name.chars().all(fine) && !name.starts_with(['-', '.', '@']);
    (!ok).then(|| format!("`{}` cannot be a host's name", name.escape_debug()))
}
