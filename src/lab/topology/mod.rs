//! Ready-made labs.

use std::net::{IpAddr, Ipv4Addr};

use super::spec::{Bridge, HostSpec, Kind, NicSpec, Spec, Wire};

mod t0;
mod t1;
mod t2;
mod t4;

pub use t0::{FIREWALL_MACS, KVM_MAC, SHARED_MAC, t0};
pub use t1::{HOST_MAC, VIRTUAL_MAC, t1, t1_routed};
pub use t2::t2;
pub use t4::{NIC_MAC, t4};

/// The segment between the provider's gateway and its customers' hosts.
pub const SEGMENT: &str = "segment";

/// The network between the controller and the provider's gateway: everybody's internet.
pub const TRANSIT: &str = "transit";

/// A hypervisor at a provider of dedicated servers, with two guests.
///
/// | who | IPv4 | IPv6 |
/// |---|---|---|
/// | controller | 198.51.100.2/24 | 2001:db8:ffff::2/64 |
/// | `gw`, outside | 198.51.100.1/24 | 2001:db8:ffff::1/64 |
/// | `gw`, segment | 203.0.113.254/24 | 2001:db8:2:96ff:ff:ff:ff:ff/56 |
/// | `hv1` | 203.0.113.10/24 | none yet; its /64 is 2001:db8:2:96ce::/64 |
/// | `guest1`, `guest2` on `br1` in `hv1` | 10.42.0.11/24, .12 | 2001:db8:2:96ce::11/64, ::12 |
///
/// The gateway has no route to the host's /64: it lies in the on-link /56, so every
/// address of it has to answer neighbour solicitations on the segment. The guests'
/// gateways are 10.42.0.1 and fe80::1, which `hv1` does not have yet.
pub fn t3() -> Spec {
    let mut spec = provider();
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10));
    let mut hypervisor = debian("hv1", address);
    hypervisor.aliases = vec!["2001:db8:2:96ce::1".into(), "2001:db8:2:96ce::2".into()];
    spec.hosts.push(hypervisor);
    for (name, last) in [("guest1", 11), ("guest2", 12)] {
        spec.hosts.push(guest(name, last));
    }
    spec
}

/// Two hosts without systemd, `p1` at 203.0.113.21 and `p2` at 203.0.113.22, behind the
/// provider's gateway `gw`.
pub fn plain_pair() -> Spec {
    let mut spec = provider();
    for (name, last) in [("p1", 21), ("p2", 22)] {
        spec.hosts.push(plain(name, Ipv4Addr::new(203, 0, 113, last)));
    }
    spec
}

/// `h0`, `h1` … with systemd, at 203.0.113.30, .31 …, behind the provider's gateway `gw`.
/// At most 200: the segment has no more addresses.
pub fn fleet(count: u8) -> Spec {
    let mut spec = provider();
    for number in 0..count.min(200) {
        let address = Ipv4Addr::new(203, 0, 113, 30 + number);
        spec.hosts.push(debian(&format!("h{number}"), address.into()));
    }
    spec
}

/// `N` or `N:BASE`, as in `20:bookworm-python`.
fn fleet_of(words: &str) -> Option<Spec> {
    let (count, base) = words.split_once(':').map_or((words, None), |(n, base)| (n, Some(base)));
    let mut spec = fleet(count.parse().ok()?);
    if let Some(base) = base {
        for host in spec.hosts.iter_mut().filter(|host| host.has_root()) {
            base.clone_into(&mut host.base);
        }
    }
    Some(spec)
}

/// The names that the command line knows.
pub const NAMES: [&str; 8] =
    ["t0", "t1", "t1-routed", "t2", "t3", "t4", "plain-pair", "fleet:N[:BASE]"];

/// The topology of that name, as the command line takes it: one of [`NAMES`], with
/// `fleet:N` with N hosts, `fleet:N:BASE` with hosts of another Debian root.
pub fn by_name(name: &str) -> Option<Spec> {
    match name {
        "t0" => Some(t0()),
        "t1" => Some(t1()),
        "t1-routed" => Some(t1_routed()),
        "t2" => Some(t2()),
        "t3" => Some(t3()),
        "t4" => Some(t4()),
        "plain-pair" => Some(plain_pair()),
        _ => fleet_of(name.strip_prefix("fleet:")?),
    }
}

