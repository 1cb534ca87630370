//! From a host's var to the driver of its ports.

use serde_json::{Map, Value};

use super::Ports;
use crate::provider::settings::{Fields, SettingsError};
use crate::provider::{ovh, vsphere};

/// The var that says which NICs of a VM are promiscuous, and who its ports belong to.
const VAR: &str = "rappel_promisc";

/// The virtual switch that a NIC is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// The provider's own, on its public network: switched through its API.
    Public,
    /// The customer's own, on the private network: switched through vSphere.
    Vrack,
}

/// The driver of the ports of a switch, as a host's vars have it.
///
/// # Errors
/// There is none, or its settings are wrong; the text says which, without their values.
pub fn port_driver(vars: &Map<String, Value>, switch: Switch) -> Result<Box<dyn Ports>, String> {
    let (name, example) = match switch {
        Switch::Public => ("ovhcloud", "ovhcloud: {service: pcc-192-0-2-7}"),
        Switch::Vrack => ("vsphere", "vsphere: {endpoint: https://pcc-192-0-2-7.ovh.com/sdk}"),
    };
    let wrong = |reason: &str| format!("`{VAR}` cannot be used: {reason}");
    let of = |error| match error {
        SettingsError::None => wrong("there are no settings"),
        SettingsError::Wrong(reason) => wrong(&format!("`{name}`: {reason}")),
    };
    match vars.get(VAR).and_then(|settings| settings.get(name)) {
        Some(Value::Object(settings)) => match switch {
            Switch::Public => {
                let cloud = ovh::port_driver(&Fields::of(settings)).map_err(of)?;
                Ok(Box::new(cloud))
            }
            Switch::Vrack => {
                let vcenter = vsphere::port_driver(&Fields::of(settings)).map_err(of)?;
                Ok(Box::new(vcenter))
            }
        },
        Some(_) => Err(wrong(&format!("`{name}` is not a mapping, as in `{example}`"))),
        None => Err(wrong(&format!("`{name}` is missing, as in `{example}`"))),
    }
}
