//! Mermaid, which GitHub, GitLab and many wikis draw.

use std::fmt::Write;

use super::words;
use crate::network::picture::{Kind, Picture};

/// Hosts as subgraphs of one flowchart.
pub fn mermaid(pictures: &[Picture]) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, picture) in pictures.iter().enumerate() {
        let _ = writeln!(out, "  subgraph h{number}[{}]", quoted(&picture.host));
        for (at, node) in picture.nodes.iter().enumerate() {
            let label = quoted(&words(node));
            let _ = match node.kind {
                Kind::Gateway => writeln!(out, "    h{number}n{at}([{label}])"),
                Kind::Bridge => writeln!(out, "    h{number}n{at}[[{label}]]"),
                Kind::Guest => writeln!(out, "    h{number}n{at}({label})"),
                _ => writeln!(out, "    h{number}n{at}[{label}]"),
            };
        }
        for (from, to) in &picture.wires {
            let _ = writeln!(out, "    h{number}n{from} --- h{number}n{to}");
        }
        out.push_str("  end\n");
    }
    out
}

/// A label in quotes. Mermaid knows letters by their numbers, and takes HTML for HTML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br/>"),
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | ';' | '*' | '_' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if crate::report::clean::harmful(c) => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
