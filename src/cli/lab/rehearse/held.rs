//! A twin that stands still at a step of its change, as long as somebody needs to break it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::lab::{Lab, LabError};

/// What the step runs.
const HOLD: &str = include_str!("hold.sh");
/// Between two looks whether a twin stands still.
const GLANCE: Duration = Duration::from_millis(30);

/// Has a twin stand still at a step, once; what is done there is done by a thread of its own,
/// however the host's change goes on elsewhere.
///
/// It is looked at from outside, by files alone: a process among the host's own would keep it
/// from rebooting.
///
/// # Errors
/// The twin does not take it.
pub fn hold(
    lab: &Lab,
    twin: &str,
    step: &str,
    reached: impl FnOnce() + Send + 'static,
) -> Result<(), LabError> {
    let place = lab.live_root(twin)?.join("run/rappel-fault");
    let told = |place: &Path| {
        fs::create_dir_all(place)?;
        let new = place.join(format!(".{step}.new"));
        fs::write(&new, HOLD)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o700))?;
        fs::rename(&new, place.join(step))
    };
    told(&place).map_err(|source| LabError::Io {
        what: format!("{twin} cannot be held at {step}"),
        source,
    })?;
    let still = place.join(format!(".{step}"));
    // Never waited for: its moment may not come. With a reboot the place is gone.
    spawn(move || {
        while place.exists() {
            if still.exists() {
                reached();
                // A host that has just lost its power goes on nowhere.
                let _ = fs::remove_dir(&still);
                return;
            }
            sleep(GLANCE);
        }
    });
    Ok(())
}
