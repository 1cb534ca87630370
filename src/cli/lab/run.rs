//! `rappel lab run`: a command inside a ready-made lab, and orders to that lab.

use std::ffi::OsString;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::Arc;

use std::os::unix::process::ExitStatusExt;

use tokio::signal::unix::{SignalKind, signal};

use crate::lab::{Lab, LabError, Listener, ask, topology};

/// The variable that names a lab's control socket to the commands inside.
const SOCKET: &str = "RAPPEL_LAB_SOCKET";

/// The exit code when the lab itself fails; the command's own code otherwise.
const FAILED: u8 = 125;

/// `rappel lab run TOPOLOGY -- COMMAND…`: brings a lab up, runs the command at its
/// controller's place, ends the lab and returns the command's code (128 + N when it was
/// killed by signal N, 125 when the lab failed).
pub fn run(topology: &str, argv: &[OsString]) -> ExitCode {
    let result = bring_up(topology).and_then(|lab| {
        let code = inside(&lab, argv);
        drop(lab);
        code
    });
    result.unwrap_or_else(|error| complain(&error))
}

/// `rappel lab exec|gateway|power-cut|power-on|reboot|link|wait-ssh|flush-neighbours …`:
/// an order to the lab that this command runs in.
pub fn order(words: &[OsString]) -> ExitCode {
    let Some(socket) = std::env::var_os(SOCKET) else {
        return complain(&LabError::Spec(format!(
            "{SOCKET} is not set: this works inside `rappel lab run`"
        )));
    };
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let result = ask(Path::new(&socket), &words).and_then(|entry| match entry {
        None => Ok(ExitCode::SUCCESS),
        Some(mut command) => command
            .status()
            .map(code_of)
            .map_err(|source| LabError::Io { what: "cannot enter the host".to_owned(), source }),
    });
    result.unwrap_or_else(|error| complain(&error))
}

fn bring_up(name: &str) -> Result<Arc<Lab>, LabError> {
    let spec = topology::by_name(name).ok_or_else(|| {
        LabError::Spec(format!(
            "no topology named '{name}': there are {}",
            topology::NAMES.join(", ")
        ))
    })?;
    let program = std::env::current_exe()
        .map_err(|source| LabError::Io { what: "cannot find this program".to_owned(), source })?;
    Lab::up(&program, &spec).map(Arc::new)
}

/// Runs the command. A lab that is still used by a request ends with this process.
fn inside(lab: &Arc<Lab>, argv: &[OsString]) -> Result<ExitCode, LabError> {
    let listener = Listener::open(lab)?;
    let mut command = lab.controller(argv)?;
    command
        .env("RAPPEL_LAB_KEY", lab.key())
        .env("RAPPEL_LAB_KNOWN_HOSTS", lab.known_hosts())
        .env("RAPPEL_LAB_DIR", lab.dir())
        .env(SOCKET, listener.path());
    let io = |source| LabError::Io { what: "cannot run the command".to_owned(), source };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(wait(command)))
        .map_err(io)
}

/// Waits for the command. Ctrl-C reaches it by the terminal, and what becomes of that is
/// its affair; when this process is told to end, the lab ends and the command with it.
fn wait(command: Command) -> impl Future<Output = std::io::Result<ExitCode>> {
    let mut command = tokio::process::Command::from(command);
    async move {
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut quits = signal(SignalKind::quit())?;
        let mut terminations = signal(SignalKind::terminate())?;
        let mut hangups = signal(SignalKind::hangup())?;
        let mut child = command.spawn()?;
        loop {
            tokio::select! {
                status = child.wait() => return status.map(code_of),
                _ = terminations.recv() => return Ok(ExitCode::from(143)),
                _ = hangups.recv() => return Ok(ExitCode::from(129)),
                _ = interrupts.recv() => {}
                _ = quits.recv() => {}
            }
        }
    }
}

pub(super) fn code_of(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn complain(error: &LabError) -> ExitCode {
    // Nothing can be done when standard error is closed.
    let _ = writeln!(std::io::stderr(), "rappel lab: {error}");
    ExitCode::from(FAILED)
}
