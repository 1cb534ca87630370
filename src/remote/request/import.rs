//! What to read of a host that nothing is wanted of yet.

use super::{Lines, RequestError, fit};

/// Files and directories, by their absolute paths, and objects. What is not there is no mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Files.
    pub paths: Vec<String>,
    /// Directories, whose files are wanted, and those of the directories in them.
    pub trees: Vec<String>,
    /// Whether the objects that the host has are wanted, too.
    pub objects: bool,
}

impl Import {
    /// The request's bytes.
    ///
    /// # Errors
    /// A path that the script would misread.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        fit::imported(self)?;
        let mut lines = Lines::new("import");
        lines.add_all("path", &self.paths)?;
        lines.add_all("tree", &self.trees)?;
        if self.objects {
            lines.add("objects", "all")?;
        }
        Ok(lines.done())
    }
}
