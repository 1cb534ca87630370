//! Extra vars: what `--extra-vars` says, and it wins over every file.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};

use super::inventory::{Vars, mapping};
use super::yaml::{Content, Node, Text, parse};

/// Reads one argument: `{json}` or `name=value`.
///
/// # Errors
/// Neither of the two.
pub(crate) fn argument(text: &str) -> Result<Vars, Box<Diagnostic>> {
    if text.trim_start().starts_with('{') {
        document(&Text::new("--extra-vars", text))
    } else {
        assignment(text)
    }
}

/// Reads a document of vars.
///
/// # Errors
/// Not YAML, or not a mapping.
pub(crate) fn document(text: &Text) -> Result<Vars, Box<Diagnostic>> {
    parse(text)?.map_or_else(|| Ok(Vars::new()), mapping)
}

/// `name=value`: the value is text, as for Ansible.
fn assignment(text: &str) -> Result<Vars, Box<Diagnostic>> {
    let named = text.split_once('=').map(|(name, value)| (name.trim(), value));
    // Without the value, which may be a secret.
    let shown = named.map_or_else(|| text.to_owned(), |(name, _)| format!("{name}=…"));
    let source = Source::new("--extra-vars", shown);
    let whole = source.place(0..source.text.len());
    let fits =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    match named.filter(|(name, _)| fits(name)) {
        Some((name, value)) => {
            let content = Content::Scalar { text: value.to_owned(), plain: false };
            let node = Node { content, place: whole };
            Ok(Vars::from([(name.to_owned(), Arc::new(node))]))
        }
        None => Err(Diagnostic::error("this is no extra var")
            .at(whole)
            .remedy("write `name=value`, `{\"name\": …}` or `@file.yml`")
            .into()),
    }
}
