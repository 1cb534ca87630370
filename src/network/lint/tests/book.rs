//! The book's table of rules is the table in the code.

use crate::diagnostic::Severity;
use crate::network::lint::RULES;

const BOOK: &str = include_str!("../../../../docs/book/lint.md");

#[test]
fn the_book_lists_every_rule() {
    let mut table =
        String::from("| rule | severity | finds | because | remedy |\n|---|---|---|---|---|\n");
    for rule in RULES {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        table.push_str(&format!(
            "| {} | {severity} | {} | {} | {} |\n",
            rule.id,
            cell(rule.title),
            cell(rule.reason),
            cell(rule.remedy)
        ));
    }
    let written = BOOK.split_once("## The rules\n\n").map(|(_, table)| table);
    assert!(
        written == Some(table.as_str()),
        "put this below `## The rules` in docs/book/lint.md:\n{table}"
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
