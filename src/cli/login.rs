//! How to log in and become root, as the arguments say; passwords are asked for once, before
//! anything is done.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::args::{BecomeMethod, Reach};
use super::failure::Failure;
use super::prompt;
use crate::desired::Become;
use crate::diagnostic::Diagnostic;
use crate::remote::ssh::Secret;
use crate::run::Login;

/// What the arguments say.
pub fn login(reach: &Reach) -> Result<Login, Failure> {
    let password = match (&reach.connection_password_file, reach.ask_pass) {
        (Some(file), _) => Some(from_file(file)?),
        (None, true) => Some(asked("--ask-pass", "SSH password: ")?),
        (None, false) => None,
    };
    let become_password = match (&reach.become_password_file, reach.ask_become_pass) {
        (Some(file), _) => Some(from_file(file)?),
        (None, true) => Some(for_root(password.as_ref())?),
        (None, false) => None,
    };
    let method = match reach.become_method {
        BecomeMethod::Sudo => Become::Sudo { password: None },
        BecomeMethod::Doas => Become::Doas,
    };
    Ok(Login {
        user: reach.user.clone(),
        private_key: reach.private_key.clone(),
        password,
        r#become: reach.r#become.then_some(method),
        become_password,
    })
}

/// The password for sudo; nothing means the one for SSH, as with Ansible.
fn for_root(ssh: Option<&Secret>) -> Result<Secret, Failure> {
    let hint = if ssh.is_some() { " (Enter for the SSH password)" } else { "" };
    let typed = asked("--ask-become-pass", &format!("BECOME password{hint}: "))?;
    Ok(match ssh {
        Some(ssh) if typed.reveal().is_empty() => ssh.clone(),
        _ => typed,
    })
}

fn asked(option: &str, question: &str) -> Result<Secret, Failure> {
    let remedy = "type it on a terminal, or give it on standard input, one line each";
    prompt::need(question, &format!("{option}: no password was given"), remedy)
}

/// A password from a file, or from what it prints if it is a program.
pub fn from_file(file: &Path) -> Result<Secret, Failure> {
    let shown = file.display();
    let fail = |reason: String| -> Failure {
        Diagnostic::error(format!("cannot take the password from `{shown}`: {reason}"))
            .remedy("name a file whose first line it is, or a program that prints it")
            .into()
    };
    let text = if is_program(file) {
        let program = if file.is_absolute() { file.to_owned() } else { Path::new(".").join(file) };
        let output = Command::new(program).stderr(std::process::Stdio::inherit()).output();
        let output = output.map_err(|error| fail(error.to_string()))?;
        if !output.status.success() {
            return Err(fail(format!("it ended with {}", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|_| fail("it is not UTF-8".to_owned()))?
    } else {
        fs::read_to_string(file).map_err(|error| fail(error.to_string()))?
    };
    let text = Secret::new(text);
    match text.reveal().lines().next().map(str::trim) {
        Some(first) if !first.is_empty() => Ok(Secret::new(first)),
        _ => Err(fail("there is nothing in it".to_owned())),
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(_: &Path) -> bool {
    false
}
