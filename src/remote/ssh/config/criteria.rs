//! The conditions of `Match`.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::line::delimited;
use super::pattern::listed;

/// A command that takes longer hangs, and with it the whole fleet.
const PATIENCE: Duration = Duration::from_secs(10);

/// What conditions are about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The host's name after `HostName` as far as it is known.
    pub host: &'a str,
    /// Its name as given.
    pub original: &'a str,
    /// The account.
    pub user: &'a str,
    /// Who runs the program.
    pub local_user: &'a str,
    /// Whether this is the last pass.
    pub is_final: bool,
}

/// What came of the conditions of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matched {
    /// Whether its block applies.
    pub matches: bool,
    /// Whether it asks for another pass.
    pub wants_final: bool,
}

/// Evaluates the conditions behind a `Match`. Commands are run only where everything
/// before them matches.
///
/// # Errors
/// A condition that is not known or has no value.
pub(super) fn evaluate(
    text: &str,
    subject: &Subject<'_>,
    run: &mut dyn FnMut(&str) -> Result<bool, String>,
) -> Result<Matched, String> {
    let mut result = Matched { matches: true, wants_final: false };
    let mut rest = text;
    let (mut count, mut others) = (0, 0);
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, behind) = next(rest)?;
        rest = behind;
        let negated = word.starts_with('!');
        let name = word.trim_start_matches('!').to_lowercase();
        count += 1;
        let holds = match name.as_str() {
            "all" => {
                if others > 0 || !(rest.is_empty() || rest.starts_with('#')) {
                    return Err("`all` stands alone, or behind `final`".to_owned());
                }
                true
            }
            "final" | "canonical" => {
                result.wants_final |= name == "final";
                subject.is_final
            }
            _ => {
                others += 1;
                let (value, behind) = next(rest)?;
                if value.is_empty() || value.starts_with('#') {
                    return Err(format!("`{name}` of `Match` has no value"));
                }
                rest = behind;
                condition(&name, &value, subject, result.matches, run)?
            }
        };
        result.matches &= holds != negated;
    }
    if count == 0 {
        return Err("`Match` has no condition".to_owned());
    }
    Ok(result)
}

fn next(text: &str) -> Result<(String, &str), String> {
    delimited(text).ok_or_else(|| "a quote is not closed".to_owned())
}

fn condition(
    name: &str,
    value: &str,
    subject: &Subject<'_>,
    so_far: bool,
    run: &mut dyn FnMut(&str) -> Result<bool, String>,
) -> Result<bool, String> {
    // Names of hosts have no case, those of users do.
    let host = |host: &str| listed(&value.to_lowercase(), &host.to_lowercase());
    match name {
        "host" => Ok(host(subject.host)),
        "originalhost" => Ok(host(subject.original)),
        "user" => Ok(listed(value, subject.user)),
        "localuser" => Ok(listed(value, subject.local_user)),
        "sessiontype" => Ok(listed(&value.to_lowercase(), "exec")),
        "exec" if so_far => run(value),
        "exec" => Ok(false),
        "localnetwork" | "tagged" | "version" | "command" => {
            Err(format!("`{name}` of `Match` is not supported"))
        }
        _ => Err(format!("`{name}` is not a condition of `Match`")),
    }
}

/// The commands that were run so far and what came of them: one that does not name the
/// host is run once for the whole fleet.
#[derive(Debug, Clone, Default)]
pub(super) struct Commands(Arc<Mutex<HashMap<String, bool>>>);

impl Commands {
    /// Whether a command ends well, in the user's shell and without a terminal.
    ///
    /// # Errors
    /// It cannot be run, or does not end.
    pub fn succeeds(&self, command: &str) -> Result<bool, String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(command).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let success = execute(command)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(command.to_owned(), success);
        Ok(success)
    }
}

fn execute(command: &str) -> Result<bool, String> {
    let shell = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
    let shell = shell.unwrap_or_else(|| "/bin/sh".to_owned());
    let mut child = Command::new(&shell)
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run `{command}` with {shell}: {error}"))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if Instant::now() < until => sleep(Duration::from_millis(5)),
            _ => {
                let _gone = child.kill();
                let _reaped = child.wait();
                return Err(format!("`{command}` did not end within {} s", PATIENCE.as_secs()));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::{Commands, Matched, Subject, evaluate};

    fn matched(text: &str, is_final: bool) -> Result<Matched, String> {
        let subject = Subject {
            host: "web1.example.net",
            original: "web1",
            user: "root",
            local_user: "ada",
            is_final,
        };
        evaluate(text, &subject, &mut |command| Ok(command == "true"))
    }

    fn holds(text: &str) -> bool {
        matched(text, false).unwrap().matches
    }

    #[test]
    fn conditions_all_have_to_hold() {
        assert!(holds("all"));
        assert!(holds("host *.example.net,!web2*"));
        assert!(holds("HOST WEB1.*"));
        assert!(holds("originalhost=web1 user root,admin"));
        assert!(!holds("originalhost web1 user ada"));
        assert!(holds("localuser ada !user ada # why"));
        assert!(holds("exec true"));
        assert!(!holds("exec \"true false\""));
        assert!(holds("!exec false"));
    }

    #[test]
    fn a_command_is_not_run_where_it_cannot_matter() {
        let subject =
            Subject { host: "a", original: "a", user: "u", local_user: "u", is_final: false };
        let mut ran = 0;
        let mut run = |_: &str| {
            ran += 1;
            Ok(true)
        };
        assert!(!evaluate("host b exec x", &subject, &mut run).unwrap().matches);
        assert!(!evaluate("host b !exec x", &subject, &mut run).unwrap().matches);
        assert_eq!(ran, 0);
    }

    #[test]
    fn final_asks_for_another_pass() {
        assert_eq!(matched("final", false), Ok(Matched { matches: false, wants_final: true }));
        assert_eq!(matched("final all", true), Ok(Matched { matches: true, wants_final: true }));
        assert!(matched("!final", false).unwrap().matches);
    }

    #[test]
    fn what_is_no_condition_is_named() {
        for text in ["", "host", "wibble a", "all host a", "host a all", "localnetwork 10.0.0.0/8"]
        {
            assert!(matched(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn commands_are_run_once() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("runs");
        let command = format!("echo x >> '{}'", file.display());
        let commands = Commands::default();
        assert!(commands.succeeds(&command).unwrap() && commands.succeeds(&command).unwrap());
        assert!(!commands.succeeds("exit 3").unwrap());
        assert_eq!(std::fs::read_to_string(file).unwrap(), "x\n");
    }
}
