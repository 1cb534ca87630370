//! Interfaces that a file names and the host does not have.
//!
//! A kernel or firmware upgrade can rename a NIC. A file with the old name then takes the
//! network down and brings nothing up, which no syntax check of the host notices.

use super::refusal::Refusal;
use crate::network::interfaces::{Interfaces, Stanza};
use crate::observed::Observation;

/// Refuses if an interface that is to be brought up neither exists nor is made by its own
/// stanzas.
pub fn check(new: &Interfaces, up: &[String], observed: &Observation) -> Result<(), Refusal> {
    for word in up {
        let (physical, logical) = word.split_once('=').unwrap_or((word, word));
        let known = observed.links.contains(physical);
        let mapped = new.mappings().next().is_some();
        if !known && !mapped && !new.whole_stanzas_of(logical).iter().any(makes_its_link) {
            let have = observed.links.iter().filter(|name| *name != "lo").cloned().collect();
            return Err(Refusal::NoInterface { name: physical.to_owned(), have });
        }
    }
    Ok(())
}

/// Whether bringing a stanza up makes its interface: a bridge, VLAN, alias, bond or tunnel,
/// or a command that adds one.
fn makes_its_link(stanza: &Stanza) -> bool {
    let by_method = matches!(
        stanza.method.as_str(),
        "loopback" | "tunnel" | "v4tunnel" | "6to4" | "ppp" | "wvdial"
    );
    let by_option = stanza.options.iter().any(|opt| {
        let key = opt.canonical();
        ["bond_", "vlan_", "tunnel_", "vxlan_", "wireguard_", "link_type", "ovs_"]
            .iter()
            .any(|p| key.starts_with(p))
            || key == "slaves"
            || key.starts_with("openvpn")
    });
    let by_command = stanza.options.iter().any(|opt| {
        let adds = ["link add", "tuntap add", "brctl addbr", "wg-quick", "tunctl"];
        opt.is_command() && adds.iter().any(|words| opt.value.contains(words))
    });
    let by_name = stanza.name.strip_prefix("vlan").is_some_and(|tag| tag.parse::<u16>().is_ok());
    stanza.is_bridge()
        || stanza.below().is_some()
        || by_method
        || by_option
        || by_command
        || by_name
}

#[cfg(test)]
mod tests {
    use super::makes_its_link;
    use crate::diagnostic::Source;
    use crate::network::interfaces::Interfaces;

    fn makes(text: &str) -> bool {
        let parsed = Interfaces::parse(&Source::new("interfaces", text)).expect("parses");
        parsed.stanzas().any(makes_its_link)
    }

    #[test]
    fn what_ifup_creates_need_not_exist() {
        for text in [
            "iface br1 inet manual\n bridge_ports none\n",
            "iface eth0.5 inet manual\n",
            "iface bond0 inet manual\n bond-slaves eth0 eth1\n",
            "iface dmz inet manual\n pre-up ip link add dmz type dummy\n",
            "iface vlan7 inet manual\n",
        ] {
            assert!(makes(text), "{text}");
        }
    }

    #[test]
    fn a_nic_must_exist() {
        assert!(!makes(
            "iface eno1 inet static\n address 203.0.113.10/24\n gateway 203.0.113.254\n"
        ));
    }
}
