//! What pages name exists: files, commands, options, targets, exit codes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use rappel::cli::Exit;

use crate::pages::{Page, pages, root};

/// Directories whose files are named by their path from the root.
const PLACES: [&str; 12] = [
    "src/",
    "docs/",
    "demo/",
    "scripts/",
    "tests/",
    "inventories/",
    "playbooks/",
    "templates/",
    "benches/",
    "vagrant/",
    ".ci/",
    "Makefile",
];

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for page in pages() {
        let here = root().join(&page.name);
        for target in targets(&page.prose()) {
            let outside = target.contains("://") || target.starts_with('#');
            let file = target.split('#').next().unwrap_or_default();
            if !outside {
                links += 1;
                let there = here.parent().unwrap().join(file).exists();
                assert!(there, "{}: a link to {target}, which is not there", page.name);
            }
        }
    }
    assert!(links > 20, "only {links} links were found");
}

fn targets(prose: &str) -> Vec<&str> {
    let after = prose.match_indices("](").map(|(at, _)| &prose[at + 2..]);
    after.filter_map(|rest| rest.split(')').next()).collect()
}

#[test]
fn every_file_that_is_named_is_there() {
    let mut files = 0;
    for page in pages() {
        for span in page.spans() {
            let named = PLACES.iter().any(|place| span.starts_with(place));
            // A pattern, or a name that stands for many.
            if !named
                || span.contains(['*', ' ', '…'])
                || span.chars().any(|c| c.is_ascii_uppercase() && span != "Makefile")
            {
                continue;
            }
            files += 1;
            assert!(root().join(&span).exists(), "{}: {span} is not there", page.name);
        }
    }
    assert!(files > 10, "only {files} files were found");
}

#[test]
fn the_index_leads_to_every_page_of_the_book() {
    let all = pages();
    let index = all.iter().find(|page| page.name == "docs/book/index.md").unwrap();
    for page in all.iter().filter(|page| page.name.starts_with("docs/book/")) {
        let file = Path::new(&page.name).file_name().unwrap().to_str().unwrap();
        let linked = file == "index.md" || index.text.contains(&format!("]({file})"));
        assert!(linked, "docs/book/index.md does not lead to {file}");
    }
}

#[test]
fn every_command_and_option_that_is_named_exists() {
    let mut help = BTreeMap::new();
    let mut named = 0;
    for page in pages() {
        for line in page.commands() {
            let line = line.trim();
            for typed in line.split(" | ").filter_map(|part| rappel(part.trim())) {
                named += 1;
                if let Err(mistake) = known(&typed, &mut help) {
                    panic!("{}: `{line}`: {mistake}", page.name);
                }
            }
        }
    }
    assert!(named > 20, "only {named} commands were found");
}

/// The words after `rappel`, up to a `--` behind which another program begins.
fn rappel(line: &str) -> Option<Vec<&str>> {
    let line = line.strip_prefix("sudo ").unwrap_or(line);
    let words: Vec<&str> = line.strip_prefix("rappel ")?.split_whitespace().collect();
    Some(words.split(|word| *word == "--").next().unwrap_or_default().to_vec())
}

fn known(words: &[&str], help: &mut BTreeMap<String, String>) -> Result<(), String> {
    let command = words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    if command == "lab" {
        return lab(words, help);
    }
    let placeholder = command.chars().all(|c| c.is_ascii_uppercase() || c == '…');
    let command = if placeholder { "" } else { command };
    let command = [command];
    let typed = if command[0].is_empty() { &[][..] } else { &command[..] };
    let text = help.entry(command[0].to_owned()).or_insert_with(|| ask(typed));
    options(words, text)
}

/// Whether a help text is there, and has all options that are typed.
fn options(words: &[&str], text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("there is no command {}", words.join(" ")));
    }
    let options = words.iter().filter(|word| word.starts_with('-'));
    for option in options.map(|option| option.split('=').next().unwrap_or_default()) {
        let found = text.split([' ', ',', '\n', '[']).any(|word| word == option);
        if !found && *option != *"--help" {
            return Err(format!("there is no option {option}"));
        }
    }
    Ok(())
}

/// The help text of a command; empty if there is none.
fn ask(command: &[&str]) -> String {
    let mut rappel = Command::new(env!("CARGO_BIN_EXE_rappel"));
    let output = rappel.args(command).arg("--help").output().unwrap();
    if output.status.success() { String::from_utf8(output.stdout).unwrap() } else { String::new() }
}

/// Orders to a lab from inside have no help of their own: they are looked for where they are
/// obeyed.
fn lab(words: &[&str], help: &mut BTreeMap<String, String>) -> Result<(), String> {
    let verb = words.get(1).copied().unwrap_or("run");
    let obeyed = fs::read_to_string(root().join("src/lab/socket.rs")).unwrap();
    if obeyed.contains(&format!("[\"{verb}\"")) {
        return Ok(());
    }
    let key = format!("lab {verb}");
    let text = help.entry(key).or_insert_with(|| ask(&["lab", verb]));
    options(words, text)
}

#[test]
fn every_target_of_make_that_is_named_exists() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut named = BTreeSet::new();
    for page in pages() {
        for line in page.commands() {
            if let Some(target) = line.trim().strip_prefix("make ") {
                let target = target.split([' ', '#']).next().unwrap_or_default();
                let there = makefile.lines().any(|l| l.starts_with(&format!("{target}:")));
                assert!(there, "{}: there is no `make {target}`", page.name);
                named.insert(target.to_owned());
            }
        }
    }
    assert!(named.len() >= 5, "{named:?}");
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let all = [
        Exit::Ok,
        Exit::Error,
        Exit::Changes,
        Exit::RolledBack,
        Exit::Lost,
        Exit::Refused,
        Exit::Interrupted,
    ];
    let codes: Vec<u8> = all.into_iter().map(Exit::code).collect();
    for name in ["README.md", "docs/book/exit-codes.md"] {
        let page = pages().into_iter().find(|page| page.name == name).unwrap();
        assert_eq!(table(&page), codes, "{name}");
    }
}

/// The numbers in the first column of the page's tables.
fn table(page: &Page) -> Vec<u8> {
    let rows = page.text.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(' ').next()?.parse().ok()).collect()
}

/// A checker that finds nothing would pass anything.
#[test]
fn what_does_not_exist_is_found() {
    let mut help = BTreeMap::new();
    assert!(known(&["plan", "-i", "x", "--limit", "y"], &mut help).is_ok());
    assert!(known(&["plan", "--no-such"], &mut help).is_err());
    assert!(known(&["no-such"], &mut help).is_err());
    assert!(known(&["lab", "exec", "hv1"], &mut help).is_ok());
    assert!(known(&["lab", "no-such"], &mut help).is_err());
    assert!(known(&["lab", "rehearse", "--baseline", "x"], &mut help).is_ok());
    assert!(known(&["lab", "rehearse", "--no-such"], &mut help).is_err());
    assert_eq!(targets("a [b](c.md) and [d](e#f)"), ["c.md", "e#f"]);
}
