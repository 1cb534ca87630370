//! Every ```` ```console ```` block is run, in a copy of the project, and has to print what
//! it says. A line `…` stands for any number of lines.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::pages::{pages, root};

/// What needs no host. A block with anything else is no example but a story: ```` ```text ````.
const OFFLINE: [&str; 5] = ["rappel graph ", "rappel lint ", "rappel render ", "rappel --", "cat "];

#[test]
fn examples_print_what_they_say() {
    let project = tempfile::tempdir().unwrap();
    for dir in ["inventories", "playbooks", "templates"] {
        copy(&root().join(dir), &project.path().join(dir));
    }
    let mut run = 0;
    for page in pages() {
        for block in page.blocks().into_iter().filter(|block| block.kind == "console") {
            for (command, expected) in steps(&block.text) {
                let offline = OFFLINE.iter().any(|start| command.starts_with(start));
                assert!(offline, "{}: `{command}` needs a host: make it a text block", page.name);
                let printed = output(&command, project.path());
                let matched = matches(&expected, &printed.lines().collect::<Vec<_>>());
                assert!(matched, "{}: $ {command}\nprints\n{printed}", page.name);
                run += 1;
            }
        }
    }
    assert!(run >= 4, "only {run} examples were found");
}

/// Commands and the lines expected of each.
fn steps(block: &str) -> Vec<(String, Vec<&str>)> {
    let mut steps: Vec<(String, Vec<&str>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), Vec::new())),
            (None, Some((_, expected))) => expected.push(line),
            (None, None) => panic!("output before a command: {line}"),
        }
    }
    steps
}

fn output(command: &str, dir: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_rappel"));
    let path =
        format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(dir)
        .env("PATH", path)
        .env_remove("RAPPEL_INVENTORY")
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {}\n{complaint}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn matches(expected: &[&str], printed: &[&str]) -> bool {
    match (expected, printed) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=printed.len()).any(|skip| matches(rest, &printed[skip..])),
        ([first, rest @ ..], [line, more @ ..]) => first == line && matches(rest, more),
        _ => false,
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn an_ellipsis_stands_for_lines_and_nothing_else_does() {
    let printed = ["a", "b", "c"];
    assert!(matches(&["a", "…"], &printed));
    assert!(matches(&["…", "c"], &printed));
    assert!(matches(&["a", "b", "c"], &printed));
    assert!(!matches(&["a", "c"], &printed));
    assert!(!matches(&["a"], &printed));
}
