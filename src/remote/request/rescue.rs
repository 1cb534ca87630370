//! What a rescue system is sent.

use super::{File, Lines, RequestError, file_line, fit, pack};
use crate::remote::scripts::RESCUE_PAYLOAD;

/// What is to be done in a rescue system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Find root file systems; nothing is written.
    Look,
    /// Say what a restore would change; nothing is written.
    Show,
    /// Restore, and read back.
    Restore,
    /// Mount the root for a person.
    Open,
    /// Unmount it again.
    Close,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Show => "show",
            Self::Restore => "restore",
            Self::Open => "open",
            Self::Close => "close",
        }
    }
}

/// What the files are to become.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Target {
    /// As before an open change; else as the last generation left them.
    #[default]
    Last,
    /// As that generation left them; 0 is the host before rappel.
    Generation(u32),
    /// As rendered from the inventory.
    Rendered(Vec<File>),
}

/// A request to a rescue system.
#[derive(Debug, Clone)]
pub struct Rescue<'a> {
    /// What to do.
    pub verb: Verb,
    /// The device of the root; for `Look`, the only one to look at.
    pub root: Option<&'a str>,
    /// What the files are to become.
    pub target: &'a Target,
    /// The run's id.
    pub run: &'a str,
    /// Who asks, for the host's log.
    pub who: &'a str,
}

impl Rescue<'_> {
    /// The request's bytes: lines, a dot, the archive.
    ///
    /// # Errors
    /// A value that the scripts cannot carry.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        let mut lines = Lines::new("rescue");
        lines.add("verb", self.verb.word())?;
        lines.add("run", self.run)?;
        lines.add("who", self.who)?;
        if let Some(root) = self.root {
            fit::device(root)?;
            lines.add("root", root)?;
        }
        let (to, files): (String, &[File]) = match self.target {
            Target::Last => ("last".to_owned(), &[]),
            Target::Generation(number) => (number.to_string(), &[]),
            Target::Rendered(files) => ("rendered".to_owned(), files),
        };
        lines.add("to", &to)?;
        let reason = match self.target {
            Target::Last => format!("rescued by {}", self.who),
            Target::Generation(number) => {
                format!("rescued by {}: files of generation {number}", self.who)
            }
            Target::Rendered(_) => format!("rescued by {}: files of the inventory", self.who),
        };
        lines.add("reason", &reason)?;
        for file in files {
            fit::file(file)?;
            lines.add("file", &file_line(file))?;
        }
        let mut bytes = lines.done();
        bytes.extend(archive(files)?);
        Ok(bytes)
    }
}

fn archive(files: &[File]) -> Result<Vec<u8>, RequestError> {
    let mut archive = tar::Builder::new(Vec::new());
    for script in RESCUE_PAYLOAD {
        pack(&mut archive, &format!("scripts/{}", script.name), script.text.as_bytes())?;
    }
    for file in files.iter().filter(|file| file.kind != "remove") {
        pack(&mut archive, &format!("new{}", file.path), &file.content)?;
    }
    archive
        .into_inner()
        .map_err(|source| RequestError::Pack { path: "the archive".to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::{Rescue, Target, Verb};

    #[test]
    fn a_request_names_verb_root_and_target_and_brings_its_scripts() {
        let target = Target::Generation(3);
        let request = |root| Rescue {
            verb: Verb::Restore,
            root: Some(root),
            target: &target,
            run: "ab",
            who: "ada@laptop",
        };
        let bytes = request("/dev/vda1").encode().expect("encodes");
        let text = String::from_utf8_lossy(&bytes);
        for line in ["verb restore\n", "root /dev/vda1\n", "to 3\n", "scripts/boot.sh"] {
            assert!(text.contains(line), "{line}");
        }
        for device in ["vda1", "/dev/../etc", "/dev/a b", "/etc/passwd", "-a"] {
            assert!(request(device).encode().is_err(), "{device}");
        }
    }
}
