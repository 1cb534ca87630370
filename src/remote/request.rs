//! What is sent to a host: a header line with the version, one `key value` line each, a
//! dot; for an apply also a tar archive with the contents and the scripts.

mod fit;
mod guest;
mod import;
mod packed;
mod rehearse;
mod rescue;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use guest::Guest;
pub use import::Import;
pub use rehearse::Rehearse;

use super::digest::sha256sum;
use super::scripts::PAYLOAD;

pub use rescue::{Rescue, Target, Verb};

/// Why a request cannot be written.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The format is line based; a line break in a value would forge a line.
    #[error("`{key}` must not contain a line break: {value:?}")]
    LineBreak {
        /// Which value.
        key: &'static str,
        /// The value.
        value: String,
    },
    /// A value that the scripts, or the host's tools behind them, would take for something
    /// else than it is.
    #[error("`{key}` cannot be {value:?}: {why}")]
    Unfit {
        /// Which value.
        key: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The archive of the contents cannot be made.
    #[error("cannot pack {path}")]
    Pack {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The lines of a request.
#[derive(Debug, Clone)]
struct Lines(String);

impl Lines {
    fn new(verb: &str) -> Self {
        Self(format!("rappel/1 {verb}\n"))
    }

    fn add(&mut self, key: &'static str, value: &str) -> Result<(), RequestError> {
        one_line(key, value)?;
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{key} {value}");
        Ok(())
    }

    fn numbered(
        &mut self,
        key: &'static str,
        number: usize,
        value: &str,
    ) -> Result<(), RequestError> {
        one_line(key, value)?;
        let _ = writeln!(self.0, "{key}-{number} {value}");
        Ok(())
    }

    fn add_all(&mut self, key: &'static str, values: &[String]) -> Result<(), RequestError> {
        values.iter().try_for_each(|value| self.add(key, value))
    }

    fn done(mut self) -> Vec<u8> {
        self.0.push_str(".\n");
        self.0.into_bytes()
    }
}

fn one_line(key: &'static str, value: &str) -> Result<(), RequestError> {
    if value.contains(['\n', '\r', '\0']) {
        return Err(RequestError::LineBreak { key, value: value.to_owned() });
    }
    Ok(())
}

/// What to read of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observe {
    /// Absolute paths of files.
    pub paths: Vec<String>,
    /// Keys below `/proc/sys`, with slashes.
    pub sysctl_keys: Vec<String>,
    /// `FAMILY NAME`.
    pub nft_tables: Vec<String>,
    /// Tables whose rules are part of the fingerprint, `FAMILY NAME`.
    pub compared_tables: Vec<String>,
    /// Wanted nft scripts, to be read back as the host's own nft writes them.
    pub nft_wanted: Vec<String>,
    /// Generations whose snapshots are wanted, newest first.
    pub generations: Vec<u32>,
}

impl Observe {
    /// The request's bytes.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        let mut lines = Lines::new("observe");
        self.subject(&mut lines)?;
        lines.add_all("nft-table", &self.nft_tables)?;
        for script in &self.nft_wanted {
            lines.add("nft-wanted", &STANDARD.encode(script))?;
        }
        for generation in &self.generations {
            lines.add("generation", &generation.to_string())?;
        }
        Ok(lines.done())
    }

    /// What the fingerprint is made of; the apply request repeats it.
    fn subject(&self, lines: &mut Lines) -> Result<(), RequestError> {
        fit::observed(self)?;
        lines.add_all("path", &self.paths)?;
        lines.add_all("sysctl-key", &self.sysctl_keys)?;
        lines.add_all("compare-table", &self.compared_tables)
    }
}

/// A file of an apply request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Absolute path.
    pub path: String,
    /// `interfaces`, `sysctl`, `nft`, `hook`, `file`, `object` or `remove`.
    pub kind: &'static str,
    /// Permission bits.
    pub mode: u32,
    /// Owner's name or number.
    pub owner: String,
    /// Group's name or number.
    pub group: String,
    /// What it is to contain; ignored for `remove`.
    pub content: Vec<u8>,
}

