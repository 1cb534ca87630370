//! Two firewall VMs that share an address, on a KVM host at a strict provider.

use std::net::{IpAddr, Ipv4Addr};

use super::{SEGMENT, debian, provider};
use crate::lab::spec::{HostSpec, Kind, NicSpec, Spec};

/// The MAC address that the shared IPv4 address has, whoever answers: VRRP's, for group 51.
pub const SHARED_MAC: &str = "00:00:5e:00:01:33";

/// The KVM host's own MAC address.
pub const KVM_MAC: &str = "02:00:00:c4:70:01";

/// The firewalls' own MAC addresses.
pub const FIREWALL_MACS: [&str; 2] = ["02:00:00:f1:00:01", "02:00:00:f1:00:02"];

/// A KVM host and two VMs with keepalived and ucarp.
///
/// | who | IPv4 | MAC address |
/// |---|---|---|
/// | controller, `gw` | as in [`t3`](super::t3) | |
/// | `hv1` | 203.0.113.10/24 | [`KVM_MAC`] |
/// | `fw1`, `fw2` on `br0` in `hv1` | 203.0.113.21/24, .22 | [`FIREWALL_MACS`] |
///
/// The provider's switch takes frames from these and from [`SHARED_MAC`] only. `hv1` has no
/// bridge yet, so the firewalls are cut off until it has.
pub fn t0() -> Spec {
    let mut spec = provider();
    for bridge in spec.bridges.iter_mut().filter(|bridge| bridge.name == SEGMENT) {
        bridge.strict = true;
    }
    let mut host = debian("hv1", IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)));
    for nic in &mut host.wire.nics {
        nic.mac = Some(KVM_MAC.to_owned());
        nic.registered = FIREWALL_MACS.iter().map(|mac| (*mac).to_owned()).collect();
        nic.registered.push(SHARED_MAC.to_owned());
    }
    spec.hosts.push(host);
    for (number, mac) in FIREWALL_MACS.iter().enumerate() {
        spec.hosts.push(firewall(number + 1, mac));
    }
    spec
}

/// As a cloud image comes up: an address, and nothing that anybody has configured.
fn firewall(number: usize, mac: &str) -> HostSpec {
    let address = format!("203.0.113.2{number}");
    let mut nic = NicSpec::new("eth0", "br0");
    nic.inside = Some("hv1".to_owned());
    nic.mac = Some(mac.to_owned());
    let mut host = HostSpec::new(&format!("fw{number}"), Kind::Systemd).nic(nic);
    host.base = "bookworm-vrrp".to_owned();
    host.aliases = vec![address.clone()];
    host.interfaces = format!(
        "auto lo\niface lo inet loopback\n\n\
         auto eth0\niface eth0 inet static\n\
         \taddress {address}/24\n\tgateway 203.0.113.254\n"
    );
    host
}
