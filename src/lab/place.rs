//! Where a lab keeps its things, seen from inside its mount namespace.

use std::path::{Path, PathBuf};

/// The lab's own tmpfs, visible only inside its mount namespace.
pub(super) const STORE: &str = "/run/rappel-lab";

/// The namespace that holds all bridges that belong to no host. They are not in the
/// controller's namespace: there they would answer ARP for it on every segment.
pub(super) const SWITCH: &str = "switch";

/// The lab's own namespace, the controller's place, as `ip netns` names it inside. No host can
/// have that name.
pub(super) const OWN: &str = "@lab";

/// Capabilities that nobody in a lab gets, as `setpriv` takes them: what they change is
/// the machine's own (its clock, its kernel), whatever the namespace.
pub(super) const WITHHELD: &str = "-sys_time,-sys_module,-sys_rawio";

/// The directory of a host: its overlay and its root.
pub(super) fn of_host(host: &str) -> PathBuf {
    Path::new(STORE).join(host)
}

/// The root file system of a host.
pub(super) fn root(host: &str) -> PathBuf {
    of_host(host).join("root")
}

/// Where a host's console goes: outside, so that it can be read after a failure.
pub(super) fn console(dir: &Path, host: &str) -> PathBuf {
    dir.join(format!("{host}.console"))
}
