//! Why a command could not do its work, ready to be shown.

use std::io::Write;
use std::process::ExitCode;

use super::diagnostic::draw_all;
use super::exit::Exit;
use crate::diagnostic::Diagnostic;

/// A command's failure: what to show, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The exit code.
    pub exit: Exit,
}

impl Failure {
    /// An error with its mistakes.
    pub fn error(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, exit: Exit::Error }
    }

    /// A refusal: nothing was begun.
    pub fn refused(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, exit: Exit::Refused }
    }

    /// Writes the diagnostics to standard error.
    pub fn show(&self, colour: bool) {
        // Standard error may be closed; there is nobody left to tell.
        let _ = anstream::stderr().write_all(draw_all(&self.diagnostics, colour).as_bytes());
    }
}

/// How the program ends by what a command came to; a failure is shown.
pub fn ended(result: Result<impl Into<ExitCode>, Failure>, colour: bool) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.show(colour);
            failure.exit.into()
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::error(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::error(diagnostics)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::error(vec![Diagnostic::error(format!("cannot write: {error}"))])
    }
}
