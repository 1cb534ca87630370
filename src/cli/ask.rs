//! Questions on the terminal.

use std::io::{IsTerminal, Write};

use super::failure::Failure;
use crate::diagnostic::Diagnostic;

/// An answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Change nothing more.
    No,
    /// Ctrl-C instead of an answer.
    Interrupted,
}

/// Whether there is somebody who can be asked.
pub fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks a yes-or-no question; anything but a yes is a no.
pub fn ask(question: &str) -> Result<bool, Failure> {
    if !somebody_is_there() {
        return Err(Failure::refused(vec![
            Diagnostic::error("nobody can be asked: standard input is no terminal")
                .remedy("look at `rappel plan` first, then apply with --yes"),
        ]));
    }
    let mut err = std::io::stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
