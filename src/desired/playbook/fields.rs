//! A mapping with known keys, taken apart key by key.

use crate::desired::nearest;
use crate::desired::yaml::{Content, Node};
use crate::diagnostic::Diagnostic;

/// A mapping whose keys are all known.
pub(super) struct Fields<'a> {
    node: &'a Node,
}

impl<'a> Fields<'a> {
    /// Checks that a node is a mapping and knows all its keys; `what` names it, as in "a
    /// play". Unknown keys are added to the mistakes.
    pub(super) fn new(
        node: &'a Node,
        what: &str,
        known: &[&str],
        mistakes: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let message = format!("{what} is a mapping, not {}", node.kind());
            let remedy = format!("its keys are: {}", known.join(", "));
            mistakes.push(Diagnostic::error(message).at(node.place.clone()).remedy(remedy));
            return None;
        };
        for entry in entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            let remedy = remedy_for(&entry.key).map_or_else(
                || match nearest(&entry.key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its keys are: {}", known.join(", ")),
                },
                str::to_owned,
            );
            mistakes.push(
                Diagnostic::error(format!("{what} has no key `{}`", entry.key))
                    .at(entry.key_place.clone())
                    .remedy(remedy),
            );
        }
        Some(Self { node })
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|value| !value.is_null())
    }

    /// The text of a key.
    pub(super) fn text(&self, key: &str, mistakes: &mut Vec<Diagnostic>) -> Option<&'a str> {
        let node = self.get(key)?;
        match &node.content {
            Content::Scalar { text, .. } => Some(text),
            _ => {
                mistakes.push(
                    Diagnostic::error(format!("`{key}` is {}, not text", node.kind()))
                        .at(node.place.clone())
                        .remedy("write it on the same line as its key"),
                );
                None
            }
        }
    }

    /// The truth of a key, in any way YAML knows to write it.
    pub(super) fn truth(&self, key: &str, mistakes: &mut Vec<Diagnostic>) -> Option<bool> {
        let node = self.get(key)?;
        let truth = node.json().as_bool();
        if truth.is_none() {
            mistakes.push(
                Diagnostic::error(format!("`{key}` is {}, not true or false", node.kind()))
                    .at(node.place.clone())
                    .remedy(format!("write `{key}: true` or leave it out")),
            );
        }
        truth
    }
}

/// Keys of Ansible's plays that have another place here.
fn remedy_for(key: &str) -> Option<&'static str> {
    Some(match key {
        "tasks" | "roles" | "pre_tasks" | "post_tasks" | "handlers" => {
            "a play of rappel has no tasks; list the wanted files below `artifacts`"
        }
        "become" | "become_user" | "become_method" | "remote_user" => {
            "set `ansible_become` and `ansible_user` in the inventory"
        }
        "gather_facts" => {
            "remove it: templates see inventory vars only, so that they render offline"
        }
        "order" => "use `order` below `rollout`",
        "serial" => "use `batch` below `rollout`",
        "max_fail_percentage" => "use `failure_budget` below `rollout`",
        "dest" => "use `path`",
        "src" => "use `template`",
        "with_items" => "use `loop`",
        _ => return None,
    })
}