/// A whole change of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apply {
    /// The run's id, lowercase hexadecimal: binds the confirmation to this very change.
    pub run: String,
    /// Who asks, for the lock and the log.
    pub who: String,
    /// The observation's fingerprint that must still hold.
    pub fingerprint: String,
    /// What the fingerprint was made of.
    pub observed: Observe,
    /// Seconds.
    pub activation_timeout: u64,
    /// Seconds.
    pub confirm_window: u64,
    /// The files to swap in, or take away.
    #[serde(with = "packed")]
    pub files: Vec<File>,
    /// Interfaces to take down with the old files, in order.
    pub down: Vec<String>,
    /// Interfaces to bring up with the new files, in order.
    pub up: Vec<String>,
    /// Every interface that the old or new files name and the change concerns.
    pub names: Vec<String>,
    /// `KEY VALUE`, keys with slashes, to be live after the change.
    pub sysctl: Vec<String>,
    /// Further keys below `/proc/sys` whose values the snapshot keeps.
    pub keep_keys: Vec<String>,
    /// `IFACE FAMILY METHOD`: interfaces that are not cycled and for which changed hooks run.
    pub hook_for: Vec<String>,
    /// `KIND FAMILY SUBJECT DEV`: what the interfaces file promises, to be live after the
    /// change; kind `address` or `default` (a default gateway).
    pub expect: Vec<String>,
    /// Tables that are deleted before the files load, `FAMILY NAME`.
    pub nft_own: Vec<String>,
    /// Paths of nft files to load.
    pub nft_load: Vec<String>,
    /// Commands run after activation.
    pub reload: Vec<String>,
    /// Path and command: validates a staged file.
    pub validate: Vec<(String, String)>,
    /// Declared checks: `KIND WORD…`, made before and after.
    pub checks: Vec<String>,
    /// `ADDRESS DEV PROBE`: addresses that nobody may have before the change, found out on
    /// PROBE (`-` for no wire yet), and nobody else after it, found out on DEV.
    pub takes: Vec<String>,
    /// `MAC DEV PROBE`: the same of MAC addresses.
    pub takes_macs: Vec<String>,
    /// Addresses that others may answer for as well.
    pub shared: Vec<String>,
    /// Generations whose live values come back (a rollback), newest first.
    pub live_from: Vec<u32>,
    /// Whether a host that is cut off after everything else was tried may be rebooted.
    pub reboot_as_last_resort: bool,
    /// Whether a host without an init system is accepted.
    pub without_boot_revert: bool,
}

impl Apply {
    /// The request's bytes: lines, a dot, the archive.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        fit::check(self)?;
        let mut lines = Lines::new("apply");
        lines.add("run", &self.run)?;
        lines.add("who", &self.who)?;
        lines.add("fingerprint", &self.fingerprint)?;
        self.observed.subject(&mut lines)?;
        lines.add("activation-timeout", &self.activation_timeout.to_string())?;
        lines.add("confirm-window", &self.confirm_window.to_string())?;
        for file in &self.files {
            lines.add("file", &file_line(file))?;
        }
        for (key, values) in [
            ("down", &self.down),
            ("up", &self.up),
            ("name", &self.names),
            ("sysctl", &self.sysctl),
            ("nft-table", &self.observed.nft_tables),
            ("keep-key", &self.keep_keys),
            ("hook-for", &self.hook_for),
            ("expect", &self.expect),
            ("nft-own", &self.nft_own),
            ("nft-load", &self.nft_load),
            ("reload", &self.reload),
            ("check", &self.checks),
            ("takes", &self.takes),
            ("takes-mac", &self.takes_macs),
            ("shared", &self.shared),
        ] {
            lines.add_all(key, values)?;
        }
        for (path, command) in &self.validate {
            // By number: a path may itself look like a path and the beginning of a command.
            if let Some(at) = self.files.iter().position(|file| file.path == *path) {
                lines.numbered("validate", at + 1, command)?;
            }
        }
        for generation in &self.live_from {
            lines.add("live-from", &generation.to_string())?;
        }
        if self.files.iter().any(|f| f.kind == "interfaces") || !self.up.is_empty() {
            lines.add("needs-ifupdown", "yes")?;
        }
        if self.without_boot_revert {
            lines.add("without-boot", "yes")?;
        }
        if self.reboot_as_last_resort {
            lines.add("last-resort", "reboot")?;
        }
        let mut bytes = lines.done();
        bytes.extend(self.archive()?);
        Ok(bytes)
    }

    fn archive(&self) -> Result<Vec<u8>, RequestError> {
        let mut archive = tar::Builder::new(Vec::new());
        for script in PAYLOAD {
            pack(&mut archive, &format!("scripts/{}", script.name), script.text.as_bytes())?;
        }
        for file in self.files.iter().filter(|f| f.kind != "remove") {
            pack(&mut archive, &format!("new{}", file.path), &file.content)?;
        }
        archive
            .into_inner()
            .map_err(|source| RequestError::Pack { path: "the archive".to_owned(), source })
    }
}

