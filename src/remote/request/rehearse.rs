//! The request for a rehearsal: everything comes in the archive, which is unpacked where it
//! is played.

use super::{File, Lines, RequestError, fit, pack};
use crate::remote::scripts::REHEARSED;

/// New files to be tried where they can do no harm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearse {
    /// The files that change, below /etc.
    pub files: Vec<File>,
    /// Links that need stand-ins.
    pub stand_ins: Vec<String>,
}

impl Rehearse {
    /// The request's bytes: the first line, then an archive with everything else.
    ///
    /// # Errors
    /// A name that the scripts cannot carry.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        fit::rehearsed(self)?;
        let mut lines = Lines::new("rehearse");
        lines.add_all("stand-in", &self.stand_ins)?;
        let mut archive = tar::Builder::new(Vec::new());
        for file in &self.files {
            match file.kind {
                "remove" => lines.add("remove", &file.path)?,
                _ => pack(&mut archive, &format!("new{}", file.path), &file.content)?,
            }
            if file.mode & 0o111 != 0 {
                lines.add("executable", &file.path)?;
            }
        }
        for script in REHEARSED {
            pack(&mut archive, &format!("scripts/{}", script.name), script.text.as_bytes())?;
        }
        pack(&mut archive, "request", &lines.done())?;
        let archive = archive
            .into_inner()
            .map_err(|source| RequestError::Pack { path: "the archive".to_owned(), source })?;
        Ok([b"rappel/1 rehearse\n".as_slice(), &archive].concat())
    }
}
