//! Files that are written whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{Result, Write};
use std::path::Path;

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Whoever the umask lets.
    Umask,
}

/// Writes a file. Whoever reads it meanwhile finds the old one or the new one, never a half.
///
/// # Errors
/// It cannot be written; then nothing of it is left.
pub fn store(file: &Path, text: &[u8], readers: Readers) -> Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = file.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let written = options.open(&new).and_then(|mut out| {
        out.write_all(text)?;
        out.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&new, file));
    if done.is_err() {
        // Nothing of it may stay where nobody looks for it.
        let _ = fs::remove_file(&new);
    }
    done
}
