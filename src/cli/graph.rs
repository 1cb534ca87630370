//! `rappel graph`: the hosts' networks as pictures, as they are wanted or as they are.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{Form, Graph, Inventory};
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::desired::{Desired, Host};
use crate::diagnostic::Diagnostic;
use crate::network::live::Live;
use crate::network::picture::{Picture, Subject, picture};
use crate::plan::{guests, pictured};
use crate::report::clean::clean;
use crate::report::graph::{Frame, dot, mermaid, svg};
use crate::report::text::outcome_words;
use crate::rollout::outcome::{Outcome, Weight};
use crate::run::live_all;

/// Runs the command.
pub fn run(args: &Graph, colour: bool) -> Result<Exit, Failure> {
    let (pictures, exit) =
        if args.live { as_they_are(args, colour)? } else { (as_wanted(args, colour)?, Exit::Ok) };
    match &args.to {
        Some(directory) => write(directory, &pictures, args.form)?,
        None if pictures.is_empty() => {}
        None => write_text(&drawn(&pictures, args.form), false)?,
    }
    Ok(exit)
}

fn as_wanted(args: &Graph, colour: bool) -> Result<Vec<Picture>, Failure> {
    let rendered = project::render(&args.render, colour)?;
    Ok(rendered.hosts.iter().map(wanted).collect())
}

/// A host's network as it is wanted.
pub fn wanted(desired: &Desired) -> Picture {
    let wanted = pictured(desired);
    picture(&Subject {
        host: &desired.host.name,
        facts: &wanted.facts,
        below: &wanted.below,
        guests: &guests(&desired.host),
    })
}

/// A host's network as it is.
pub fn found(host: &Host, live: &Live) -> Picture {
    picture(&Subject {
        host: &host.name,
        facts: &live.facts,
        below: &BTreeMap::new(),
        guests: &guests(host),
    })
}

/// A host that cannot be read has no picture, which is told.
fn as_they_are(args: &Graph, colour: bool) -> Result<(Vec<Picture>, Exit), Failure> {
    let hosts = hosts(args, colour)?;
    let mut driver = Driver::new(&args.reach, None, colour)?;
    let context = driver.context().clone();
    let seen = driver.look(async move { live_all(&context, hosts).await })?;
    if driver.context().interrupted() {
        return Ok((Vec::new(), Exit::Interrupted));
    }
    let mut pictures = Vec::new();
    let mut failures = Vec::new();
    for (host, live) in &seen {
        match live {
            Ok(live) => pictures.push(found(host, live)),
            Err(outcome) => failures.push(Diagnostic::warning(format!(
                "{} has no picture: {}",
                clean(&host.name),
                outcome_words(outcome)
            ))),
        }
    }
    project::warn(&failures, colour);
    let weights =
        seen.iter().map(|(_, live)| live.as_ref().map_or_else(Outcome::weight, |_| Weight::Fine));
    Ok((pictures, Exit::of(weights)))
}

/// The hosts of the playbook if one is named, else those of the inventory.
fn hosts(args: &Graph, colour: bool) -> Result<Vec<Host>, Failure> {
    if args.render.playbook.is_some() {
        let rendered = project::render(&args.render, colour)?;
        return Ok(rendered.hosts.into_iter().map(|desired| desired.host).collect());
    }
    let inventory: &Inventory = &args.render.inventory;
    project::hosts(inventory, None)
}

fn drawn(pictures: &[Picture], form: Form) -> String {
    match form {
        Form::Svg => svg(pictures, Frame::File),
        Form::Dot => dot(pictures),
        Form::Mermaid => mermaid(pictures),
    }
}

fn write(directory: &Path, pictures: &[Picture], form: Form) -> Result<(), Failure> {
    let ending = match form {
        Form::Svg => "svg",
        Form::Dot => "dot",
        Form::Mermaid => "mmd",
    };
    for picture in pictures {
        // A name may hold what a path would take for a directory.
        let name = picture.host.replace(['/', '\\'], "_");
        let path = directory.join(format!("{name}.{ending}"));
        let text = drawn(std::slice::from_ref(picture), form);
        let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| {
            Diagnostic::error(format!("cannot write {}: {error}", path.display()))
                .remedy("name a directory that can be written to")
        })?;
    }
    Ok(())
}
