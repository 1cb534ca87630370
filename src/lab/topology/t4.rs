//! A KVM host in a flat network, with an address by DHCP on its only NIC.

use std::net::{IpAddr, Ipv4Addr};

use super::{SEGMENT, provider};
use crate::lab::spec::{HostSpec, Kind, NicSpec, Spec};

/// The MAC address of the host's only NIC.
pub const NIC_MAC: &str = "02:00:ac:10:01:01";

/// A host with libvirt and a DHCP client, and a VM that waits for its bridge.
///
/// | who | IPv4 | IPv6 |
/// |---|---|---|
/// | controller | 198.51.100.2/24 | 2001:db8:ffff::2/64 |
/// | `gw`, the router and DHCP server | 172.16.0.1/16 | 2001:db8:4::1/64 |
/// | `hv1`, `enp4s0f0` | 172.16.1.1/16 by DHCP | none yet |
/// | `vm1` on `br0` in `hv1` | 172.16.20.5/16 | 2001:db8:4::205/64 |
pub fn t4() -> Spec {
    let mut spec = provider();
    if let Some(gateway) = spec.host_mut("gw") {
        gateway.wire.nics[1].addresses =
            ["172.16.0.1/16", "2001:db8:4::1/64"].map(str::to_owned).to_vec();
        gateway.programs = vec![dhcp_server()];
    }
    spec.controller.routes =
        ["172.16.0.0/16 via 198.51.100.1", "2001:db8:4::/64 via 2001:db8:ffff::1"]
            .map(str::to_owned)
            .to_vec();
    spec.hosts.extend([host(), guest()]);
    spec
}

/// Its files are in a directory that is the lab's own, and ends with it.
fn dhcp_server() -> String {
    format!(
        "cd /run/systemd/nspawn && cat >udhcpd.conf <<E && exec busybox udhcpd -f udhcpd.conf\n\
         start 172.16.200.1\nend 172.16.200.50\nmax_leases 50\ninterface inside\n\
         lease_file $PWD/leases\npidfile $PWD/udhcpd.pid\n\
         option subnet 255.255.0.0\noption router 172.16.0.1\noption lease 120\n\
         static_lease {NIC_MAC} 172.16.1.1\nE\n"
    )
}

fn host() -> HostSpec {
    let mut host = HostSpec::new("hv1", Kind::Systemd).nic(NicSpec::new("enp4s0f0", SEGMENT));
    host.base = "bookworm-libvirt".to_owned();
    host.wire.nics[0].mac = Some(NIC_MAC.to_owned());
    host.address = Some(IpAddr::V4(Ipv4Addr::new(172, 16, 1, 1)));
    host.aliases = vec!["2001:db8:4::10".to_owned()];
    // As the Debian installer leaves it.
    host.interfaces = "source /etc/network/interfaces.d/*\n\n\
                       auto lo\niface lo inet loopback\n\n\
                       # The primary network interface\n\
                       allow-hotplug enp4s0f0\niface enp4s0f0 inet dhcp\n"
        .to_owned();
    host
}

fn guest() -> HostSpec {
    let mut nic =
        NicSpec::new("eth0", "br0").address("172.16.20.5/16").address("2001:db8:4::205/64");
    nic.inside = Some("hv1".to_owned());
    nic.dad = true;
    HostSpec::new("vm1", Kind::Netns)
        .nic(nic)
        .route("default via 172.16.0.1")
        .route("default via 2001:db8:4::1")
}
