//! Two groups of VMs on a shared hypervisor, and a gateway VM that joins them.

use std::net::{IpAddr, Ipv4Addr};

use super::{debian, provider};
use crate::lab::spec::{HostSpec, Kind, NicSpec, Spec};

/// A hypervisor with ifupdown2 and four VMs that have no addresses yet.
///
/// | who | NICs, by their MAC addresses |
/// |---|---|
/// | `hv1` | 203.0.113.10/24 on the provider's segment, no bridges yet |
/// | `g1a`, `g1b` | `eth0` 02:00:0a:00:01:02, :03 on `vmbr11` |
/// | `g2a` | `eth0` 02:00:0a:00:02:02 on `vmbr12` |
/// | `gw12` | `eth0` 02:00:0a:00:01:01 on `vmbr11`, `eth1` 02:00:0a:00:02:01 on `vmbr12` |
///
/// The VMs are reached through `hv1` at the link-local addresses that follow from their
/// MAC addresses: nobody routes to them.
pub fn t2() -> Spec {
    let mut spec = provider();
    let mut hypervisor = debian("hv1", IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)));
    hypervisor.base = "bookworm-ifupdown2".to_owned();
    spec.hosts.push(hypervisor);
    for (name, nics) in [
        ("g1a", &[(1, 2)][..]),
        ("g1b", &[(1, 3)]),
        ("g2a", &[(2, 2)]),
        ("gw12", &[(1, 1), (2, 1)]),
    ] {
        spec.hosts.push(guest(name, nics));
    }
    spec
}

/// A VM with a NIC in each of the groups, with that last number.
fn guest(name: &str, nics: &[(u8, u8)]) -> HostSpec {
    let mut host = HostSpec::new(name, Kind::Systemd);
    if let Some((group, last)) = nics.first() {
        // The controller asks for its key by the address that `hv1` reaches it at.
        host.aliases = vec![format!("fe80::aff:fe00:{group}0{last}%vmbr1{group}")];
    }
    host.interfaces = "auto lo\niface lo inet loopback\n".to_owned();
    for (number, (group, last)) in nics.iter().enumerate() {
        let mut nic = NicSpec::new(&format!("eth{number}"), &format!("vmbr1{group}"));
        nic.inside = Some("hv1".to_owned());
        nic.mac = Some(format!("02:00:0a:00:0{group}:0{last}"));
        host.interfaces.push_str(&format!("\nauto eth{number}\niface eth{number} inet manual\n"));
        host.wire.nics.push(nic);
    }
    host
}
