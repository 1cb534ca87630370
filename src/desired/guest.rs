//! A guest as its hypervisor's vars name it, with what runs it.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::Host;

/// What runs a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manager {
    /// libvirt, by virsh.
    Virsh,
    /// Proxmox VE, a VM.
    Qm,
    /// Proxmox VE, a container.
    Pct,
    /// systemd-nspawn, by its unit.
    Nspawn,
    /// A command of the user's.
    Command(String),
}

impl Manager {
    /// Its word in the request.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Virsh => "virsh",
            Self::Qm => "qm",
            Self::Pct => "pct",
            Self::Nspawn => "nspawn",
            Self::Command(_) => "command",
        }
    }
}

/// A guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// What the inventory calls it.
    pub name: String,
    /// What runs it, if the vars say so.
    pub manager: Option<Manager>,
    /// What its manager calls it.
    pub id: String,
    /// The bridge that it is on; the uplink's bridge if there is no other.
    pub bridge: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// The guest of that name, if the host's `network.guests` has one.
pub fn guest_of(host: &Host, name: &str) -> Option<Guest> {
    let network = host.vars.get("network")?.as_object()?;
    let guests = network.get("guests")?.as_array()?;
    let vars = guests.iter().filter_map(Value::as_object);
    let vars = vars.into_iter().find(|vars| text(vars, "name").as_deref() == Some(name))?;
    let manager = text(vars, "restart").map(Manager::Command).or_else(|| {
        Some(match text(vars, "manager")?.as_str() {
            "virsh" => Manager::Virsh,
            "qm" => Manager::Qm,
            "pct" => Manager::Pct,
            "nspawn" => Manager::Nspawn,
            _ => return None,
        })
    });
    let address = |key: &str| text(vars, key)?.split('/').next()?.parse().ok();
    Some(Guest {
        name: name.to_owned(),
        manager,
        id: text(vars, "id").unwrap_or_else(|| name.to_owned()),
        bridge: text(vars, "bridge"),
        addresses: ["ipv4", "ipv6"].iter().filter_map(|key| address(key)).collect(),
    })
}

fn text(vars: &Map<String, Value>, key: &str) -> Option<String> {
    match vars.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Manager, guest_of};
    use crate::desired::Host;

    fn host(guest: serde_json::Value) -> Host {
        let mut host = Host::plain("hv1");
        host.vars.insert("network".to_owned(), json!({ "guests": [guest] }));
        host
    }

    #[test]
    fn a_number_is_an_id_and_the_name_is_one_without() {
        let guest = guest_of(&host(json!({"name": "g", "manager": "qm", "id": 101})), "g");
        let guest = guest.expect("a guest");
        assert_eq!((guest.id.as_str(), guest.manager), ("101", Some(Manager::Qm)));
        let guest = guest_of(&host(json!({"name": "g", "restart": "/bin/x"})), "g");
        let guest = guest.expect("a guest");
        assert_eq!(guest.id, "g");
        assert_eq!(guest.manager, Some(Manager::Command("/bin/x".to_owned())));
        assert_eq!(guest_of(&host(json!({"name": "g"})), "other"), None);
    }
}
