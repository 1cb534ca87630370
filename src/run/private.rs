//! Directories of the controller that are nobody else's business.

use std::fs::DirBuilder;
use std::io;
use std::path::Path;

/// Makes a directory, and those above it, for the owner alone. One that is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
