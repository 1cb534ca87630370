//! The templates that a playbook names, found before it is understood.

use crate::desired::yaml::{Content, Node};

/// Every text below a key `template`.
pub(crate) fn template_names(root: &Node) -> Vec<String> {
    let mut names = Vec::new();
    collect(root, &mut names);
    names
}

fn collect(node: &Node, names: &mut Vec<String>) {
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| collect(item, names)),
        Content::Map(entries) => {
            for entry in entries {
                match &entry.value.content {
                    Content::Scalar { text, .. } if entry.key == "template" => {
                        names.push(text.clone());
                    }
                    _ => collect(&entry.value, names),
                }
            }
        }
        Content::Scalar { .. } => {}
    }
}
