//! `RevokedHostKeys`: keys that no host may have.

use std::path::Path;
use std::sync::Arc;

use russh::keys::PublicKey;

use super::Record;
use crate::remote::ssh::dial::plain;
use crate::remote::ssh::error::ConnectError;

/// The keys of a file, one a line.
///
/// # Errors
/// A file that cannot be read, or is no list: then nobody knows what is revoked, and no
/// host may be trusted.
pub(in crate::remote::ssh) fn banned(file: &Path) -> Result<Vec<Record>, ConnectError> {
    let unreadable =
        |reason: String| ConnectError::KnownHosts { path: file.to_owned(), action: "read", reason };
    let bytes = std::fs::read(file).map_err(|error| unreadable(plain(&error)))?;
    if bytes.starts_with(b"SSHKRL\n") {
        return Err(unreadable(
            "lists in binary form are not supported, write one key a line".to_owned(),
        ));
    }
    let path: Arc<Path> = Arc::from(file);
    let mut found = Vec::new();
    for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = PublicKey::from_openssh(line)
            .map_err(|_| unreadable(format!("line {} is no public key", index + 1)))?;
        let kind = key.algorithm().as_str().to_owned();
        let file = Arc::clone(&path);
        found.push(Record { file, line: index + 1, marker: None, kind, key: Some(key) });
    }
    Ok(found)
}
