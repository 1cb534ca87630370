//! Rules as nft itself lists them, compared line by line.
//!
//! A script and what is loaded cannot be compared as texts: nft writes rules in a form of
//! its own, with handles and counters. Two listings of one nft can, once what the packets
//! that pass have changed is left out.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use crate::network::live::Sign;

/// Cuts the output of `nft list` into tables, by `FAMILY NAME`.
pub fn listing(text: &str) -> BTreeMap<String, String> {
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("table ").and_then(|l| l.split_once(" {")) {
            let name = name.0.to_owned();
            tables.entry(name.clone()).or_default();
            current = (!line.ends_with('}')).then_some(name);
            continue;
        }
        if line == "}" {
            current = None;
        } else if let Some(body) = current.as_ref().and_then(|name| tables.get_mut(name)) {
            body.push_str(line);
            body.push('\n');
        }
    }
    tables
}

/// The chains of a table's listing with their lines.
pub fn chains(body: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines(body) {
        let block = line.block.as_deref();
        let Some(name) = block.and_then(|block| block.strip_prefix("chain ")) else { continue };
        match found.last_mut() {
            Some((last, rules)) if last == name => rules.push(line.text),
            _ => found.push((name.to_owned(), vec![line.text])),
        }
    }
    found
}

/// A line that only one of two listings of a table has, or has elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDifference {
    /// `FAMILY NAME`.
    pub table: String,
    /// `chain input`, `set banned`; none for what stands in the table itself.
    pub block: Option<String>,
    /// Which listing has it.
    pub sign: Sign,
    /// Whether the other one has it in another place.
    pub moved: bool,
    /// The line.
    pub rule: String,
}

/// `- inet rappel, chain input: tcp dport 81 accept`.
impl fmt::Display for RuleDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.sign == Sign::Gone { '-' } else { '+' };
        write!(f, "{sign} nft {}", self.table)?;
        if let Some(block) = &self.block {
            write!(f, ", {block}")?;
        }
        let moved = if self.moved { " (in another place)" } else { "" };
        write!(f, ": {}{moved}", self.rule)
    }
}

/// The lines in which two listings of a table differ, `before` and `after`.
pub fn rule_differences(table: &str, before: &str, after: &str) -> Vec<RuleDifference> {
    let (before, after) = (lines(before), lines(after));
    let texts = |lines: &[Line]| lines.iter().map(|l| format!("{l:?}\n")).collect::<String>();
    let (old, new) = (texts(&before), texts(&after));
    let diff = TextDiff::from_lines(&old, &new);
    let mut found: Vec<RuleDifference> = Vec::new();
    for change in diff.iter_all_changes() {
        let (sign, line) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => (Sign::Gone, change.old_index().and_then(|i| before.get(i))),
            ChangeTag::Insert => (Sign::New, change.new_index().and_then(|i| after.get(i))),
        };
        let Some(line) = line else { continue };
        found.push(RuleDifference {
            table: table.to_owned(),
            block: line.block.clone(),
            sign,
            moved: false,
            rule: line.text.clone(),
        });
    }
    let there = |line: &RuleDifference, lines: &[Line]| {
        lines.iter().filter(|l| l.block == line.block && l.text == line.rule).count()
    };
    for difference in &mut found {
        difference.moved = there(difference, &before) == there(difference, &after);
    }
    found
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    block: Option<String>,
    text: String,
}

/// The lines of a table that mean something, each with the block that it stands in.
fn lines(body: &str) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let mut block: Option<String> = None;
    let mut fills_itself = false;
    let mut in_elements = false;
    for raw in body.lines() {
        let line = raw.split("# handle").next().unwrap_or(raw).trim();
        if in_elements {
            in_elements = !line.ends_with('}');
            if fills_itself {
                continue;
            }
        }
        if line.starts_with("elements = {") {
            in_elements = !line.ends_with('}');
            if fills_itself {
                continue;
            }
        }
        if line.is_empty() {
            continue;
        }
        match line.strip_suffix(" {") {
            Some(head) if block.is_none() => {
                block = Some(head.to_owned());
                fills_itself = false;
                // An empty chain counts too.
                found.push(Line { block: None, text: head.to_owned() });
                continue;
            }
            _ if line == "}" && block.is_some() && !in_elements => {
                block = None;
                continue;
            }
            _ => {}
        }
        fills_itself |=
            line.starts_with("flags ") && (line.contains("dynamic") || line.contains("timeout"));
        found.push(Line { block: block.clone(), text: without_counters(line) });
    }
    found
}

/// What packets have changed: `counter packets 3 bytes 180`.
fn without_counters(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        kept.push(words[at]);
        let counts = words[at] == "counter"
            && words.get(at + 1) == Some(&"packets")
            && words.get(at + 3) == Some(&"bytes");
        at += if counts { 5 } else { 1 };
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{listing, rule_differences};

    const LISTING: &str = "table inet rappel {\n\tset banned {\n\t\ttype ipv4_addr\n\t\tflags dynamic,timeout\n\t\telements = { 10.0.0.1 timeout 1h,\n\t\t\t     10.0.0.2 }\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\ttcp dport 22 counter packets 3 bytes 180 accept # handle 4\n\t\tiifname \"lo\" accept\n\t}\n}\ntable ip docker {\n}\n";

    fn body(text: &str) -> String {
        listing(text)["inet rappel"].clone()
    }

    fn between(before: &str, after: &str) -> Vec<String> {
        rule_differences("inet rappel", &body(before), &body(after))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn tables_are_cut_apart() {
        let tables = listing(LISTING);
        assert_eq!(tables.keys().collect::<Vec<_>>(), ["inet rappel", "ip docker"]);
        assert_eq!(tables["ip docker"], "");
    }

    #[test]
    fn handles_counters_and_what_fills_itself_do_not_count() {
        let other = LISTING
            .replace(" # handle 4", "")
            .replace("packets 3 bytes 180", "packets 9 bytes 999")
            .replace("10.0.0.1 timeout 1h,\n\t\t\t     10.0.0.2", "10.0.0.7 timeout 1h");
        assert!(between(LISTING, &other).is_empty());
    }

    #[test]
    fn a_rule_that_somebody_inserted_is_named() {
        let other = LISTING.replace("\t\tiifname", "\t\ttcp dport 81 accept\n\t\tiifname");
        assert_eq!(
            between(&other, LISTING),
            ["- nft inet rappel, chain input: tcp dport 81 accept"]
        );
    }

    #[test]
    fn a_rule_that_moved_is_named() {
        let rule = "\t\tiifname \"lo\" accept\n";
        let other = LISTING.replace(rule, "").replace("\t\ttcp", &format!("{rule}\t\ttcp"));
        let found = between(LISTING, &other);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|line| line.ends_with("(in another place)")), "{found:?}");
    }

    #[test]
    fn an_element_of_a_set_of_ours_counts() {
        let fixed = LISTING.replace("\t\tflags dynamic,timeout\n", "");
        let found = between(&fixed, &fixed.replace("10.0.0.2", "10.0.0.3"));
        assert_eq!(
            found,
            [
                "- nft inet rappel, set banned: 10.0.0.2 }",
                "+ nft inet rappel, set banned: 10.0.0.3 }"
            ]
        );
    }
}
