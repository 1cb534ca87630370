//! The house stands as its plan says: rooms on floors, pure rooms pure, one terminal.
//!
//! Every rule is a function over a file's text; beside the house as it is, each is tried
//! on a planted violation, so that it is known to go red.
#![allow(clippy::unwrap_used)]

#[path = "house/code.rs"]
mod code;
#[path = "house/planted.rs"]
mod planted;
#[path = "house/rules.rs"]
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

type Rule = fn(&str, &str) -> Vec<String>;

/// All Rust files below these directories, as paths from the repository's root.
fn files(below: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<PathBuf> = below.iter().map(|dir| root.join(dir)).collect();
    let mut found = Vec::new();
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 5, "too few files to believe it: {below:?}");
    found
}

fn holds(rule: Rule, below: &[&str]) {
    let broken: Vec<String> =
        files(below).iter().flat_map(|(path, text)| rule(path, text)).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

const ALL: [&str; 3] = ["src", "tests", "benches"];

#[test]
fn rooms_use_only_rooms_below_them() {
    holds(rules::floors, &["src"]);
}

#[test]
fn pure_rooms_are_pure() {
    holds(rules::purity, &["src"]);
}

#[test]
fn nothing_below_cli_prints() {
    holds(rules::terminal, &["src"]);
}

#[test]
fn only_the_lab_needs_linux() {
    holds(rules::portable, &["src"]);
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    assert!(library.unwrap().contains("#[cfg(target_os = \"linux\")]\npub mod lab;"));
}

#[test]
fn imports_say_what_they_import() {
    holds(rules::globs, &ALL);
}

#[test]
fn files_hold_one_idea() {
    holds(rules::length, &ALL);
}

#[test]
fn modules_have_names_that_say_something() {
    holds(rules::names, &ALL);
}

/// A room that is on no floor would escape the rule.
#[test]
fn every_room_is_on_a_floor_and_in_the_library() {
    let library =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert!(modules.len() >= 10, "{modules:?}");
    for module in &modules {
        assert!(rules::FLOORS.concat().contains(module), "{module} is on no floor");
    }
    let mut rooms: Vec<String> = files(&["src"])
        .iter()
        .filter_map(|(path, _)| rules::room(path).map(str::to_owned))
        .collect();
    rooms.dedup();
    for room in rooms {
        assert!(modules.contains(&room.as_str()), "src/{room} is not in src/lib.rs");
    }
}
