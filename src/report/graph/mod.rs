//! Pictures of hosts' networks: SVG for people, DOT and Mermaid for other programs.
//!
//! A host's names and addresses are somebody else's words: each form escapes what it would
//! take for its own.

mod dot;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub(super) use svg::text as xml;
pub use svg::{Frame, STYLE, svg};

use crate::network::picture::Node;

/// What is written in a box: its name, then its lines.
fn words(node: &Node) -> String {
    let name = std::iter::once(node.name.as_str());
    name.chain(node.lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
