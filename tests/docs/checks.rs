//! The table of checks and their faults names tests that exist, for every check there is.

use std::fs;

use crate::pages::root;

/// Lines of the table: cells without their spaces.
fn table() -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/book/checks.md")).unwrap();
    let (_, table) = page.split_once("| check | fault |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect())
        .collect()
}

#[test]
fn every_test_of_the_table_exists() {
    let mut named = 0;
    for row in table() {
        for test in row[3].split(", ") {
            let (module, name) = test.trim_matches('`').split_once("::").unwrap();
            let found = ["tests/checks", "tests/transaction"].iter().any(|dir| {
                let file = fs::read_to_string(root().join(dir).join(format!("{module}.rs")));
                file.is_ok_and(|text| text.contains(&format!("#[test]\nfn {name}()")))
            });
            assert!(found, "{test} is no test");
            named += 1;
        }
    }
    assert!(named > 30, "only {named} tests are named");
}

#[test]
fn every_check_is_in_the_table() {
    let rows = table();
    for check in [
        "ssh",
        "gateway",
        "dad",
        "mtu",
        "ping",
        "tcp",
        "dns",
        "neighbour",
        "route",
        "ndp_proxy",
        "command",
    ] {
        let cell = format!("`{check}`");
        assert!(rows.iter().any(|row| row[0].contains(&cell)), "{check} has no fault");
    }
}
