//! The control socket of a lab: how a script at the controller's place reaches its hosts.
//!
//! One connection carries one order and its answer, each a line of JSON. A command on a
//! host is not run here: the answer says how to enter, and the asking process does so
//! itself, with its own terminal and exit code.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::Lab;
use super::error::LabError;
use super::protocol::Fault;

/// What can be asked, for messages.
const ORDERS: &str = "exec HOST -- COMMAND…, gateway -- COMMAND…, power-cut HOST, \
                      power-on HOST, reboot HOST, link HOST NIC up|down, wait-ssh ADDRESS, \
                      flush-neighbours, controller -- COMMAND…, fault HOST FAULT, seal";

/// How long a script's `wait-ssh` waits.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
enum Told {
    Done,
    Enter(Entry),
    Refused(String),
    /// The lab leads out.
    WayOut(String),
}

#[derive(Serialize, Deserialize)]
struct Entry {
    argv: Vec<String>,
    environment: BTreeMap<String, String>,
    /// Whether the asking process's own environment goes along.
    keep: bool,
}

/// Serves the control socket of a lab while the process lives.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
}

impl Listener {
    /// Opens the socket in the lab's directory, which only root can enter.
    pub fn open(lab: &Arc<Lab>) -> Result<Self, LabError> {
        let path = lab.dir().join("control");
        let listener =
            UnixListener::bind(&path).map_err(LabError::io("cannot open the control socket"))?;
        // Holds no lab: a thread waiting here must not keep it from ending.
        let lab = Arc::downgrade(lab);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(lab) = lab.upgrade() else { return };
                thread::spawn(move || serve(&lab, stream));
            }
        });
        Ok(Self { path })
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn serve(lab: &Lab, stream: UnixStream) {
    let mut line = String::new();
    if BufReader::new(&stream).read_line(&mut line).is_err() {
        return;
    }
    let words: Vec<String> = serde_json::from_str(&line).unwrap_or_default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = obey(lab, &words).unwrap_or_else(|error| match error {
        LabError::WayOut(why) => Told::WayOut(why),
        other => Told::Refused(other.to_string()),
    });
    if let Ok(text) = serde_json::to_string(&told) {
        // Whoever asked may be gone.
        let _ = writeln!(&stream, "{text}");
    }
}

fn obey(lab: &Lab, words: &[&str]) -> Result<Told, LabError> {
    match words {
        ["exec", host, "--", argv @ ..] | ["exec", host, argv @ ..] if !argv.is_empty() => {
            return Ok(Told::Enter(entry(&lab.console(host, argv)?, false)));
        }
        ["controller", "--", argv @ ..] if !argv.is_empty() => {
            return Ok(Told::Enter(entry(&lab.controller(argv)?, true)));
        }
        ["fault", host, fault] => lab.fault(host, known_fault(fault)?)?,
        ["disk-error", host] => lab.disk_fails(host)?,
        ["seal"] => lab.sealed()?,
        ["gateway", "--", argv @ ..] | ["gateway", argv @ ..] if !argv.is_empty() => {
            let gateway = lab.spec().gateway.clone().unwrap_or_default();
            return Ok(Told::Enter(entry(&lab.console(&gateway, argv)?, false)));
        }
        ["power-cut", host] => lab.power_cut(host)?,
        ["power-on", host] => lab.power_on(host)?,
        ["reboot", host] => lab.reboot(host)?,
        ["link", host, nic, state @ ("up" | "down")] => lab.link(host, nic, *state == "up")?,
        ["flush-neighbours"] => lab.flush_neighbours()?,
        ["wait-ssh", address] => {
            let address = address
                .parse()
                .map_err(|_| LabError::Spec(format!("'{address}' is no IP address")))?;
            lab.wait_ssh(address, PATIENCE)?;
        }
        _ => {
            let asked = words.join(" ");
            return Err(LabError::Daemon(format!("a lab cannot do '{asked}': it knows {ORDERS}")));
        }
    }
    Ok(Told::Done)
}

/// A fault by the word that [`fault_word`] has for it.
fn known_fault(word: &str) -> Result<Fault, LabError> {
    serde_json::from_str(word).map_err(|_| LabError::Spec(format!("'{word}' is no fault")))
}

/// A fault as an order takes it.
pub fn fault_word(fault: Fault) -> String {
    serde_json::to_string(&fault).unwrap_or_default()
}

fn entry(command: &Command, keep: bool) -> Entry {
    let text = |word: &OsStr| word.to_string_lossy().into_owned();
    let mut argv = vec![text(command.get_program())];
    argv.extend(command.get_args().map(text));
    let environment =
        command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?)))).collect();
    Entry { argv, environment, keep }
}

/// Asks a lab by its control socket. `Some` is a command that the caller has to run in
/// order to be on the host.
pub fn ask(socket: &Path, words: &[String]) -> Result<Option<Command>, LabError> {
    let io = || LabError::io(format!("cannot reach the lab at {}", socket.display()));
    let mut stream = UnixStream::connect(socket).map_err(io())?;
    let line = serde_json::to_string(words).map_err(|e| LabError::Ended(format!(": {e}")))?;
    writeln!(stream, "{line}").map_err(io())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).map_err(io())?;
    match serde_json::from_str(&line) {
        Ok(Told::Done) => Ok(None),
        Ok(Told::Refused(why)) => Err(LabError::Daemon(why)),
        Ok(Told::WayOut(why)) => Err(LabError::WayOut(why)),
        Ok(Told::Enter(entry)) => {
            let mut argv = entry.argv.iter();
            let mut command = Command::new(argv.next().map_or("true", String::as_str));
            command.args(argv);
            match entry.keep {
                true => command.env_remove("SSH_AUTH_SOCK"),
                false => command.env_clear(),
            };
            command.envs(entry.environment);
            Ok(Some(command))
        }
        Err(_) => Err(LabError::Ended(" before it answered".to_owned())),
    }
}
