//! Ports of virtual switches: whether a VM's NIC may hear and send frames that are not its
//! own, as CARP and VRRP need it.
//!
//! As with power, a driver does one thing per call and waits for nothing: what takes longer
//! is a [`Task`].

mod settings;

use super::{Progress, ProviderError, Task};

pub use settings::{Switch, port_driver};

/// One setting of a port's security policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Whether the port has it from its port group, instead of a setting of its own.
    pub inherited: bool,
}

/// A port's security policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Hears frames that are for others.
    pub promiscuous: Setting,
    /// May send from another MAC address than the NIC's.
    pub forged_transmits: Setting,
    /// Hears frames for a MAC address that the guest has given its NIC.
    pub mac_changes: Setting,
}

/// A NIC of a VM, and the port that it is plugged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The driver's own handle.
    pub handle: String,
    /// The VM's name.
    pub vm: String,
    /// The VM's managed object, as in `vm-102`.
    pub moref: String,
    /// The NIC's MAC address, in lower case.
    pub mac: String,
    /// Where it is plugged in, for people: port group, switch, port key.
    pub place: Vec<String>,
    /// What the port accepts; none where the provider does not tell.
    pub policy: Option<Policy>,
    /// What else the provider says of it.
    pub notes: Vec<String>,
}

/// The ports of one provider's or one vCenter's virtual switches.
///
/// Calls block until the provider answers, at most a minute or two.
pub trait Ports: Send + Sync {
    /// Who is asked, for people.
    fn name(&self) -> String;

    /// Finds a VM by its name or managed object, and of it the NIC with this MAC address.
    /// Changes nothing.
    ///
    /// # Errors
    /// There is no such VM, there are two, or the MAC address is none of its NICs'; or the
    /// provider cannot be asked.
    fn find(&self, vm: &str, mac: &str) -> Result<Port, ProviderError>;

    /// The same for all ports of the port group that this NIC is plugged into.
    ///
    /// # Errors
    /// As for [`Ports::find`]; and where whole groups are not switched at all.
    fn group(&self, vm: &str, mac: &str) -> Result<Port, ProviderError> {
        let _ = (vm, mac);
        Err(ProviderError::Refused {
            what: self.name(),
            reason: "ports of a public switch are switched one by one, never a whole port group"
                .to_owned(),
        })
    }

    /// What keeps this port from being switched, found out without changing anything.
    ///
    /// # Errors
    /// The first thing that does.
    fn check(&self, port: &Port) -> Result<(), ProviderError> {
        let _ = port;
        Ok(())
    }

    /// What [`Ports::set`] asks of the provider, in its own words.
    fn call(&self, port: &Port, on: bool) -> String;

    /// Has a port accept all three, or goes back to what it accepted before that.
    ///
    /// # Errors
    /// The provider cannot be asked, or refuses.
    fn set(&self, port: &Port, on: bool) -> Result<Task, ProviderError>;

    /// How far a task is.
    ///
    /// # Errors
    /// The provider cannot be asked, or does not know the task.
    fn progress(&self, task: &Task) -> Result<Progress, ProviderError>;
}
