//! `rappel lab`: throw-away twins of the user's hosts, and ready-made labs.

mod about;
mod baseline;
mod fault;
mod hold;
mod record;
mod rehearse;
mod run;
mod twins;
mod up;
mod visit;

use std::process::ExitCode;

use super::args::Lab;
use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::lab::{LabError, serve};

/// Runs the command. Those that run another command give its exit code.
pub fn main(command: Lab, colour: bool) -> ExitCode {
    let own = |result: Result<Exit, Failure>| match result {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            failure.show(colour);
            ExitCode::from(failure.exit.code())
        }
    };
    let others = |result: Result<ExitCode, Failure>| {
        result.unwrap_or_else(|failure| {
            failure.show(colour);
            ExitCode::from(failure.exit.code())
        })
    };
    match command {
        Lab::Up(args) => own(up::up(&args, colour)),
        Lab::Rehearse(args) => own(rehearse::run(&args, colour)),
        Lab::Apply(args) => others(visit::apply(&args)),
        Lab::Ssh(args) => others(visit::ssh(&args)),
        Lab::Fault(args) => own(fault::run(&args, colour)),
        Lab::Status(args) => own(up::status(&args, colour)),
        Lab::Down(args) => own(up::down(&args, colour)),
        Lab::Record(args) => own(record::run(&args, colour)),
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
