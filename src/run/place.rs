//! Where a host is, before a change and after it.
//!
//! A host that moves on purpose (another address, another port) is declared by its vars:
//! `ansible_host` and `ansible_port` name the new place, `rappel_old_host` and
//! `rappel_old_port` the one where it still answers. A change is made at the old place and
//! verified at the new one; after that the old one is not needed any more.

use std::fmt;

use serde_json::Value;

use crate::desired::Host;

/// An address and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// DNS name or address.
    pub address: String,
    /// TCP port.
    pub port: u16,
}

impl Place {
    /// Under which name `known_hosts` files record it.
    pub fn known_as(&self) -> String {
        let Self { address, port } = self;
        if *port == 22 { address.clone() } else { format!("[{address}]:{port}") }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {}", self.address, self.port)
    }
}

/// The place where a host that moves was so far, as far as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// `rappel_old_host`.
    pub address: Option<String>,
    /// `rappel_old_port`.
    pub port: Option<u16>,
}

/// Where a host that moves was so far; none for one that stays.
///
/// # Errors
///
/// A var that names no place, in words.
pub fn old(host: &Host) -> Result<Option<Old>, String> {
    let address = match host.vars.get("rappel_old_host") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if is_address(text) => Some(text.clone()),
        Some(_) => return Err("rappel_old_host is neither a host name nor an address".to_owned()),
    };
    let number = match host.vars.get("rappel_old_port") {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => Some(number.as_u64().and_then(|n| u16::try_from(n).ok())),
        Some(Value::String(text)) => Some(text.trim().parse().ok()),
        Some(_) => Some(None),
    };
    let port = match number {
        None => None,
        Some(port) => Some(
            port.filter(|port| *port > 0)
                .ok_or_else(|| "rappel_old_port is not a number from 1 to 65535".to_owned())?,
        ),
    };
    Ok((address.is_some() || port.is_some()).then_some(Old { address, port }))
}

fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '[');
    !text.is_empty() && !text.starts_with('-') && !text.contains(odd)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Old, Place, old};
    use crate::desired::Host;

    fn host(vars: Value) -> Host {
        let Value::Object(vars) = vars else { panic!("no object") };
        let mut host = Host { vars, ..Host::plain("hv1") };
        host.connection.address = "203.0.113.11".to_owned();
        host.connection.port = Some(2222);
        host
    }

    #[test]
    fn address_and_port_move_together_or_alone() {
        let place = |address: Option<&str>, port| {
            Ok(Some(Old { address: address.map(str::to_owned), port }))
        };
        assert_eq!(old(&host(json!({}))), Ok(None));
        assert_eq!(
            old(&host(json!({ "rappel_old_host": "203.0.113.10" }))),
            place(Some("203.0.113.10"), None)
        );
        assert_eq!(old(&host(json!({ "rappel_old_port": "22" }))), place(None, Some(22)));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for vars in [
            json!({ "rappel_old_host": "root@x" }),
            json!({ "rappel_old_host": 7 }),
            json!({ "rappel_old_port": 0 }),
            json!({ "rappel_old_port": "ssh" }),
        ] {
            assert!(old(&host(vars.clone())).is_err(), "{vars}");
        }
    }

    #[test]
    fn known_hosts_writes_other_ports_in_brackets() {
        let place = Place { address: "a".to_owned(), port: 2222 };
        assert_eq!(place.known_as(), "[a]:2222");
    }
}
