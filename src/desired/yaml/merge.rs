//! Merge keys: `<<: *defaults`.

use crate::diagnostic::Diagnostic;

use super::{Content, Entry};

/// The entries with every `<<` replaced by what it merges; keys written out win over merged
/// ones, and an earlier merged mapping over a later one.
///
/// # Errors
/// A merged value that is neither a mapping nor a list of mappings.
pub(super) fn expand(entries: Vec<Entry>) -> Result<Vec<Entry>, Box<Diagnostic>> {
    if !entries.iter().any(|entry| entry.key == "<<") {
        return Ok(entries);
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|e| e.key == "<<");
    for merge in merges {
        let parts = match merge.value.content {
            Content::List(items) => items,
            _ => vec![merge.value],
        };
        for part in parts {
            let Content::Map(entries) = part.content else {
                return Err(Box::new(
                    Diagnostic::error(format!("`<<` merges {}, not a mapping", part.kind()))
                        .at(part.place)
                        .remedy("merge an anchored mapping: `<<: *name`"),
                ));
            };
            for entry in entries {
                if !own.iter().any(|known| known.key == entry.key) {
                    own.push(entry);
                }
            }
        }
    }
    Ok(own)
}
