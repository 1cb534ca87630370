//! The rules of the house, each a function from a file to the violations in it.

use crate::code::{bare, paths, without_tests};

/// The rooms from the top floor down. A room uses only rooms of floors below its own.
pub const FLOORS: [&[&str]; 10] = [
    &["cli"],
    &["report"],
    &["run"],
    &["rollout", "adopt", "twin"],
    &["plan"],
    &["observed"],
    &["desired"],
    &["network"],
    &["remote", "provider", "lab"],
    &["diagnostic"],
];

/// Rooms with effects, and the only rooms that may use them.
const DOORS: [(&str, &[&str]); 3] = [
    ("lab", &["cli", "twin"]),
    ("provider", &["cli", "run"]),
    ("remote", &["cli", "run", "adopt", "plan", "observed"]),
];

/// Rooms without effects, and what among them reads the project.
const PURE: [&str; 7] = ["rollout", "adopt", "twin", "plan", "observed", "network", "desired"];
const LOADER: &str = "src/desired/load";

/// What a pure room must not name.
const EFFECTS: [&str; 7] = ["fs", "env", "process", "thread", "os", "io::stdin", "io::stdout"];
const EFFECT_WORDS: [&str; 9] = [
    "tokio",
    "Instant",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "rand",
];
/// Methods of `Path` that look at the disk.
const EFFECT_CALLS: [&str; 7] = [
    ".exists()",
    ".is_file()",
    ".is_dir()",
    ".read_dir()",
    ".canonicalize()",
    ".metadata()",
    ".read_link()",
];

/// Longer files hold more than one idea. Exceptions with their reasons; none so far.
const MAX_LINES: usize = 500;
const LONG: [(&str, &str); 0] = [];

const NAMELESS: [&str; 6] = ["util", "utils", "helper", "helpers", "misc", "common"];

/// What only Linux has.
const LINUX: [&str; 7] = [
    "\"/proc/",
    "\"/sys/",
    "os::linux",
    "rustix::mount",
    "rustix::thread::unshare",
    "prctl",
    "setns",
];

/// Everything but the lab is to build and run on a laptop with another Unix.
pub fn portable(path: &str, text: &str) -> Vec<String> {
    if room(path).is_none_or(|room| room == "lab") || is_test(path) {
        return Vec::new();
    }
    let text = without_linux_items(text);
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let found = code.flat_map(|line| LINUX.into_iter().filter(move |word| line.contains(word)));
    found.map(|word| format!("{path}: {word} is Linux's own")).collect()
}

/// A file without the functions that are built on Linux alone.
fn without_linux_items(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != "#[cfg(target_os = \"linux\")]" {
            kept.push(line);
        } else if lines.next().is_some_and(|item| item.ends_with('{')) {
            lines.by_ref().find(|line| *line == "}");
        }
    }
    kept.join("\n")
}

/// The room that a file below `src/` belongs to.
pub fn room(path: &str) -> Option<&str> {
    let (first, rest) = path.strip_prefix("src/")?.split_once('/')?;
    (!rest.is_empty()).then_some(first)
}

