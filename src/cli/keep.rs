//! The journal of a run, as the arguments name it.

use std::io::Write;

use super::args::Reach;
use super::diagnostic::draw;
use super::failure::Failure;
use crate::desired::Masks;
use crate::diagnostic::Diagnostic;
use crate::run::journal::{
    Head, Journal, JournalError, Look, Place, Recorder, Writer, open as open_place, patiently,
};

const REMEDY: &str = "name another file with --journal FILE, or do without one: --journal none";

/// Begins to keep a run. Only a journal that was asked for by name is worth a failure:
/// changing hosts from a machine whose disk is full may be just what is needed.
pub fn begin(
    reach: &Reach,
    head: &Head,
    secrets: Masks,
    colour: bool,
) -> Result<Option<(Recorder, Writer)>, Failure> {
    let place = Place::of(reach.journal.as_deref());
    let started = place
        .and_then(|place| open_place(&place, true))
        .and_then(|journal| journal.map(|j| Writer::start(j, head, secrets)).transpose());
    match started {
        Ok(started) => Ok(started),
        Err(error) if reach.journal.is_some() => Err(failure(&error)),
        Err(error) => {
            let warning = Diagnostic::warning(error.to_string())
                .because("what this run does is not kept, and it cannot be taken up again")
                .remedy(REMEDY);
            warn(&warning, colour);
            Ok(None)
        }
    }
}

/// The journal for a look at hosts. As with [`begin`], only one that was asked for by name is
/// worth a failure.
pub fn for_look(reach: &Reach, colour: bool) -> Result<Option<Box<dyn Journal>>, Failure> {
    let place = Place::of(reach.journal.as_deref());
    match place.and_then(|place| open_place(&place, true)) {
        Ok(journal) => Ok(journal),
        Err(error) => not_kept(reach, &error, colour).map(|()| None),
    }
}

/// Keeps a look; says whether it could.
pub fn look(
    reach: &Reach,
    journal: &mut dyn Journal,
    look: &Look,
    colour: bool,
) -> Result<bool, Failure> {
    match patiently(|| journal.look(look)) {
        Ok(()) => Ok(true),
        Err(error) => not_kept(reach, &error, colour).map(|()| false),
    }
}

fn not_kept(reach: &Reach, error: &JournalError, colour: bool) -> Result<(), Failure> {
    if reach.journal.is_some() {
        return Err(failure(error));
    }
    let warning = Diagnostic::warning(error.to_string())
        .because("since when there are differences cannot be told")
        .remedy(REMEDY);
    warn(&warning, colour);
    Ok(())
}

/// Waits until all is written; says so if something could not be.
pub fn end(writer: Writer, colour: bool) {
    if let Err(error) = writer.finish() {
        let warning = Diagnostic::warning(error.to_string())
            .because("what it holds of this run is not the whole");
        warn(&warning, colour);
    }
}

/// The journal for reading.
pub fn open(reach: &Reach) -> Result<Box<dyn Journal>, Failure> {
    let place = Place::of(reach.journal.as_deref()).map_err(|error| failure(&error))?;
    if place == Place::Nowhere {
        return Err(Diagnostic::error("there is no journal: --journal is none").into());
    }
    open_place(&place, false).map_err(|error| failure(&error))?.ok_or_else(|| {
        Diagnostic::error("there is no journal yet")
            .remedy("the first plan, apply or rollback begins it; --journal names another one")
            .into()
    })
}

/// A journal's trouble, shown as an error.
pub fn failure(error: &JournalError) -> Failure {
    Diagnostic::error(error.to_string()).remedy(REMEDY).into()
}

fn warn(warning: &Diagnostic, colour: bool) {
    // Standard error may be closed; there is nobody left to tell.
    let _ = anstream::stderr().write_all(draw(warning, colour).as_bytes());
}
