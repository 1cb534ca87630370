//! XML whose order and spaces mean nothing, as a tree that compares and prints.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A document's text without the children of its root that have these names.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn without(text: &str, names: &[&str]) -> Result<String, String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    let children = document.root_element().children();
    for child in children.filter(|child| names.contains(&child.tag_name().name())) {
        let range = child.range();
        kept.push_str(text.get(from..range.start).unwrap_or_default().trim_end());
        from = range.end;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    Ok(kept)
}

/// An element. Children of the same parent are sorted when it is [settled](Element::settle).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// Its name, with the namespace before it where it has one.
    pub name: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// Its own text, without the spaces around it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

/// Deeper than any definition; a hostile host could send one that fills the stack.
const DEEPEST: usize = 32;

impl Element {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
        Self::of(document.root_element(), 0).ok_or_else(|| "it is nested too deeply".to_owned())
    }

    fn of(node: roxmltree::Node<'_, '_>, depth: usize) -> Option<Self> {
        if depth > DEEPEST {
            return None;
        }
        let tag = node.tag_name();
        let name = match tag.namespace() {
            Some(space) => format!("{{{space}}}{}", tag.name()),
            None => tag.name().to_owned(),
        };
        let attributes = node.attributes().map(|a| (a.name().to_owned(), a.value().to_owned()));
        let texts = node.children().filter(roxmltree::Node::is_text);
        let children = node.children().filter(roxmltree::Node::is_element);
        Some(Self {
            name,
            attributes: attributes.collect(),
            text: texts.filter_map(|text| text.text()).collect::<String>().trim().to_owned(),
            children: children.map(|child| Self::of(child, depth + 1)).collect::<Option<_>>()?,
        })
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The same with all children sorted.
    #[must_use]
    pub fn settle(mut self) -> Self {
        self.children = self.children.into_iter().map(Self::settle).collect();
        self.children.sort();
        self
    }

    /// Its lines, indented.
    pub fn print(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        let _ = write!(out, "{indent}<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}='{}'", escaped(value));
        }
        match (self.text.as_str(), self.children.as_slice()) {
            ("", []) => out.push_str("/>\n"),
            (text, []) => {
                let _ = writeln!(out, ">{}</{}>", escaped(text), self.name);
            }
            (text, children) => {
                let _ = writeln!(out, ">{}", escaped(text));
                children.iter().for_each(|child| child.print(out, depth + 1));
                let _ = writeln!(out, "{indent}</{}>", self.name);
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
}
