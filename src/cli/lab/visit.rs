//! `rappel lab apply` and `rappel lab ssh`: commands at the controller's place.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::super::args::{LabApply, LabSsh};
use super::super::failure::Failure;
use super::about::{About, Keys, absolute};
use super::run::code_of;
use super::up::standing;
use crate::diagnostic::Diagnostic;
use crate::lab::{LabError, Standing, ask};

/// Seconds until a twin that does not answer is given up, as rappel itself does.
const SILENCE: u32 = 10;

/// Runs `lab apply`: `rappel apply` on the twins, with the inventory of `lab up`.
pub fn apply(args: &LabApply) -> Result<ExitCode, Failure> {
    let (playbook, options) = parted(&args.words)?;
    let (standing, about) = standing(&args.name)?;
    let mut words = about.apply(program()?, &Keys::at(&standing), playbook.as_deref());
    words.extend(options.iter().cloned());
    run(&standing, &about, &words)
}

/// The playbook, if the words begin with one, and the options behind it.
fn parted(words: &[OsString]) -> Result<(Option<PathBuf>, &[OsString]), Failure> {
    let own =
        |word: &OsString| *word == *"--name" || word.as_encoded_bytes().starts_with(b"--name=");
    if words.iter().any(own) {
        return Err(Diagnostic::error("`--name` names the lab, and stands before the playbook")
            .remedy("rappel lab apply --name NAME PLAYBOOK OPTIONS")
            .into());
    }
    let named = words.first().filter(|word| !word.as_encoded_bytes().starts_with(b"-"));
    match named {
        Some(word) => Ok((Some(absolute(Path::new(word))), &words[1..])),
        None => Ok((None, words)),
    }
}

/// Runs `lab ssh`.
pub fn ssh(args: &LabSsh) -> Result<ExitCode, Failure> {
    let (standing, about) = standing(&args.name)?;
    let twin = about.twin(&args.host)?;
    let found = twin.addresses.last().filter(|_| twin.direct);
    let Some(address) = found else {
        // A guest behind its hypervisor: by its console, which needs no way there.
        let mut words: Vec<OsString> = vec!["exec".into(), twin.name.clone().into(), "--".into()];
        match args.command.as_slice() {
            [] => words.extend(["bash".into(), "-l".into()]),
            // As `ssh` does: one text, for a shell.
            command => words.extend(["sh".into(), "-c".into(), command.join(OsStr::new(" "))]),
        }
        return enter(&standing, &words);
    };
    let mut words = Keys::at(&standing).ssh(twin, *address, SILENCE);
    words.extend(args.command.iter().cloned());
    run(&standing, &about, &words)
}

/// Runs a command line at the controller's place, unless the lab leads anywhere else.
fn run(standing: &Standing, about: &About, argv: &[OsString]) -> Result<ExitCode, Failure> {
    ask(&standing.socket, &["seal".to_owned()])?;
    let mut words: Vec<OsString> = vec!["controller".into(), "--".into()];
    words.extend(Keys::at(standing).knowing(&about.names, argv));
    enter(standing, &words)
}

fn enter(standing: &Standing, words: &[OsString]) -> Result<ExitCode, Failure> {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let entered = ask(&standing.socket, &words)?;
    let mut command: Command =
        entered.ok_or_else(|| Diagnostic::error("the lab does not say how to enter it"))?;
    let io = |source| LabError::Io { what: "cannot enter the lab".to_owned(), source };
    Ok(code_of(command.status().map_err(io)?))
}

/// This program.
pub fn program() -> Result<OsString, Failure> {
    let io = |source| LabError::Io { what: "cannot find this program".to_owned(), source };
    Ok(std::env::current_exe().map_err(io)?.into())
}
