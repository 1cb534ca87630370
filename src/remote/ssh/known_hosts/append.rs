//! Recording the key of a host that was accepted as new.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::super::dial::plain;
use super::super::error::ConnectError;

/// Appends a line to a file, which is made, for its owner only, if there is none.
///
/// The line goes out in one write at the end of the file, so that connections at the
/// same time do not mix theirs.
pub(in crate::remote::ssh) fn append(file: &Path, line: &str) -> Result<(), ConnectError> {
    // Where nothing is kept, nothing can be written either.
    if file == Path::new("/dev/null") {
        return Ok(());
    }
    written(file, line).map_err(|error| ConnectError::KnownHosts {
        path: file.to_owned(),
        action: "write",
        reason: plain(&error),
    })
}

fn written(file: &Path, line: &str) -> std::io::Result<()> {
    if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let mut directory = DirBuilder::new();
        directory.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
        directory.create(parent)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(file)?;
    let mut last = [b'\n'];
    if open.seek(SeekFrom::End(-1)).is_ok() {
        open.read_exact(&mut last)?;
    }
    let lead = if last == [b'\n'] { "" } else { "\n" };
    open.write_all(format!("{lead}{line}\n").as_bytes())?;
    open.sync_data()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::append;

    #[test]
    fn the_file_is_made_private_and_lines_stay_apart() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".ssh/known_hosts");
        append(&file, "one").unwrap();
        append(&file, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\ntwo\n");
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }

    #[test]
    fn a_file_without_a_last_newline_gets_one() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("known_hosts");
        std::fs::write(&file, "one").unwrap();
        append(&file, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\ntwo\n");
    }
}
