//! A router VM behind the one NIC of a hypervisor.

use std::net::{IpAddr, Ipv4Addr};

use super::{SEGMENT, debian, provider};
use crate::lab::spec::{HostSpec, Kind, NicSpec, Spec};

/// The MAC address that the provider registered for the additional address.
pub const VIRTUAL_MAC: &str = "02:00:00:9a:6c:01";

/// The hypervisor's own MAC address.
pub const HOST_MAC: &str = "02:00:00:c4:7a:01";

/// A hypervisor, a router VM with the additional address, and a VM behind the router.
///
/// | who | IPv4 | IPv6 |
/// |---|---|---|
/// | controller, `gw` | as in [`t3`](super::t3) | |
/// | `hv1`, ifupdown2 | 203.0.113.10/24 | none yet |
/// | `router1`, `eth0` on `vmbr0` | 192.0.2.7/32 | none yet |
/// | `router1`, `eth1` on `vmbr1` | none yet | none yet |
/// | `lan1` on `vmbr1` | 172.16.10.205/16 | 2001:db8:2:96ce::205/64 |
///
/// The provider's switch takes frames from [`HOST_MAC`] and [`VIRTUAL_MAC`] only. `hv1` has
/// no bridge yet, so the router VM is cut off until it has.
pub fn t1() -> Spec {
    let mut spec = provider();
    for bridge in spec.bridges.iter_mut().filter(|bridge| bridge.name == SEGMENT) {
        bridge.strict = true;
    }
    if let Some(gateway) = spec.host_mut("gw") {
        gateway.wire.routes.push("192.0.2.0/28 dev inside".to_owned());
    }
    spec.controller.routes.push("192.0.2.0/28 via 198.51.100.1".to_owned());
    spec.hosts.extend([hypervisor(), router(), behind()]);
    spec
}

/// The same at a provider without virtual MACs.
///
/// The switch takes frames from [`HOST_MAC`] only, the gateway is 100.64.0.1 for everybody,
/// and 192.0.2.7 is routed to `hv1`; `router1` finds its gateway at 192.168.0.1 on `vmbr0`.
pub fn t1_routed() -> Spec {
    let mut spec = t1();
    if let Some(gateway) = spec.host_mut("gw") {
        gateway.wire.nics[1].addresses.push("100.64.0.1/32".to_owned());
        gateway.wire.routes = vec!["192.0.2.7/32 via 203.0.113.10".to_owned()];
    }
    if let Some(host) = spec.host_mut("hv1") {
        host.wire.nics[0].registered.clear();
        host.interfaces = host.interfaces.replace("203.0.113.254", "100.64.0.1");
        host.interfaces = host.interfaces.replace("203.0.113.10/24", "203.0.113.10/32");
    }
    if let Some(router) = spec.host_mut("router1") {
        router.interfaces = router.interfaces.replace("203.0.113.254", "192.168.0.1");
    }
    spec
}

fn hypervisor() -> HostSpec {
    let mut host = debian("hv1", IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)));
    host.base = "bookworm-ifupdown2".to_owned();
    host.aliases = vec!["2001:db8:2:96ce::1".to_owned()];
    for nic in &mut host.wire.nics {
        nic.mac = Some(HOST_MAC.to_owned());
        nic.registered = vec![VIRTUAL_MAC.to_owned()];
    }
    host
}

/// As a cloud image comes up: an address on the WAN side and nothing else.
fn router() -> HostSpec {
    let mut host = HostSpec::new("router1", Kind::Systemd)
        .nic(inside("eth0", "vmbr0"))
        .nic(inside("eth1", "vmbr1"));
    host.wire.nics[0].mac = Some(VIRTUAL_MAC.to_owned());
    host.aliases = vec!["192.0.2.7".to_owned(), "2001:db8:2:96ce::7".to_owned()];
    host.interfaces = "auto lo\niface lo inet loopback\n\n\
                       auto eth0\niface eth0 inet static\n\
                       \taddress 192.0.2.7/32\n\tgateway 203.0.113.254\n"
        .to_owned();
    host
}

fn behind() -> HostSpec {
    let mut nic =
        inside("eth0", "vmbr1").address("172.16.10.205/16").address("2001:db8:2:96ce::205/64");
    nic.dad = true;
    HostSpec::new("lan1", Kind::Netns)
        .nic(nic)
        .route("default via 172.16.0.1")
        .route("default via fe80::1 dev eth0")
}

fn inside(name: &str, bridge: &str) -> NicSpec {
    let mut nic = NicSpec::new(name, bridge);
    nic.inside = Some("hv1".to_owned());
    nic
}
