//! Virtual MAC addresses: those that a provider lets the VMs of a dedicated server send from.

use serde_json::{Map, Value};

use super::settings::{Fields, SettingsError, VAR};
use super::{Progress, ProviderError, Task, ovh};

/// A virtual MAC address and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualMac {
    /// The MAC address, in lower case.
    pub mac: String,
    /// The addresses that may be sent from it, each with the VM that the provider has for it.
    pub addresses: Vec<(String, String)>,
}

/// All virtual MAC addresses of a server, and whether it may have more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualMacList {
    /// Whether the server's range has them at all.
    pub supported: bool,
    /// How many it may have; none if the provider does not tell.
    pub quota: Option<u64>,
    /// The networks of additional addresses that are the server's.
    pub blocks: Vec<String>,
    /// Those that are there.
    pub all: Vec<VirtualMac>,
}

/// The virtual MAC addresses of one server. Calls block until the provider answers.
pub trait VirtualMacs: Send + Sync {
    /// What the provider and the server are called there, for people.
    fn name(&self) -> String;

    /// Reads them all. Changes nothing.
    ///
    /// # Errors
    /// The provider cannot be asked, or refuses.
    fn list(&self) -> Result<VirtualMacList, ProviderError>;

    /// What [`VirtualMacs::create`] asks of the provider, in its own words.
    fn call(&self, mac: Option<&str>, address: &str, vm: &str) -> String;

    /// Has an address sent from a virtual MAC address: that one, or a new one that the
    /// provider chooses.
    ///
    /// # Errors
    /// As for [`VirtualMacs::list`].
    fn create(&self, mac: Option<&str>, address: &str, vm: &str) -> Result<Task, ProviderError>;

    /// How far a task is.
    ///
    /// # Errors
    /// As for [`VirtualMacs::list`].
    fn progress(&self, task: &Task) -> Result<Progress, ProviderError>;
}

/// The virtual MAC addresses of the server that a host's `rappel_provider` names.
///
/// # Errors
/// There is none, or it has no virtual MAC addresses; the text repeats no value.
pub fn mac_driver(vars: &Map<String, Value>) -> Result<Box<dyn VirtualMacs>, String> {
    let Some(Value::Object(settings)) = vars.get(VAR) else {
        return Err(SettingsError::None.to_string());
    };
    match settings.get("driver").and_then(Value::as_str) {
        Some("ovhcloud") => match ovh::driver(&Fields::of(settings)) {
            Ok(server) => Ok(Box::new(server)),
            Err(error) => Err(error.to_string()),
        },
        _ => Err(format!("`{VAR}` names no provider with virtual MAC addresses, as ovhcloud")),
    }
}
