//! `rappel init`: a project to start from, in a directory of the user's.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::Init;
use super::exit::Exit;
use super::failure::Failure;
use crate::desired::{SCHEMA, STARTS, Start, shipped_playbook, start};
use crate::diagnostic::Diagnostic;

/// Where the schema lies, as the vars' files name it from `host_vars/`.
const SCHEMA_HERE: (&str, &str) = ("../../../docs/network.schema.json", "../network.schema.json");

/// Runs the command.
pub fn run(args: &Init) -> Result<Exit, Failure> {
    let Some(start) = start(&args.topology) else {
        let known: String =
            STARTS.iter().fold(String::new(), |all, one| format!("{all}{}, ", one.name));
        let message = format!("there is no topology `{}`", args.topology);
        return Err(Diagnostic::error(message)
            .remedy(format!("take one of {}", known.trim_end_matches(", ")))
            .into());
    };
    let directory = args.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let files = files(start);
    // All of them or none: half a project is worse than none.
    if let Some((path, _)) = files.iter().find(|(path, _)| directory.join(path).exists()) {
        let path = directory.join(path);
        let message = format!("{} is there already", path.display());
        return Err(Diagnostic::error(message)
            .remedy("name an empty directory: rappel init --topology NAME DIRECTORY")
            .into());
    }
    for (path, text) in &files {
        place(&directory.join(path), text)?;
    }
    anstream::stdout().write_all(next(start, &directory, &files).as_bytes())?;
    Ok(Exit::Ok)
}

/// Path and text of what a project is made of.
fn files(start: &Start) -> Vec<(String, String)> {
    let (from, to) = SCHEMA_HERE;
    let inventory = start.inventory.iter();
    let mut files: Vec<(String, String)> =
        inventory.map(|(path, text)| ((*path).to_owned(), text.replace(from, to))).collect();
    let playbook = shipped_playbook(start.playbook).unwrap_or_default();
    files.push(("site.yml".to_owned(), playbook.replace("docs/network.schema", "network.schema")));
    files.push(("network.schema.json".to_owned(), SCHEMA.to_owned()));
    files
}

/// Writes a new file; one that has come meanwhile is not overwritten either.
fn place(path: &Path, text: &str) -> Result<(), Failure> {
    let mistake = |error: std::io::Error| {
        Failure::from(Diagnostic::error(format!("cannot write {}: {error}", path.display())))
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(mistake)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(mistake)?;
    file.write_all(text.as_bytes()).map_err(mistake)
}

fn next(start: &Start, directory: &Path, files: &[(String, String)]) -> String {
    let mut text = format!("{}: {}\n", start.name, start.about);
    for (path, _) in files {
        let _ = writeln!(text, "  {}", directory.join(path).display());
    }
    text.push_str("Edit the addresses in host_vars, then, in that directory: rappel lint\n");
    text
}
