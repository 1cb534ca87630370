//! Programs that run in a namespace which has no init: a router's DHCP server, say.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::host::Host;
use crate::lab::error::LabError;

/// Starts them, each in a process group of its own.
pub(super) fn start(host: &Host) -> Result<(), LabError> {
    for script in &host.spec.programs {
        let program = Command::new("ip")
            .args(["netns", "exec", &host.spec.name, "sh", "-c", script])
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(LabError::io("cannot start a program of a namespace"))?;
        host.change(|power| power.programs.push(program));
    }
    Ok(())
}

/// Ends them with all that they have started.
pub(super) fn stop(host: &Host) {
    for mut program in host.change(|power| std::mem::take(&mut power.programs)) {
        let group = format!("-{}", program.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = program.kill();
        let _ = program.wait();
    }
}
