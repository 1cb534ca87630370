//! Bad cables: what a switch does to a host that has nothing wrong with itself.

use super::host::Host;
use super::ports::cables;
use crate::lab::error::LabError;
use crate::lab::iproute::inside;
use crate::lab::place::SWITCH;
use crate::lab::protocol::Fault;

/// Sets a fault on all cables of a host that end in the provider's switches. It holds over
/// reboots, until there is another or none.
pub(super) fn set(host: &Host, fault: Fault) -> Result<(), LabError> {
    let ports: Vec<&str> =
        cables(host).filter(|(nic, _)| nic.inside.is_none()).map(|(_, port)| port).collect();
    if ports.is_empty() {
        return Err(LabError::Spec(format!(
            "'{}' has no cable to a switch: it is a guest, and its hypervisor is its switch",
            host.spec.name
        )));
    }
    for port in ports {
        heal(port);
        let rules = match fault {
            Fault::None => continue,
            Fault::Slow { milliseconds } => {
                slow(port, milliseconds)?;
                continue;
            }
            Fault::DropNew { port: number } => {
                format!("oifname {port} tcp dport {number} tcp flags & (syn | ack) == syn drop;")
            }
            Fault::BlackHole => format!("oifname {port} drop; iifname {port} drop;"),
            Fault::Loss { percent } => ["oifname", "iifname"]
                .map(|way| format!("{way} {port} numgen random mod 100 < {percent} drop;"))
                .concat(),
        };
        let table = format!(
            "table bridge fault_{port} {{ chain way {{ type filter hook forward priority 0; {rules} }}; }}"
        );
        inside(Some(SWITCH), &["nft", &table])?;
    }
    Ok(())
}

/// Neither need be there.
fn heal(port: &str) {
    let table = format!("add table bridge fault_{port}; delete table bridge fault_{port}");
    let _ = inside(Some(SWITCH), &["nft", &table]);
    let _ = inside(Some(SWITCH), &["tc", "qdisc", "del", "dev", port, "root"]);
}

fn slow(port: &str, milliseconds: u32) -> Result<(), LabError> {
    let delay = format!("{milliseconds}ms");
    let words = ["tc", "qdisc", "add", "dev", port, "root", "netem", "delay", &delay];
    inside(Some(SWITCH), &words).map(drop).map_err(|error| {
        LabError::Spec(format!("this machine's kernel cannot delay packets (netem): {error}"))
    })
}
