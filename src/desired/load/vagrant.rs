//! The machines of a Vagrantfile, as Vagrant tells how they are reached.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::program::node;
use crate::desired::inventory::Printed;
use crate::diagnostic::Diagnostic;

mod machines;

use machines::{States, states, vars};

/// It takes seconds to start and asks the provider, which may be at other work. One that
/// hangs is not waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much of what Vagrant complains about is shown.
const SHOWN: usize = 600;

/// The machines of `vagrant:DIRECTORY`. Those that run are in the group `vagrant`; those
/// that do not are known, too, so that nobody connects to their addresses elsewhere.
///
/// # Errors
/// Vagrant is missing, fails or hangs, or no machine runs.
pub(super) fn inventory(directory: &str) -> Result<Printed, Box<Diagnostic>> {
    let directory = PathBuf::from(if directory.is_empty() { "." } else { directory });
    let vagrant = Vagrant { directory, program: "vagrant".into(), patience: PATIENCE };
    vagrant.inventory()
}

/// Vagrant in one directory.
struct Vagrant {
    directory: PathBuf,
    program: PathBuf,
    patience: Duration,
}

/// What a command of Vagrant's came to.
struct Answer {
    status: ExitStatus,
    said: String,
    complaint: String,
}

impl Vagrant {
    fn inventory(&self) -> Result<Printed, Box<Diagnostic>> {
        if !self.directory.is_dir() {
            let message = format!("there is no directory `{}`", self.directory.display());
            let remedy = "`vagrant:DIR` names the directory of a Vagrantfile";
            return Err(Diagnostic::error(message).remedy(remedy).into());
        }
        let (said, absent) = self.config()?;
        let dotfiles = self.dotfiles();
        let running = vars(&said, &dotfiles, |name| identity(&dotfiles, name));
        if running.is_empty() {
            let message = format!("`{}` names no machine", self.shown(&["ssh-config"]));
            return Err(Diagnostic::error(message).remedy(self.by_hand()).into());
        }
        let list = listed(&running, &absent);
        Ok(Printed { list: node(&list, &self.shown(&["ssh-config"]))?, hosts: Vec::new() })
    }

    /// What it says of the machines that run, and the others with their states. One machine
    /// that does not run makes the command fail for all, so it is asked for the others.
    fn config(&self) -> Result<(String, States), Box<Diagnostic>> {
        let first = self.ask(&["ssh-config"])?;
        if first.status.success() {
            return Ok((first.said, States::new()));
        }
        let status = self.ask(&["status", "--machine-readable"])?;
        if !status.status.success() {
            return Err(self.failed(&["ssh-config"], &first));
        }
        let (running, absent): (States, States) =
            states(&status.said).into_iter().partition(|(_, state)| state == "running");
        if running.is_empty() {
            return Err(self.none_runs(&absent));
        }
        let mut words = vec!["ssh-config"];
        words.extend(running.iter().map(|(name, _)| name.as_str()));
        let second = self.ask(&words)?;
        match second.status.success() {
            true => Ok((second.said, absent)),
            false => Err(self.failed(&words, &second)),
        }
    }

    fn ask(&self, words: &[&str]) -> Result<Answer, Box<Diagnostic>> {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .current_dir(&self.directory)
            // It would lead to another Vagrantfile than the one that was named.
            .env_remove("VAGRANT_CWD")
            .env("VAGRANT_CHECKPOINT_DISABLE", "1")
            .env("VAGRANT_NO_COLOR", "1");
        answer(command, self.patience).map_err(|error| self.unheard(words, &error))
    }

    fn unheard(&self, words: &[&str], error: &io::Error) -> Box<Diagnostic> {
        let shown = self.shown(words);
        let diagnostic = match error.kind() {
            io::ErrorKind::NotFound => {
                Diagnostic::error("`vagrant:` asks Vagrant, and there is no `vagrant` in PATH")
                    .remedy("install Vagrant, or name another inventory")
            }
            io::ErrorKind::TimedOut => {
                let seconds = self.patience.as_secs();
                Diagnostic::error(format!("`{shown}` has not ended within {seconds} s")).remedy(
                    format!(
                        "{}; its provider may hang, or another vagrant is at work",
                        self.by_hand()
                    ),
                )
            }
            _ => Diagnostic::error(format!("cannot run `{shown}`: {error}"))
                .remedy("check that it may be run"),
        };
        diagnostic.into()
    }

    fn failed(&self, words: &[&str], answer: &Answer) -> Box<Diagnostic> {
        let message = format!("`{}` failed: {}", self.shown(words), answer.status);
        let diagnostic = Diagnostic::error(message).remedy(self.by_hand());
        match plain(&answer.complaint) {
            complaint if complaint.is_empty() => diagnostic.into(),
            complaint => diagnostic.because(format!("it says: {complaint}")).into(),
        }
    }