/// Whether a file belongs to what reads the project.
fn loads(path: &str) -> bool {
    path.strip_prefix(LOADER).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Whether a whole file is compiled for tests only.
fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

/// A room that uses a room above it, beside it, or one with effects that is not its own to use.
pub fn floors(path: &str, text: &str) -> Vec<String> {
    let Some(own) = room(path) else { return Vec::new() };
    let Some(here) = floor(own) else { return vec![format!("{path}: {own} is on no floor")] };
    let mut used: Vec<String> =
        outside(path, text).into_iter().filter(|other| other != own).collect();
    used.sort();
    used.dedup();
    let judge = |other: String| match floor(&other) {
        Some(there) if there <= here => Some(format!("{path}: {own} uses {other}, not below it")),
        Some(_) => {
            let door = DOORS.iter().find(|(room, _)| *room == other);
            let shut = door.is_some_and(|(_, users)| !users.contains(&own));
            shut.then(|| format!("{path}: {own} uses {other}, which is not for it"))
        }
        None => Some(format!("{path}: {other} is on no floor")),
    };
    used.into_iter().filter_map(judge).collect()
}

/// Rooms named from the crate's root: by `crate::`, or by as many `super::` as lead there.
fn outside(path: &str, text: &str) -> Vec<String> {
    let code = bare(text);
    let first = |found: String| found.split("::").next().unwrap_or_default().to_owned();
    let mut used: Vec<String> = paths(&code, "crate").into_iter().map(first).collect();
    let below = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = below.split('/').count();
    for found in paths(&code, "super") {
        // The first `super` is not in the path itself.
        let supers = 1 + found.split("::").take_while(|part| *part == "super").count();
        let target = found.split("::").nth(supers - 1).unwrap_or_default();
        if supers >= depth && floor(target).is_some() {
            used.push(target.to_owned());
        }
    }
    used
}

/// A pure room that names a clock, a file system, an environment, a network, a runtime.
pub fn purity(path: &str, text: &str) -> Vec<String> {
    let pure = room(path).is_some_and(|room| PURE.contains(&room));
    if !pure || loads(path) || is_test(path) {
        return Vec::new();
    }
    let code = without_tests(&bare(text));
    let named = paths(&code, "std");
    let mut found: Vec<String> = EFFECTS
        .into_iter()
        .filter(|effect| named.iter().any(|path| starts(path, effect)))
        .map(|effect| format!("{path}: std::{effect} in a pure room"))
        .collect();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for word in code.split(|c| !is_word(c)).filter(|word| EFFECT_WORDS.contains(word)) {
        found.push(format!("{path}: {word} in a pure room"));
    }
    for call in EFFECT_CALLS.into_iter().filter(|call| code.contains(call)) {
        found.push(format!("{path}: {call} looks at the disk from a pure room"));
    }
    found
}

fn starts(path: &str, effect: &str) -> bool {
    path == effect || path.strip_prefix(effect).is_some_and(|rest| rest.starts_with("::"))
}

/// Printing anywhere but in `cli`.
pub fn terminal(path: &str, text: &str) -> Vec<String> {
    if room(path) == Some("cli") {
        return Vec::new();
    }
    let code = bare(text);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    ["print!", "println!", "eprint!", "eprintln!", "dbg!"]
        .into_iter()
        .filter(|call| {
            code.match_indices(call)
                .any(|(at, _)| !code[..at].chars().next_back().is_some_and(is_word))
        })
        .map(|call| format!("{path}: {call} outside cli"))
        .collect()
}

/// Imports that do not say what they import.
pub fn globs(path: &str, text: &str) -> Vec<String> {
    let code = bare(text);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let trees = code.match_indices("use ").filter_map(|(at, word)| {
        let inside = code[..at].chars().next_back().is_some_and(is_word);
        let tree = code[at + word.len()..].split(';').next().unwrap_or_default();
        (!inside && tree.contains('*')).then(|| tree.trim().to_owned())
    });
    trees.map(|tree| format!("{path}: `use {tree}` imports everything")).collect()
}

/// A file too long for one idea.
pub fn length(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines < MAX_LINES || LONG.iter().any(|(exempt, _)| *exempt == path) {
        return Vec::new();
    }
    vec![format!("{path}: {lines} lines; split it, {MAX_LINES} is too long for one idea")]
}

/// A module whose name says nothing.
pub fn names(path: &str, text: &str) -> Vec<String> {
    let parts = path.trim_end_matches(".rs").split('/');
    let code = bare(text);
    let words: Vec<&str> = code.split_whitespace().collect();
    let inline = words.windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1]);
    parts
        .chain(inline.map(|name| name.trim_end_matches([';', '{'])))
        .filter(|name| NAMELESS.contains(name))
        .map(|name| format!("{path}: a module named {name} says nothing"))
        .collect()
}
