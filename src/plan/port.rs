//! Ports of virtual switches: what is wanted against what the provider says. Pure: asking
//! the provider is the run's work.

use serde::Serialize;

use crate::desired::WantedPort;
use crate::observed::{PortState, SeenPort};

/// A port that is not as the inventory has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortChange {
    /// What the inventory calls the NIC.
    pub nic: String,
    /// Its MAC address.
    pub mac: String,
    /// The VM, as the provider has it.
    pub vm: String,
    /// What the port is.
    pub from: PortState,
    /// Whether it is to be promiscuous.
    pub promiscuous: bool,
}

/// Whether a port is as wanted. One that the provider does not tell of is not.
pub fn port_is(seen: &SeenPort, promiscuous: bool) -> bool {
    seen.state() == if promiscuous { PortState::On } else { PortState::Off }
}

/// What switching a port would change; none if it is as wanted.
pub fn port_change(wanted: &WantedPort, seen: &SeenPort) -> Option<PortChange> {
    (!port_is(seen, wanted.promiscuous)).then(|| PortChange {
        nic: wanted.nic.clone(),
        mac: wanted.mac.clone(),
        vm: seen.vm.clone(),
        from: seen.state(),
        promiscuous: wanted.promiscuous,
    })
}
