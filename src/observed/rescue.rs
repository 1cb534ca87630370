//! What a rescue system says of a host's disks, and of what a restore would change.

use std::collections::BTreeMap;

use super::files::{FileState, parse};
use crate::remote::wire::{Reply, WireError, garbage};

/// A root file system that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its device.
    pub device: String,
    /// As in `ext4`.
    pub filesystem: String,
    /// What the device is: `partition`, `lvm`, `raid`, `degraded raid`…
    pub layout: String,
    /// The file system's UUID.
    pub uuid: String,
    /// The last generation that rappel keeps there, 0 for none.
    pub generation: u32,
    /// The state of an open transaction, `none` without; `unread` where a journal that is not
    /// replayed yet may hold one.
    pub transaction: String,
    /// Its machine id.
    pub machine_id: String,
    /// Its name.
    pub hostname: String,
    /// Its system, as in `Debian GNU/Linux 12 (bookworm)`.
    pub system: String,
}

impl Candidate {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').map(str::to_owned);
        let candidate = Self {
            device: fields.next()?,
            filesystem: fields.next()?,
            layout: fields.next()?,
            uuid: fields.next()?,
            generation: fields.next()?.parse().ok()?,
            transaction: fields.next()?,
            machine_id: fields.next()?,
            hostname: fields.next()?,
            system: fields.next()?,
        };
        fields.next().is_none().then_some(candidate)
    }

    /// Whether rappel has kept anything there, or may have: in a journal that nobody has
    /// replayed yet.
    pub fn has_state(&self) -> bool {
        let known = ["pending", "reverting", "unread"];
        self.generation > 0 || known.contains(&self.transaction.as_str())
    }
}

/// The disks of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disks {
    /// Root file systems.
    pub candidates: Vec<Candidate>,
    /// What may hide one: encryption, an array that does not assemble.
    pub obstacles: Vec<String>,
}

impl Disks {
    /// Reads a reply to `look`.
    ///
    /// # Errors
    /// A candidate that cannot be read.
    pub fn parse(reply: &Reply) -> Result<Self, WireError> {
        let candidates = reply.all("candidate");
        Ok(Self {
            candidates: candidates
                .map(|line| Candidate::parse(line).ok_or_else(|| garbage(line)))
                .collect::<Result<_, _>>()?,
            obstacles: reply.all("obstacle").map(str::to_owned).collect(),
        })
    }
}

/// A file that a restore would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// Its path.
    pub path: String,
    /// What stands there: `absent`, `file MODE UID GID SHA256`, `link TARGET`.
    pub now: String,
    /// What is to stand there.
    pub aim: String,
    /// Its content now, if it is text.
    pub before: Option<String>,
    /// Its content then, if it is text.
    pub after: Option<String>,
}

/// What a restore would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The root's machine id; empty if it has none.
    pub machine_id: String,
    /// The last generation.
    pub generation: u32,
    /// The generations that are kept.
    pub generations: Vec<u32>,
    /// The state of an open transaction, whose old files would come back.
    pub open: Option<String>,
    /// The generation that would be restored.
    pub target: Option<u32>,
    /// The files that would change.
    pub files: Vec<KeptFile>,
    /// Paths of which nothing is kept.
    pub unknown: Vec<String>,
}

impl Kept {
    /// Reads a reply to `show`.
    ///
    /// # Errors
    /// A record is missing or cannot be read.
    pub fn parse(reply: &Reply) -> Result<Self, WireError> {
        let number = |text: &str| text.parse::<u32>().map_err(|_| garbage(text));
        let now = parse(reply.all("now-files"), "now-files")?.files;
        let aim = parse(reply.all("aim-files"), "aim-files")?.files;
        let paths: Vec<&str> = reply.all("path").collect();
        let states: Vec<(&str, &str)> = reply.all("now").zip(reply.all("aim")).collect();
        if paths.len() != states.len() {
            return Err(WireError::Missing("aim"));
        }
        let files = paths.iter().zip(states).map(|(path, (was, will))| KeptFile {
            path: (*path).to_owned(),
            now: was.to_owned(),
            aim: will.to_owned(),
            before: text(&now, path),
            after: text(&aim, path),
        });
        Ok(Self {
            machine_id: reply.need("machine-id")?.to_owned(),
            generation: number(reply.need("generation")?)?,
            generations: reply
                .need("kept")?
                .split_whitespace()
                .map(number)
                .collect::<Result<_, _>>()?,
            open: reply.first("open").filter(|open| !open.is_empty()).map(str::to_owned),
            target: reply.first("target").map(number).transpose()?,
            files: files.collect(),
            unknown: reply.all("unknown").map(str::to_owned).collect(),
        })
    }
}

fn text(files: &BTreeMap<String, FileState>, path: &str) -> Option<String> {
    match files.get(path) {
        Some(FileState::File { content, .. }) => String::from_utf8(content.clone()).ok(),
        Some(FileState::Link { target }) => Some(format!("link to {target}\n")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Disks, Kept};
    use crate::remote::wire::Reply;

    fn reply(lines: &str) -> Reply {
        Reply::parse(&format!("rappel|1\n{lines}end|ok\n")).expect("a reply")
    }

    #[test]
    fn candidates_have_nine_fields() {
        let line = "candidate|/dev/md0\text4\traid\tab-cd\t3\tpending\tff\tweb1\tDebian 12\n";
        let disks = Disks::parse(&reply(line)).expect("disks");
        let root = disks.candidates.first().expect("one");
        assert_eq!((root.generation, root.layout.as_str()), (3, "raid"));
        assert!(root.has_state());
        for line in ["candidate|/dev/md0\text4\n", "candidate|a\tb\tc\td\tx\tf\tg\th\ti\n"] {
            assert!(Disks::parse(&reply(line)).is_err(), "{line}");
        }
    }

    #[test]
    fn states_go_with_their_paths() {
        let lines = "machine-id|ff\ngeneration|2\nkept|1 2 \nopen|\ntarget|2\n\
                     path|/etc/a b\nnow|absent\naim|file 644 0 0 ff\n";
        let kept = Kept::parse(&reply(lines)).expect("kept");
        assert_eq!((kept.target, kept.generations.as_slice()), (Some(2), &[1, 2][..]));
        assert_eq!(
            (kept.files[0].path.as_str(), kept.files[0].now.as_str()),
            ("/etc/a b", "absent")
        );
        assert_eq!(kept.open, None);
        assert!(Kept::parse(&reply("path|/etc/a\n")).is_err());
    }
}
