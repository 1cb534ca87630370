//! Labs that stand until somebody ends them: where they are, and what is left of dead ones.
//!
//! A holder process keeps such a lab. Whoever wants to use it finds it by a file below
//! `/run`, which names the holder beyond doubt: by its pid and by when it started. What the
//! file of a dead holder names is removed by whoever finds it.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::cgroup;
use super::client::Lab;
use super::command::run;
use super::error::LabError;
use super::socket::Listener;

/// Only root can enter it, and it is empty after a restart of the machine.
const DIRECTORY: &str = "/run/rappel";

/// How long a holder may take to end its lab.
const FAREWELL: Duration = Duration::from_secs(30);

/// A lab that somebody holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    /// The lab's name among all labs of the machine, which also names its holder.
    pub id: String,
    /// The lab's own directory.
    pub dir: PathBuf,
    /// The control socket.
    pub socket: PathBuf,
    /// The private key that opens the hosts.
    pub key: PathBuf,
    /// The hosts' keys.
    pub known_hosts: PathBuf,
    /// The process that the lab's namespaces hang on, and when it started.
    daemon: (u32, u64),
    /// What whoever made the lab wants to know of it later.
    pub about: serde_json::Value,
}

/// The file of a standing lab, by the lab's name for its user.
#[derive(Debug, Clone)]
pub struct Seat {
    directory: PathBuf,
}

impl Seat {
    /// The place of the lab of that name.
    ///
    /// # Errors
    /// A name that is no name of a directory.
    pub fn named(name: &str) -> Result<Self, LabError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
            return Err(LabError::Spec(format!("'{name}' cannot be the name of a lab")));
        }
        Ok(Self { directory: Path::new(DIRECTORY).join(format!("lab-{name}")) })
    }

    fn file(&self) -> PathBuf {
        self.directory.join("state.json")
    }

    /// The lab that stands there. What a dead one has left is removed, and `swept` called.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn find(&self, swept: impl FnOnce()) -> Result<Option<Standing>, LabError> {
        let text = match fs::read_to_string(self.file()) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LabError::io("cannot read the lab's state")(error)),
        };
        let standing: Standing = serde_json::from_str(&text).map_err(|error| {
            LabError::Spec(format!("{} is damaged: {error}", self.file().display()))
        })?;
        let (daemon, since) = standing.daemon;
        let whole = cgroup::owner(&standing.id).is_some() && cgroup::is_process(daemon, since);
        if whole {
            return Ok(Some(standing));
        }
        self.clear_after(&standing)?;
        swept();
        Ok(None)
    }

    /// Keeps a lab here, for others to find.
    ///
    /// # Errors
    /// The operating system's refusal.
    pub fn take(
        &self,
        lab: &Lab,
        listener: &Listener,
        about: serde_json::Value,
    ) -> Result<(), LabError> {
        let standing = Standing {
            id: lab.id().to_owned(),
            dir: lab.dir().to_owned(),
            socket: listener.path().to_owned(),
            key: lab.key(),
            known_hosts: lab.known_hosts(),
            daemon: (lab.pid(), cgroup::started(lab.pid()).unwrap_or(0)),
            about,
        };
        let text = serde_json::to_string(&standing)
            .map_err(|error| LabError::Spec(format!("the state of the lab: {error}")))?;
        let mut private = DirBuilder::new();
        private.mode(0o700).recursive(true);
        let aside = self.directory.join("state.json.new");
        private
            .create(&self.directory)
            .and_then(|()| fs::write(&aside, text))
            .and_then(|()| fs::rename(&aside, self.file()))
            .map_err(LabError::io(format!("cannot write {}", self.file().display())))
    }

    /// Gives the place up.
    pub fn leave(&self) {
        let _ = fs::remove_dir_all(&self.directory);
    }

    /// Ends the lab that stands here, whatever its holder is doing, and waits for that.
    ///
    /// # Errors
    /// Something of it that does not go away.
    pub fn end(&self, standing: &Standing) -> Result<(), LabError> {
        let end = Instant::now() + FAREWELL;
        let mut told = false;
        while let Some(holder) = cgroup::owner(&standing.id) {
            let signal = if Instant::now() < end { "-TERM" } else { "-KILL" };
            if !told || signal == "-KILL" {
                let _ = run(&["kill", signal, &holder.to_string()]);
                told = true;
            }
            sleep(Duration::from_millis(20));
        }
        self.clear_after(standing)
    }

    /// Removes what is left of a lab whose holder is gone. Its daemon ends by itself, unless
    /// somebody has stopped it.
    fn clear_after(&self, standing: &Standing) -> Result<(), LabError> {
        let (daemon, since) = standing.daemon;
        let end = Instant::now() + FAREWELL;
        // A holder without its daemon has nothing to hold.
        if let Some(holder) = cgroup::owner(&standing.id) {
            let _ = run(&["kill", "-KILL", &holder.to_string()]);
        }
        let mut patience = Instant::now() + Duration::from_secs(5);
        while cgroup::is_process(daemon, since) {
            if Instant::now() > patience {
                let _ = run(&["kill", "-KILL", &daemon.to_string()]);
                patience = end;
            }
            if Instant::now() > end {
                return Err(LabError::Ended(format!(
                    ", but its process {daemon} does not go away"
                )));
            }
            sleep(Duration::from_millis(20));
        }
        cgroup::kill(&standing.id, cgroup::CONTROLLER);
        cgroup::remove(&standing.id);
        if let Some(temporary) = standing.dir.parent() {
            cgroup::sweep(temporary);
        }
        self.leave();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Seat;

    #[test]
    fn a_name_stays_below_the_directory() {
        assert!(Seat::named("lab").is_ok());
        for name in ["", "..", "a/b", "a b"] {
            assert!(Seat::named(name).is_err(), "{name}");
        }
    }
}
