//! What a rescue remembers on the controller, so that it can be gone on with when the
//! controller died: above all, what the machine booted from before.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::provider::{Access, Task};
use crate::run::private::private_directory;

/// How far a rescue has come. Each stands for something that is done and was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Nothing was done to the machine yet.
    Begun,
    /// What it booted from is known; the boot setting may be changed from now on.
    Remembered,
    /// It is set to boot the rescue system.
    Set,
    /// It was told to restart into the rescue system.
    Resetting,
    /// The rescue system has let us in.
    Reached,
    /// The files are restored and were read back.
    Restored,
    /// The boot setting is as it was before.
    Unset,
    /// It was told to restart from its disk.
    Restarted,
}

/// The state of one host's rescue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The host.
    pub host: String,
    /// The provider and the machine there: another one is not gone on with.
    pub provider: String,
    /// The run that began it; what is restored on the host bears its number.
    pub run: String,
    /// How far it is.
    pub step: Step,
    /// What the machine booted from before.
    pub boot: Option<String>,
    /// The provider's task that is under way.
    pub task: Option<Task>,
    /// How to log in to the rescue system.
    pub access: Access,
    /// The root's device.
    pub root: Option<String>,
    /// The host's machine id, as it stands on its disk.
    pub machine_id: Option<String>,
    /// The paths that were restored.
    pub restored: Vec<String>,
}

/// The state and the file that it is kept in.
#[derive(Debug)]
pub struct Journal {
    /// The state.
    pub state: State,
    path: PathBuf,
    /// Whether it was there already.
    pub resumed: bool,
}

impl Journal {
    /// Opens the journal of a host, or begins one (which writes nothing yet).
    ///
    /// # Errors
    /// It is there and cannot be read, or is another machine's: in words.
    pub fn open(dir: &Path, host: &str, provider: &str, run: &str) -> Result<Self, String> {
        let path = file(dir, host);
        let state = match fs::read_to_string(&path) {
            Ok(text) => Some(
                serde_json::from_str::<State>(&text)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?,
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        if let Some(state) = &state
            && (state.host != host || state.provider != provider)
        {
            return Err(format!(
                "{} belongs to a rescue of {} through {}, not of {host} through {provider}",
                path.display(),
                state.host,
                state.provider
            ));
        }
        let resumed = state.is_some();
        let state = state.unwrap_or_else(|| State {
            host: host.to_owned(),
            provider: provider.to_owned(),
            run: run.to_owned(),
            step: Step::Begun,
            boot: None,
            task: None,
            access: Access::default(),
            root: None,
            machine_id: None,
            restored: Vec::new(),
        });
        Ok(Self { state, path, resumed })
    }

    /// Notes a step, durably.
    ///
    /// # Errors
    /// The file cannot be written: then nothing further may be done to the machine.
    pub fn at(&mut self, step: Step) -> io::Result<()> {
        self.state.step = step;
        self.save()
    }

    /// Writes the state: aside, synced, renamed, readable for this account alone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or_else(|| Path::new("."));
        private_directory(dir)?;
        let aside = self.path.with_extension("new");
        let mut text = serde_json::to_string_pretty(&self.state)?;
        text.push('\n');
        let mut file = private_file(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        fs::File::open(dir)?.sync_all()
    }

    /// The file of host keys that count for this rescue alone.
    pub fn known_hosts(&self) -> PathBuf {
        self.path.with_extension("known_hosts")
    }

    /// The rescue is over: nothing of it is kept.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn close(&self) -> io::Result<()> {
        for path in [&self.known_hosts(), &self.path] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// One file a host; what a file name cannot hold is written as its number.
fn file(dir: &Path, host: &str) -> PathBuf {
    let mut name = String::new();
    for byte in host.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            other => name.push_str(&format!("%{other:02x}")),
        }
    }
    dir.join(format!("{name}.json"))
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{Journal, Step, file};

    #[test]
    fn what_is_noted_is_there_again_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("rappel");
        let mut journal = Journal::open(&below, "web/1", "ovh x", "ab").unwrap();
        assert!(!journal.resumed && !below.exists());
        journal.state.boot = Some("1".to_owned());
        journal.at(Step::Remembered).unwrap();
        let path = below.join("web%2f1.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&below).unwrap().permissions().mode() & 0o777, 0o700);
        let again = Journal::open(&below, "web/1", "ovh x", "cd").unwrap();
        assert!(again.resumed);
        assert_eq!(again.state, journal.state);
        assert!(Journal::open(&below, "web/1", "ovh y", "cd").is_err());
        again.close().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_damaged_file_is_no_fresh_start() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(file(dir.path(), "a"), "{").unwrap();
        assert!(Journal::open(dir.path(), "a", "p", "r").is_err());
    }
}