fn file_line(file: &File) -> String {
    if file.kind == "remove" {
        return format!("- - - remove - {}", file.path);
    }
    let digest = sha256sum(&file.content);
    format!("{:04o} {} {} {} {digest} {}", file.mode, file.owner, file.group, file.kind, file.path)
}

fn pack(
    archive: &mut tar::Builder<Vec<u8>>,
    path: &str,
    content: &[u8],
) -> Result<(), RequestError> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o600);
    header.set_size(content.len() as u64);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    archive
        .append_data(&mut header, path, content)
        .map_err(|source| RequestError::Pack { path: path.to_owned(), source })
}

/// Asks for what rappel knows on a host, and what became of a run.
pub fn status(run: Option<&str>) -> Vec<u8> {
    format!("rappel/1 status\n{}\n", run.unwrap_or_default()).into_bytes()
}

/// Asks for checks alone, `KIND WORD…` each, and names addresses that others may have too.
///
/// # Errors
/// A line break in one of them.
pub fn ping(checks: &[String], shared: &[String]) -> Result<Vec<u8>, RequestError> {
    let mut lines = Lines::new("ping");
    lines.add_all("check", checks)?;
    lines.add_all("shared", shared)?;
    Ok(lines.done())
}

/// Prepares checks of another host, `KIND WORD…` each.
///
/// # Errors
/// A line break in one of them.
pub fn witness(checks: &[String]) -> Result<Vec<u8>, RequestError> {
    let mut lines = Lines::new("witness");
    lines.add_all("check", checks)?;
    Ok(lines.done())
}

/// Opens a verification of a run.
pub fn verify(run: &str) -> Vec<u8> {
    format!("rappel/1 verify\n{run}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Apply, File, Observe, RequestError};

    fn file(path: &str) -> File {
        File {
            path: path.to_owned(),
            kind: "file",
            mode: 0o644,
            owner: "root".to_owned(),
            group: "root".to_owned(),
            content: b"hello\n".to_vec(),
        }
    }

    #[test]
    fn a_line_break_cannot_forge_a_line() {
        let request = Observe { paths: vec!["/etc/a\nrun 0".to_owned()], ..Observe::default() };
        assert!(matches!(request.encode(), Err(RequestError::LineBreak { key: "path", .. })));
    }

    #[test]
    fn an_apply_carries_digest_and_content() {
        let request =
            Apply { run: "ab".to_owned(), files: vec![file("/etc/x y")], ..Apply::default() };
        let bytes = request.encode().expect("encodes");
        let text = String::from_utf8_lossy(&bytes);
        let digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert!(text.contains(&format!("file 0644 root root file {digest} /etc/x y\n")));
        assert!(text.contains("new/etc/x y"));
        assert!(text.contains("scripts/revert.sh"));
    }
}
