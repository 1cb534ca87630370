//! The journal of a run, as the arguments name it.

use std::io::Write;

use super::args::Reach;
use super::diagnostic::draw;
use super::failure::Failure;
use super::parts::not_part;
use crate::desired::Masks;
use crate::diagnostic::Diagnostic;
use crate::run::journal::{
    Head, Journal, JournalError, Look, Place, Recorder, Started, Writer, open as open_place,
    patiently,
};

const REMEDY: &str = "name another one with --journal, or do without: --journal none";
const SHARED: &str = "name the database that all parts share: --journal postgresql://…";

/// A run that is kept: its id, and what keeps it.
pub type Kept = (String, Recorder, Writer);

/// Begins to keep a run. Only a journal that was asked for by name is worth a failure:
/// changing hosts from a machine whose disk is full may be just what is needed. Parts of a
/// rollout are nothing without one.
pub fn begin(
    reach: &Reach,
    head: &Head,
    secrets: Masks,
    colour: bool,
) -> Result<Option<Kept>, Failure> {
    let place = Place::of(reach.journal.as_deref());
    let started = place
        .and_then(|place| open_place(&place, true))
        .and_then(|journal| journal.map(|j| Writer::start(j, head, secrets)).transpose());
    match started {
        Ok(Some(Started::Run { run, recorder, writer })) => Ok(Some((run, recorder, writer))),
        Ok(Some(Started::Refused { run, why })) => Err(not_part(why, &run)),
        Ok(None) if head.part.is_some() => {
            let what = "parts of a rollout find each other in a journal, and --journal is none";
            Err(Failure::refused(vec![Diagnostic::error(what).remedy(SHARED)]))
        }
        Ok(None) => Ok(None),
        Err(error) if head.part.is_some() => {
            Err(Diagnostic::error(error.to_string()).remedy(SHARED).into())
        }
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
