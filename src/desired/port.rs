//! Which NICs of a host are to be promiscuous where they are plugged in: the var
//! `rappel_promisc`.

use serde_json::{Map, Value};

use super::Host;

const VAR: &str = "rappel_promisc";

/// The virtual switch that a NIC is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortSwitch {
    /// The provider's own.
    Public,
    /// The customer's own.
    Vrack,
}

/// What is wanted of a NIC's port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedPort {
    /// What the inventory calls the NIC.
    pub nic: String,
    /// The VM's name or managed object.
    pub vm: String,
    /// The NIC's MAC address, in lower case.
    pub mac: String,
    /// The switch that it is on.
    pub switch: PortSwitch,
    /// Whether it is to hear and send frames that are not its own.
    pub promiscuous: bool,
}

/// What is wanted of a host's ports, in the inventory's order; none for a host without the
/// var.
///
/// # Errors
/// The var cannot be understood; the text says why.
pub fn wanted_ports(host: &Host) -> Result<Vec<WantedPort>, String> {
    let settings = match host.vars.get(VAR) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(settings)) => settings,
        Some(_) => return Err(wrong("it is not a mapping with `nics`")),
    };
    let known = ["vm", "nics", "ovhcloud", "vsphere"];
    if let Some(key) = settings.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(wrong(&format!("there is no field `{key}`, but {}", known.join(", "))));
    }
    let vm = match settings.get("vm") {
        None | Some(Value::Null) => host.name.clone(),
        Some(Value::String(vm)) if !vm.trim().is_empty() => vm.trim().to_owned(),
        Some(_) => return Err(wrong("`vm` is not the VM's name or moRef")),
    };
    let Some(Value::Object(nics)) = settings.get("nics") else {
        return Err(wrong("`nics` is not a mapping of names to NICs, as in `wan: {mac: …}`"));
    };
    nics.iter().map(|(nic, fields)| port(&vm, nic, fields)).collect()
}

fn port(vm: &str, nic: &str, fields: &Value) -> Result<WantedPort, String> {
    let bad = |reason: &str| wrong(&format!("`nics.{nic}` {reason}"));
    let empty = Map::new();
    let fields = fields.as_object().unwrap_or(&empty);
    let known = ["mac", "switch", "promiscuous"];
    if let Some(key) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(bad(&format!("has no field `{key}`, but {}", known.join(", "))));
    }
    let mac = fields.get("mac").and_then(Value::as_str).and_then(mac);
    let mac = mac.ok_or_else(|| bad("has no `mac`, as in \"00:50:56:00:00:11\""))?;
    let switch = match fields.get("switch").map(Value::as_str) {
        None | Some(Some("public")) => PortSwitch::Public,
        Some(Some("vrack")) => PortSwitch::Vrack,
        Some(_) => return Err(bad("has a `switch` that is neither public nor vrack")),
    };
    let promiscuous = match fields.get("promiscuous") {
        None => false,
        Some(Value::Bool(promiscuous)) => *promiscuous,
        Some(_) => return Err(bad("has a `promiscuous` that is neither true nor false")),
    };
    Ok(WantedPort { nic: nic.to_owned(), vm: vm.to_owned(), mac, switch, promiscuous })
}

/// A MAC address as it is compared: lower case, colons.
pub fn mac(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase().replace('-', ":");
    let parts: Vec<&str> = text.split(':').collect();
    let good = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    (parts.len() == 6 && parts.iter().all(good)).then_some(text)
}

fn wrong(reason: &str) -> String {
    format!("`{VAR}` cannot be used: {reason}")
}
