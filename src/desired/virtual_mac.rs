//! Which VMs of a host send from virtual MAC addresses: the var `rappel_virtual_macs`.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{Host, mac};

const VAR: &str = "rappel_virtual_macs";

/// A VM's additional address, and the virtual MAC address that it is to be sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedMac {
    /// The VM.
    pub vm: String,
    /// Its additional address.
    pub address: IpAddr,
    /// The MAC address; none while the provider has not chosen one.
    pub mac: Option<String>,
}

/// What is wanted of a host's virtual MAC addresses, in the inventory's order.
///
/// # Errors
/// The var cannot be understood; the text says why.
pub fn wanted_macs(host: &Host) -> Result<Vec<WantedMac>, String> {
    match host.vars.get(VAR) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(vms)) => vms.iter().map(|(vm, fields)| of(vm, fields)).collect(),
        Some(_) => Err(wrong("it is not a mapping of VMs, as in `router1: {ip: …}`")),
    }
}

fn of(vm: &str, fields: &Value) -> Result<WantedMac, String> {
    let bad = |reason: &str| wrong(&format!("`{vm}` {reason}"));
    let empty = Map::new();
    let fields = fields.as_object().unwrap_or(&empty);
    if let Some(key) = fields.keys().find(|key| !["ip", "mac"].contains(&key.as_str())) {
        return Err(bad(&format!("has no field `{key}`, but ip, mac")));
    }
    let address = fields.get("ip").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let address = address.ok_or_else(|| bad("has no `ip`, a single address"))?;
    let mac = match fields.get("mac") {
        None | Some(Value::Null) => None,
        Some(text) => {
            let mac = text.as_str().and_then(mac);
            Some(mac.ok_or_else(|| bad("has a `mac` that is none, as in \"02:00:00:9a:6c:01\""))?)
        }
    };
    Ok(WantedMac { vm: vm.to_owned(), address, mac })
}

fn wrong(reason: &str) -> String {
    format!("`{VAR}` cannot be used: {reason}")
}
