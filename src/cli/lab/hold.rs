//! `rappel lab hold`: the process that keeps a lab of twins up until somebody ends it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use super::about::About;
use super::stand::stand;
use crate::lab::{LabError, Seat, Spec};

/// Between two looks whether the lab is still there.
const GLANCE: Duration = Duration::from_millis(500);

/// What a holder is told.
#[derive(Serialize, Deserialize)]
pub struct Task {
    /// The name of the lab.
    pub name: String,
    /// What it is made of.
    pub spec: Spec,
    /// What is to be remembered.
    pub about: About,
}

/// Starts a holder and waits until its lab is up.
///
/// # Errors
/// Why there is no lab.
pub fn start(task: &Task) -> Result<(), LabError> {
    let io = |what: &str| {
        let what = what.to_owned();
        move |source| LabError::Io { what, source }
    };
    let program = std::env::current_exe().map_err(io("cannot find this program"))?;
    // Out of the way of this terminal's signals and of this directory.
    let mut holder = Command::new("setsid")
        .arg(program)
        .args(["lab", "hold"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Whoever collects what this command prints must not wait for the lab's end.
        .stderr(Stdio::null())
        .spawn()
        .map_err(io("cannot run setsid"))?;
    let text = serde_json::to_vec(task)
        .map_err(|error| LabError::Spec(format!("the lab cannot be written down: {error}")))?;
    let told = holder.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(&text));
    let mut said = String::new();
    if let Some(pipe) = holder.stdout.take() {
        BufReader::new(pipe).read_line(&mut said).map_err(io("the lab's holder broke off"))?;
    }
    match serde_json::from_str::<Result<(), String>>(&said) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why)) => Err(LabError::Daemon(why)),
        Err(_) => {
            told.map_err(io("cannot tell the lab's holder what to do"))?;
            Err(LabError::Ended(" before it was up".to_owned()))
        }
    }
}

fn say(result: &Result<(), String>) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(result)?)?;
    out.flush()
}

/// Runs the holder: what to do comes on standard input; whether the lab is up, or why not,
/// goes to standard output as one line.
pub fn run() -> ExitCode {
    let mut text = String::new();
    let task: Option<Task> = match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => serde_json::from_str(&text).ok(),
        Err(_) => None,
    };
    let Some(task) = task else { return ExitCode::FAILURE };
    match hold(&task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever waits for it may be gone.
            let _ = say(&Err(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn hold(task: &Task) -> Result<(), LabError> {
    let io = |source| LabError::Io { what: "cannot hold the lab".to_owned(), source };
    let seat = Seat::named(&task.name)?;
    let program = std::env::current_exe().map_err(io)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
    // Heeded from now on: whoever ends the lab while it comes up ends it whole.
    let (mut terminated, mut hung_up) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate()).map_err(io)?, signal(SignalKind::hangup()).map_err(io)?)
    };
    let (lab, listener) = stand(&program, &task.spec, &task.about.names)?;
    let about = serde_json::to_value(&task.about)
        .map_err(|error| LabError::Spec(format!("the lab cannot be written down: {error}")))?;
    seat.take(&lab, &listener, about)?;
    if say(&Ok(())).is_err() {
        // Nobody waits for it any more.
        seat.leave();
        return Ok(());
    }
    runtime.block_on(async {
        loop {
            tokio::select! {
                _ = terminated.recv() => return,
                _ = hung_up.recv() => return,
                () = tokio::time::sleep(GLANCE) => {
                    if lab.has_ended() {
                        return;
                    }
                }
            }
        }
    });
    drop(lab);
    seat.leave();
    Ok(())
}
