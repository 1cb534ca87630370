//! The Debian roots that hosts are laid over.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::error::LabError;

/// The recipe, carried along so that the binary alone can make a lab.
const RECIPE: &str = include_str!("base-image.sh");

/// The path of the unpacked root of a variant, built first when it is missing (which
/// takes half a minute and says so on standard error).
pub(super) fn base_image(variant: &str) -> Result<PathBuf, LabError> {
    let output = Command::new("sh")
        .args(["-c", RECIPE, "base-image", variant])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(LabError::io("cannot run sh"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let path = PathBuf::from(text.lines().last().unwrap_or_default());
    if !output.status.success() || !path.is_dir() {
        return Err(LabError::Base(format!(
            "the recipe for {variant} ended with {}; try scripts/base-image {variant}",
            output.status
        )));
    }
    Ok(path)
}