/// Controller, gateway and an empty segment. Only the lab's own networks are routed:
/// nobody has a default route but the customers' hosts.
fn provider() -> Spec {
    let gateway = HostSpec::new("gw", Kind::Netns)
        .nic(
            NicSpec::new("outside", TRANSIT)
                .address("198.51.100.1/24")
                .address("2001:db8:ffff::1/64"),
        )
        .nic(
            NicSpec::new("inside", SEGMENT)
                .address("203.0.113.254/24")
                .address("2001:db8:2:96ff:ff:ff:ff:ff/56"),
        );
    let mut spec = Spec {
        bridges: [TRANSIT, SEGMENT].map(Bridge::new).to_vec(),
        controller: controller(),
        gateway: Some("gw".to_owned()),
        hosts: vec![gateway],
    };
    if let Some(gateway) = spec.host_mut("gw") {
        gateway.wire.sysctls =
            vec!["net.ipv4.ip_forward=1".to_owned(), "net.ipv6.conf.all.forwarding=1".to_owned()];
    }
    spec
}

fn controller() -> Wire {
    Wire {
        nics: vec![
            NicSpec::new("eth0", TRANSIT).address("198.51.100.2/24").address("2001:db8:ffff::2/64"),
        ],
        routes: vec![
            "203.0.113.0/24 via 198.51.100.1".to_owned(),
            "2001:db8:2:9600::/56 via 2001:db8:ffff::1".to_owned(),
        ],
        sysctls: Vec::new(),
    }
}

/// A Debian host as a provider hands it over.
fn debian(name: &str, address: IpAddr) -> HostSpec {
    let mut host = HostSpec::new(name, Kind::Systemd).nic(NicSpec::new("eth0", SEGMENT));
    host.address = Some(address);
    host.interfaces = format!(
        "# This file describes the network interfaces available on your system\n\
         # and how to activate them. For more information, see interfaces(5).\n\
         \n\
         source /etc/network/interfaces.d/*\n\
         \n\
         # The loopback network interface\n\
         auto lo\n\
         iface lo inet loopback\n\
         \n\
         # The primary network interface\n\
         auto eth0\n\
         iface eth0 inet static\n\
         \taddress {address}/24\n\
         \tgateway 203.0.113.254\n"
    );
    host
}

fn plain(name: &str, address: Ipv4Addr) -> HostSpec {
    let nic = NicSpec::new("eth0", SEGMENT).address(&format!("{address}/24"));
    let mut host = HostSpec::new(name, Kind::Plain).nic(nic).route("default via 203.0.113.254");
    host.address = Some(address.into());
    host.interfaces = format!(
        "auto lo\niface lo inet loopback\n\n\
         auto eth0\niface eth0 inet static\n\taddress {address}/24\n\tgateway 203.0.113.254\n"
    );
    host
}

fn guest(name: &str, last: u8) -> HostSpec {
    let mut nic = NicSpec::new("eth0", "br1")
        .address(&format!("10.42.0.{last}/24"))
        .address(&format!("2001:db8:2:96ce::{last}/64"));
    nic.inside = Some("hv1".to_owned());
    // Guests look for duplicates like real ones: a wrong proxy entry has to show.
    nic.dad = true;
    HostSpec::new(name, Kind::Netns)
        .nic(nic)
        .route("default via 10.42.0.1")
        .route("default via fe80::1 dev eth0")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{by_name, fleet, t3};

    #[test]
    fn names_lead_to_topologies() {
        assert!(by_name("t3").is_some());
        assert_eq!(by_name("fleet:3"), Some(fleet(3)));
        assert!(by_name("fleet:many").is_none());
        let other = by_name("fleet:2:trixie").unwrap();
        assert_eq!(other.host("h1").unwrap().base, "trixie");
        assert!(by_name("t9").is_none());
    }

    #[test]
    fn nobody_but_the_hosts_has_a_default_route() {
        let spec = t3();
        let gateway = spec.host("gw").unwrap();
        let routes = spec.controller.routes.iter().chain(&gateway.wire.routes);
        assert!(routes.into_iter().all(|route| !route.starts_with("default")));
    }
}
