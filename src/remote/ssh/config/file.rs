//! Configuration files: found, read once, split into lines.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::ConfigError;
use super::line::Line;
use crate::remote::ssh::dial::plain;
use crate::remote::ssh::known_hosts::glob;

/// A file that was read.
#[derive(Debug)]
pub(super) struct File {
    /// As messages name it.
    pub path: PathBuf,
    /// Without comments.
    pub lines: Vec<Line>,
}

/// The files that were read so far: a fleet has one configuration.
#[derive(Debug, Clone, Default)]
pub(super) struct Files(Arc<Mutex<HashMap<PathBuf, Option<Arc<File>>>>>);

impl Files {
    /// A file, or nothing if there is none. With `private`, nobody else may have been able
    /// to write it, since what it says runs commands.
    pub fn read(&self, path: &Path, private: bool) -> Result<Option<Arc<File>>, ConfigError> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(known.clone());
        }
        let read = read(path, private)?.map(Arc::new);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), read.clone());
        Ok(read)
    }
}

fn read(path: &Path, private: bool) -> Result<Option<File>, ConfigError> {
    let unreadable = |error: &std::io::Error| {
        let message = format!("cannot read it: {}", plain(error));
        ConfigError::new(path, 0, message, "check its owner and mode")
    };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    if private {
        check_owner(path)?;
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        ConfigError::new(path, 0, "it is not UTF-8".to_owned(), "convert it with `iconv`")
    })?;
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        let line = Line::parse(number, line)
            .map_err(|message| ConfigError::new(path, number, message, "see ssh_config(5)"))?;
        lines.extend(line);
    }
    Ok(Some(File { path: path.to_owned(), lines }))
}

/// As OpenSSH has it: owned by us or root, written by nobody else.
#[cfg(unix)]
fn check_owner(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::MetadataExt;
    let Ok(found) = fs::metadata(path) else {
        return Ok(());
    };
    let ours = found.uid() == 0 || found.uid() == rustix::process::getuid().as_raw();
    if ours && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    let message = "others may write it, and what it says runs commands".to_owned();
    Err(ConfigError::new(path, 0, message, "chmod 600 it, and make it your own"))
}

#[cfg(not(unix))]
fn check_owner(_: &Path) -> Result<(), ConfigError> {
    Ok(())
}

/// The files that a pattern with `*`, `?` and `[…]` names, in order.
pub(super) fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?', '[']) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let mut next = Vec::new();
        for directory in &found {
            let Ok(entries) = fs::read_dir(directory) else {
                continue;
            };
            for entry in entries.flatten() {
                let file = entry.file_name();
                let text = file.to_string_lossy();
                let hidden = text.starts_with('.') && !name.starts_with('.');
                if !hidden && classes(&name).iter().any(|one| glob(one, &text)) {
                    next.push(directory.join(&file));
                }
            }
        }
        next.sort();
        found = next;
    }
    found.retain(|path| path.exists());
    found
}

/// A pattern without its classes: `[ab]c` is `ac` and `bc`.
fn classes(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('[') else {
        return vec![pattern.to_owned()];
    };
    let Some((inside, after)) = rest.split_once(']') else {
        return vec![pattern.to_owned()];
    };
    let chars: Vec<char> = inside.chars().collect();
    let mut members = Vec::new();
    let mut at = 0;
    while let Some(first) = chars.get(at) {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(last)) => {
                members.extend(*first..=*last);
                at += 3;
            }
            _ => {
                members.push(*first);
                at += 1;
            }
        }
    }
    let tails = classes(after);
    let one = |member: char| tails.iter().map(move |tail| format!("{before}{member}{tail}"));
    members.into_iter().flat_map(one).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::{Files, matching};

    #[test]
    fn patterns_name_files_in_order_and_no_hidden_ones() {
        let home = tempfile::tempdir().unwrap();
        for name in ["b.conf", "a.conf", ".c.conf", "d", "1x", "2x", "3x"] {
            std::fs::write(home.path().join(name), "").unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let found = matching(&home.path().join(pattern));
            found.iter().map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names("*.conf"), ["a.conf", "b.conf"]);
        assert_eq!(names("[1-2]x"), ["1x", "2x"]);
        assert_eq!(names("d"), ["d"]);
        assert!(names("e").is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config");
        std::fs::write(&file, "Port 22\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(Files::default().read(&file, true).is_err());
        assert_eq!(Files::default().read(&file, false).unwrap().unwrap().lines.len(), 1);
    }
}