    fn none_runs(&self, absent: &[(String, String)]) -> Box<Diagnostic> {
        let directory = self.directory.display();
        let message = format!("no machine of the Vagrantfile in `{directory}` runs");
        let each: Vec<String> =
            absent.iter().map(|(name, state)| format!("{name}: {state}")).collect();
        Diagnostic::error(message)
            .because(each.join(", "))
            .remedy(format!("run `vagrant up` in `{directory}`"))
            .into()
    }

    fn shown(&self, words: &[&str]) -> String {
        format!("vagrant {}, in {}", words.join(" "), self.directory.display())
    }

    fn by_hand(&self) -> String {
        format!("run it by hand in `{}`", self.directory.display())
    }

    /// Where Vagrant keeps what it knows of the machines: beside the Vagrantfile, which may
    /// stand further up.
    fn dotfiles(&self) -> PathBuf {
        let start = std::path::absolute(&self.directory).unwrap_or(self.directory.clone());
        let has = |path: &&Path| path.join("Vagrantfile").exists();
        let root = start.ancestors().find(has).unwrap_or(&start);
        let named = std::env::var_os("VAGRANT_DOTFILE_PATH").filter(|path| !path.is_empty());
        root.join(named.unwrap_or_else(|| ".vagrant".into()))
    }
}

/// The list as an inventory program would print it. Whoever makes a box gives its user
/// `sudo` without a password: Vagrant itself needs it.
fn listed(running: &Map<String, Value>, absent: &[(String, String)]) -> Value {
    let mut hosts = running.clone();
    for (name, state) in absent {
        hosts.insert(name.clone(), json!({ "ansible_connection": format!("vagrant:{state}") }));
    }
    let names: Vec<&String> = running.keys().collect();
    let others: Vec<&String> = absent.iter().map(|(name, _)| name).collect();
    json!({
        "vagrant": { "hosts": names, "vars": { "ansible_become": true } },
        "vagrant_not_running": { "hosts": others },
        "_meta": { "hostvars": hosts },
    })
}

/// What the provider calls a machine: another one after it was destroyed and made anew.
fn identity(dotfiles: &Path, machine: &str) -> Option<String> {
    let providers = std::fs::read_dir(dotfiles.join("machines").join(machine)).ok()?;
    let mut found: Vec<String> = providers
        .filter_map(|provider| std::fs::read_to_string(provider.ok()?.path().join("id")).ok())
        .collect();
    found.sort();
    let id: String = found.concat();
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    (!id.is_empty()).then_some(id)
}

/// Words of another program, on one line.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// Runs a command to its end, or for as long as there is patience.
fn answer(mut command: Command, patience: Duration) -> io::Result<Answer> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What it starts itself is to end with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let said = listen(child.stdout.take());
    let complaint = listen(child.stderr.take());
    let end = Instant::now() + patience;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > end {
            stop(&mut child);
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(20));
    };
    let rest = || end.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let heard = |from: Receiver<Vec<u8>>| {
        let bytes = from.recv_timeout(rest()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ok(Answer { status, said: heard(said), complaint: heard(complaint) })
}

/// Everything that comes out of a pipe, once it has ended.
fn listen(from: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (tell, heard) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _all_there_is = from.read_to_end(&mut bytes);
        }
        let _nobody_waits = tell.send(bytes);
    });
    heard
}

fn stop(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _gone = child.kill();
    let _gone = child.wait();
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{Vagrant, identity};

    fn vagrant(script: &str) -> (tempfile::TempDir, Vagrant) {
        let home = tempfile::tempdir().unwrap();
        let program = home.path().join("vagrant");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let directory = home.path().to_owned();
        (home, Vagrant { directory, program, patience: Duration::from_secs(60) })
    }

    #[test]
    fn one_that_hangs_ends_with_what_it_has_started() {
        let (home, mut vagrant) = vagrant("sleep 600 & echo $! >child; wait");
        vagrant.patience = Duration::from_secs(2);
        let begun = Instant::now();
        let mistake = vagrant.inventory().err().unwrap();
        assert!(mistake.message.contains("has not ended within 2 s"), "{}", mistake.message);
        assert!(begun.elapsed() < Duration::from_secs(300));
        let child = std::fs::read_to_string(home.path().join("child")).unwrap();
        let gone = || {
            let state = Command::new("ps").args(["-o", "stat=", "-p", child.trim()]).output();
            let state = String::from_utf8(state.unwrap().stdout).unwrap();
            state.trim().is_empty() || state.starts_with('Z')
        };
        let end = Instant::now() + Duration::from_secs(30);
        while !gone() {
            assert!(Instant::now() < end, "{child} lives");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn what_the_provider_calls_a_machine_is_found() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(identity(home.path(), "hv1"), None);
        let provider = home.path().join("machines/hv1/libvirt");
        std::fs::create_dir_all(&provider).unwrap();
        assert_eq!(identity(home.path(), "hv1"), None);
        std::fs::write(provider.join("id"), "5eb6-3bbb\n").unwrap();
        assert_eq!(identity(home.path(), "hv1").as_deref(), Some("5eb6-3bbb"));
    }
}
