//! Running a program to its end and saying what it printed when it fails.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};

use super::error::LabError;

/// Runs a command line and gives its standard output.
pub(super) fn run(argv: &[&str]) -> Result<String, LabError> {
    feed(argv, b"")
}

/// Runs a command line with that standard input and gives its standard output.
pub(super) fn feed(argv: &[&str], input: &[u8]) -> Result<String, LabError> {
    let output = finish(command(argv), input)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(&argv.join(" "), &output))
}

/// A command from its words; the first is the program.
pub(super) fn command(argv: &[&str]) -> Command {
    let mut words = argv.iter();
    let mut command = Command::new(words.next().copied().unwrap_or("true"));
    command.args(words);
    command
}

/// Runs a command with that standard input and gives all that it printed.
pub(super) fn finish(mut command: Command, input: &[u8]) -> Result<Output, LabError> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => LabError::Missing(name.clone()),
        _ => LabError::Io { what: name.clone(), source: error },
    })?;
    // Written beside the reading: both pipes may be smaller than what goes through them.
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // A program need not read its input; its exit status tells.
                let _ = stdin.write_all(input);
            }
        });
        child.wait_with_output()
    })
    .map_err(LabError::io(name))
}

/// The error for a command that ended badly.
pub(super) fn failed(command: &str, output: &Output) -> LabError {
    let mut printed = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if printed.is_empty() {
        printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    }
    LabError::Command {
        command: command.to_owned(),
        output: format!("{} {printed}", output.status),
    }
}

#[cfg(test)]
mod tests {
    use super::{feed, run};
    use crate::lab::LabError;

    #[test]
    fn output_comes_back_and_input_goes_in() {
        let big = vec![b'x'; 300_000];
        assert_eq!(feed(&["cat"], &big).map(|text| text.len()).ok(), Some(300_000));
    }

    #[test]
    fn a_failure_tells_what_was_printed() {
        let error = run(&["sh", "-c", "echo no such wire >&2; exit 3"]).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("no such wire") && text.contains('3'), "{text}");
    }

    #[test]
    fn a_missing_program_names_the_remedy() {
        assert!(matches!(run(&["no-such-program-here"]), Err(LabError::Missing(_))));
    }
}
