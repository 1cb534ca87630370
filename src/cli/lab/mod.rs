//! `rappel lab`: throw-away twins of the user's hosts, and ready-made labs.

mod about;
mod baseline;
mod fault;
mod hold;
mod record;
mod rehearse;
mod run;
mod stand;
mod twins;
mod up;
mod visit;

use std::process::ExitCode;

use super::args::Lab;
use super::failure::{Failure, ended};
use crate::diagnostic::Diagnostic;
use crate::lab::{LabError, serve};

/// Runs the command. Those that run another command give its exit code.
pub fn main(command: Lab, colour: bool) -> ExitCode {
    match command {
        Lab::Up(args) => ended(up::up(&args, colour), colour),
        Lab::Rehearse(args) => ended(rehearse::run(&args, colour), colour),
        Lab::Apply(args) => ended(visit::apply(&args), colour),
        Lab::Ssh(args) => ended(visit::ssh(&args), colour),
        Lab::Fault(args) => ended(fault::run(&args, colour), colour),
        Lab::Status(args) => ended(up::status(&args, colour), colour),
        Lab::Down(args) => ended(up::down(&args, colour), colour),
        Lab::Record(args) => ended(record::run(&args, colour), colour),
        Lab::Run { topology, command } => run::run(&topology, &command),
        Lab::Daemon => serve(),
        Lab::Hold => hold::run(),
        Lab::Order(words) => run::order(&words),
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        let refused = matches!(error, LabError::WayOut(_));
        let mistake = Diagnostic::error(error.to_string());
        match refused {
            true => Self::refused(vec![
                mistake.remedy("remove what connects it, or end the lab: rappel lab down"),
            ]),
            false => mistake.into(),
        }
    }
}
