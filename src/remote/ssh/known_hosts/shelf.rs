//! The `known_hosts` files of a run, each read once and again only when it has changed: for
//! every host anew, ten thousand hosts would mean ten thousand times ten thousand lines.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::book::Book;
use super::{Record, append};
use crate::remote::ssh::dial::plain;
use crate::remote::ssh::error::ConnectError;

/// Files that were read. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<Mutex<HashMap<PathBuf, Kept>>>);

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    book: Book,
}

/// What tells a file from the same one earlier, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, number, and the time of the last change to anything about it, which nobody
    /// can set.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    /// None of what is no regular file: what that holds is different each time.
    fn of(metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
            },
        })
    }
}

impl Shelf {
    /// The lines of all files that apply to a name.
    ///
    /// A file that does not exist records nothing; one that cannot be read is an error,
    /// because it may hold the line that matters.
    pub(in crate::remote::ssh) fn records<'a>(
        &self,
        name: &str,
        files: impl Iterator<Item = &'a PathBuf>,
    ) -> Result<Vec<Record>, ConnectError> {
        let mut found = Vec::new();
        for file in files {
            match self.of_file(name, file) {
                Ok(records) => found.extend(records),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(ConnectError::KnownHosts {
                        path: file.clone(),
                        action: "read",
                        reason: plain(&error),
                    });
                }
            }
        }
        Ok(found)
    }

    fn of_file(&self, name: &str, file: &Path) -> io::Result<Vec<Record>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&fs::metadata(file)?);
        if let Some(kept) = known.get(file).filter(|kept| Some(kept.stamp) == stamp) {
            return Ok(kept.book.records(name));
        }
        let (stamp, book) = read(file)?;
        let records = book.records(name);
        match stamp {
            Some(stamp) => known.insert(file.to_owned(), Kept { stamp, book }),
            None => known.remove(file),
        };
        Ok(records)
    }

    /// Records a key: appends a line to a file, see [`append`].
    pub(in crate::remote::ssh) fn append(
        &self,
        file: &Path,
        line: &str,
    ) -> Result<(), ConnectError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = || fs::metadata(file).ok().as_ref().and_then(Stamp::of);
        let before = stamp();
        append(file, line)?;
        let Some(kept) = known.get_mut(file) else { return Ok(()) };
        // Nobody else has written meanwhile: what was read and this line are all there is.
        let added = u64::try_from(line.len() + 1).unwrap_or(u64::MAX);
        match stamp() {
            Some(after)
                if before == Some(kept.stamp)
                    && after.length == kept.stamp.length.saturating_add(added) =>
            {
                kept.book.add(line);
                kept.stamp = after;
            }
            // Read again by whoever asks next.
            _ => drop(known.remove(file)),
        }
        Ok(())
    }
}

/// The stamp first: what is written after it is found to be newer.
fn read(file: &Path) -> io::Result<(Option<Stamp>, Book)> {
    let mut open = File::open(file)?;
    let stamp = Stamp::of(&open.metadata()?);
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes)?;
    Ok((stamp, Book::new(Arc::from(file), &String::from_utf8_lossy(&bytes))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::Shelf;

    const A: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn lines(shelf: &Shelf, name: &str, file: &PathBuf) -> Vec<usize> {
        let records = shelf.records(name, std::iter::once(file)).unwrap();
        records.iter().map(|record| record.line).collect()
    }

    #[test]
    fn a_file_that_changes_is_read_again() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("known_hosts");
        let shelf = Shelf::default();
        assert!(lines(&shelf, "a", &file).is_empty());
        fs::write(&file, format!("a x {A}\nb x {A}\n")).unwrap();
        assert_eq!(lines(&shelf, "b", &file), [2]);
        // As long as before, with the times of before: only the kernel's own time tells.
        let times = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, format!("b x {A}\na x {A}\n")).unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(times).unwrap();
        assert_eq!(lines(&shelf, "b", &file), [1]);
        fs::remove_file(&file).unwrap();
        assert!(lines(&shelf, "b", &file).is_empty());
    }

    #[test]
    fn what_is_appended_is_known_at_once_and_so_is_what_others_append() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("known_hosts");
        let shelf = Shelf::default();
        shelf.append(&file, &format!("a x {A}")).unwrap();
        assert_eq!(lines(&shelf, "a", &file), [1]);
        shelf.append(&file, &format!("b x {A}")).unwrap();
        assert_eq!(lines(&shelf, "b", &file), [2]);
        fs::write(&file, format!("c x {A}\n{}", fs::read_to_string(&file).unwrap())).unwrap();
        shelf.append(&file, &format!("d x {A}")).unwrap();
        assert_eq!((lines(&shelf, "b", &file), lines(&shelf, "d", &file)), (vec![3], vec![4]));
    }
}
