//! A lab of twins comes up.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use super::about::Keys;
use crate::lab::{Lab, LabError, Listener, Spec};

/// Brings the twins up, with the names that commands at the controller's place know.
///
/// # Errors
/// Why there is no lab; nothing of it is left then.
pub fn stand(
    program: &Path,
    spec: &Spec,
    names: &[(String, IpAddr)],
) -> Result<(Arc<Lab>, Listener), LabError> {
    let lab = Arc::new(Lab::up(program, spec)?);
    Keys::of(&lab).keep_names(names)?;
    start_firewalls(&lab, spec);
    let listener = Listener::open(&lab)?;
    Ok((lab, listener))
}

/// A firewall that the host loads at boot. Debian does not do so unless it is told to.
fn start_firewalls(lab: &Lab, spec: &Spec) {
    for host in spec.hosts.iter().filter(|host| host.files.contains_key("/etc/nftables.conf")) {
        // A ruleset that the twin cannot load shows in the rehearsal itself.
        let _ = lab.exec(&host.name, &["systemctl", "enable", "--now", "nftables"]);
    }
}
