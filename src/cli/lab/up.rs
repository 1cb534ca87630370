//! `rappel lab up`, `status` and `down`.

use super::super::args::{LabUp, Named};
use super::super::driver::write_text;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::about::About;
use super::hold::{self, Task};
use super::twins::{Drawn, drawn};
use crate::diagnostic::Diagnostic;
use crate::lab::{Lab, Seat, Standing, require_root};
use crate::report::clean::clean;

/// Runs `lab up`.
pub fn up(args: &LabUp, colour: bool) -> Result<Exit, Failure> {
    require_root()?;
    let seat = Seat::named(&args.name.name)?;
    if seat.find(swept)?.is_some() {
        return Err(Diagnostic::error(format!("the lab `{}` is up already", args.name.name))
            .remedy(format!("end it first: rappel lab down{}", option(&args.name)))
            .into());
    }
    let Drawn { twins, about, .. } = drawn(&args.twins, colour)?;
    write_text(&assumed(&about.assumptions), colour)?;
    Lab::bases(&twins.spec)?;
    let count = about.twins.len();
    let task = Task { name: args.name.name.clone(), spec: twins.spec, about };
    hold::start(&task)?;
    let more = option(&args.name);
    write_text(
        &format!(
            "{count} twin(s) are up: rappel lab apply{more}, rappel lab ssh HOST{more}, rappel \
             lab fault --list; rappel lab down{more} ends it\n"
        ),
        colour,
    )?;
    Ok(Exit::Ok)
}

/// Runs `lab status`.
pub fn status(args: &Named, colour: bool) -> Result<Exit, Failure> {
    let (_, about) = standing(args)?;
    let width = about.twins.iter().map(|twin| twin.host.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for twin in &about.twins {
        let address = twin.addresses.first().map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!(
            "{:width$}  {:15}  {}\n",
            clean(&twin.host),
            address,
            twin.basis.word()
        ));
    }
    write_text(&(text + &assumed(&about.assumptions)), colour)?;
    Ok(Exit::Ok)
}

/// Runs `lab down`.
pub fn down(args: &Named, colour: bool) -> Result<Exit, Failure> {
    require_root()?;
    let seat = Seat::named(&args.name)?;
    let mut dead = false;
    match seat.find(|| dead = true)? {
        Some(standing) => {
            seat.end(&standing)?;
            write_text("The lab is gone.\n", colour)?;
        }
        None if dead => write_text("The lab was dead; nothing of it is left.\n", colour)?,
        None => write_text("No lab is up.\n", colour)?,
    }
    Ok(Exit::Ok)
}

/// A lab that is up.
///
/// # Errors
/// There is none.
pub fn standing(args: &Named) -> Result<(Standing, About), Failure> {
    require_root()?;
    let found = Seat::named(&args.name)?.find(swept)?;
    let standing = found.ok_or_else(|| {
        Diagnostic::error(format!("no lab `{}` is up", args.name))
            .remedy("bring one up first: rappel lab up")
    })?;
    let about = serde_json::from_value(standing.about.clone()).map_err(|_| {
        Diagnostic::error("this lab was brought up by another version of rappel")
            .remedy("end it: rappel lab down")
    })?;
    Ok((standing, about))
}

fn swept() {
    use std::io::Write;
    // Standard error may be closed.
    let _ = writeln!(std::io::stderr(), "rappel lab: a dead lab was found, and removed");
}

/// How another command names the same lab.
pub fn option(args: &Named) -> String {
    match args.name.as_str() {
        "lab" => String::new(),
        name => format!(" --name {name}"),
    }
}

/// What was assumed, for people.
pub fn assumed(assumptions: &[String]) -> String {
    assumptions.iter().map(|one| format!("assumed: {}\n", clean(one))).collect()
}
