//! `rappel lab record`: hosts as they are, kept for their twins. Changes nothing on them.

use std::path::Path;

use super::super::args::LabRecord;
use super::super::clock::wall;
use super::super::driver::{Driver, write_text};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::project;
use super::super::store::{Readers, store};
use super::twins::record_file;
use crate::diagnostic::Diagnostic;
use crate::report::clean::clean;
use crate::report::text::outcome_words;
use crate::rollout::outcome::{Outcome, Weight};
use crate::run::{private_directory, survey_all};
use crate::twin::Record;

/// Runs the command.
pub fn run(args: &LabRecord, colour: bool) -> Result<Exit, Failure> {
    let hosts = project::hosts(&args.hosts.inventory, args.hosts.pattern.as_deref())?;
    let mut driver = Driver::new(&args.hosts.reach, None, colour)?;
    let context = driver.context().clone();
    let seen = driver.look(async move { survey_all(&context, hosts).await })?;
    let now = wall();
    let mut text = String::new();
    for (host, survey) in &seen {
        let said = match survey {
            Ok(survey) => {
                let path = record_file(&args.records, &host.name);
                keep(&args.records, &path, &Record::of(&host.name, survey, now))?;
                format!("recorded in {}", path.display())
            }
            Err(outcome) => outcome_words(outcome),
        };
        text.push_str(&format!("{}: {said}\n", clean(&host.name)));
    }
    write_text(&text, colour)?;
    if driver.context().interrupted() {
        return Ok(Exit::Interrupted);
    }
    let weights =
        seen.iter().map(|(_, look)| look.as_ref().map_or_else(Outcome::weight, |_| Weight::Fine));
    Ok(Exit::of(weights))
}

/// Configuration is nobody else's business: it may hold keys.
fn keep(directory: &Path, path: &Path, record: &Record) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    let write = || {
        private_directory(directory)?;
        store(path, text.as_bytes(), Readers::Owner)
    };
    write().map_err(|error| {
        Diagnostic::error(format!("cannot write {}: {error}", path.display()))
            .remedy("name a directory that can be written to: --records DIR")
            .into()
    })
}
