//! The tables that a script defines as a whole, as against those it only adds to.

use super::statement::statements;
use super::touches::{Family, Table};
use crate::diagnostic::Source;

/// Tables with a block of their own (`table inet x { … }`), in order, each once. They are
/// the script's own: it may replace them, and nobody else's rules are in them.
pub fn defined(source: &Source) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    for statement in statements(&source.text) {
        let words = statement.words();
        if !statement.blocks.is_empty() || !statement.opens {
            continue;
        }
        let words = match words.as_slice() {
            ["add" | "create", rest @ ..] => rest,
            rest => rest,
        };
        let table = match words {
            ["table", family, name] => {
                Family::of(family).map(|family| Table { family, name: (*name).to_owned() })
            }
            ["table", name] => Some(Table { family: Family::Ip, name: (*name).to_owned() }),
            _ => None,
        };
        found.extend(table.filter(|table| !found.contains(table)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::defined;
    use crate::diagnostic::Source;

    fn names(text: &str) -> Vec<String> {
        defined(&Source::new("x.nft", text)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_block_defines_a_table() {
        let text =
            "table inet a\ndelete table inet a\ntable inet a {\n chain c { }\n}\ntable b { }\n";
        assert_eq!(names(text), ["inet a", "ip b"]);
    }

    #[test]
    fn a_rule_for_somebody_elses_table_does_not() {
        assert!(names("add rule inet filter input accept\nadd table inet x\n").is_empty());
    }
}
