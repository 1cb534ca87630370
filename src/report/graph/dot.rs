//! DOT, for Graphviz.

use std::fmt::Write;

use super::words;
use crate::network::picture::{Kind, Picture};

/// Hosts as clusters of one graph.
pub fn dot(pictures: &[Picture]) -> String {
    let mut out = String::from(
        "graph network {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=monospace, fontsize=10];\n",
    );
    for (number, picture) in pictures.iter().enumerate() {
        let _ =
            writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(&picture.host));
        for (at, node) in picture.nodes.iter().enumerate() {
            let shape = match node.kind {
                Kind::Gateway => ", shape=oval",
                Kind::Bridge => ", style=\"rounded,bold\"",
                Kind::Guest => ", shape=component",
                _ => "",
            };
            let _ = writeln!(out, "    h{number}n{at} [label={}{shape}];", quoted(&words(node)));
        }
        for (from, to) in &picture.wires {
            let _ = writeln!(out, "    h{number}n{from} -- h{number}n{to};");
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

/// A quoted string: backslashes stand for themselves, lines are aligned to the left.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if crate::report::clean::harmful(c) => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
