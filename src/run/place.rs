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

/// Where the inventory says that a host is, or will be.
pub fn named(host: &Host) -> Place {
    Place { address: host.connection.address.clone(), port: host.connection.port }
}

/// Where a host that moves was so far; none for one that stays.
///
/// # Errors
///
/// A var that names no place, in words.
pub fn old(host: &Host) -> Result<Option<Place>, String> {
    let named = named(host);
    let address = match host.vars.get("rappel_old_host") {
        None | Some(Value::Null) => named.address.clone(),
        Some(Value::String(text)) if is_address(text) => text.clone(),
        Some(_) => return Err("rappel_old_host is neither a host name nor an address".to_owned()),
    };
    let port = match host.vars.get("rappel_old_port") {
        None | Some(Value::Null) => Some(named.port),
        Some(Value::Number(number)) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let port = port
        .filter(|port| *port > 0)
        .ok_or_else(|| "rappel_old_port is not a number from 1 to 65535".to_owned())?;
    let old = Place { address, port };
    Ok((old != named).then_some(old))
}

fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '[');
    !text.is_empty() && !text.starts_with('-') && !text.contains(odd)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Place, old};
    use crate::desired::{Become, Connection, Host};

    fn host(vars: Value) -> Host {
        let Value::Object(vars) = vars else { panic!("no object") };
        let connection = Connection {
            address: "203.0.113.11".to_owned(),
            port: 2222,
            user: None,
            identity_file: None,
            r#become: Become::No,
        };
        Host { name: "hv1".to_owned(), groups: Vec::new(), vars, connection }
    }

    #[test]
    fn a_host_without_an_old_place_stays() {
        assert_eq!(old(&host(json!({}))), Ok(None));
        let same = json!({ "rappel_old_host": "203.0.113.11", "rappel_old_port": 2222 });
        assert_eq!(old(&host(same)), Ok(None));
    }

    #[test]
    fn address_and_port_move_together_or_alone() {
        let place = |address: &str, port| Ok(Some(Place { address: address.to_owned(), port }));
        assert_eq!(
            old(&host(json!({ "rappel_old_host": "203.0.113.10" }))),
            place("203.0.113.10", 2222)
        );
        assert_eq!(old(&host(json!({ "rappel_old_port": "22" }))), place("203.0.113.11", 22));
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
