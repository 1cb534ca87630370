//! The provider around the twins: its switches, its gateways, the controller's place, and a
//! stranger on every wire who does nothing until he is told to.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::names::{GATEWAY, STRANGER};
use crate::diagnostic::Diagnostic;
use crate::lab::{Bridge, HostSpec, Kind, NicSpec, Spec, Wire};

/// The switch between the controller and the gateway.
const TRANSIT: &str = "transit";
/// Networks for it, the first two addresses used; one that no host of the inventory has.
const TRANSITS: [&str; 4] =
    ["198.18.255.0/30", "198.19.0.0/30", "192.0.0.0/29", "100.127.255.0/30"];
const TRANSIT6: &str = "fd72:6170:7065:6c00::/64";

/// A wire of the provider's.
#[derive(Debug, Clone, Default)]
pub(super) struct Segment {
    /// The gateways on it.
    pub gateways: BTreeSet<IpAddr>,
    /// Networks of hosts on it.
    pub nets: BTreeSet<IpNet>,
    /// Addresses of hosts on it.
    pub addresses: BTreeSet<IpAddr>,
    /// Networks behind hosts on it, each by the address of its host.
    pub behind: BTreeSet<(IpNet, IpAddr)>,
    /// Networks behind hosts that answer for them on the wire.
    pub answered: BTreeSet<IpNet>,
}

/// The switch's name of a wire, which is also the name of NICs on it.
pub(super) fn name(segment: usize) -> String {
    format!("seg{segment}")
}

/// Everything but the hosts themselves.
///
/// # Errors
/// Networks that leave no room for the controller's own.
pub(super) fn provider(segments: &[Segment]) -> Result<Spec, Box<Diagnostic>> {
    let transit = transit(segments)?;
    let (near, far) = (nth(transit, 1), nth(transit, 2));
    let transit6: IpNet = TRANSIT6.parse().unwrap_or(transit);
    let (near6, far6) = (nth(transit6, 1), nth(transit6, 2));
    let mut spec = Spec {
        bridges: vec![Bridge::new(TRANSIT)],
        controller: Wire {
            nics: vec![NicSpec::new("eth0", TRANSIT).address(&near).address(&near6)],
            ..Wire::default()
        },
        gateway: Some(GATEWAY.to_owned()),
        hosts: Vec::new(),
    };
    let outside = NicSpec::new("outside", TRANSIT).address(&far).address(&far6);
    let mut gateway = HostSpec::new(GATEWAY, Kind::Netns).nic(outside);
    gateway.wire.sysctls = [
        "net.ipv4.ip_forward=1",
        "net.ipv4.conf.all.send_redirects=0",
        "net.ipv6.conf.all.forwarding=1",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut stranger = HostSpec::new(STRANGER, Kind::Netns);
    for (number, segment) in segments.iter().enumerate() {
        let wire = name(number);
        spec.bridges.push(Bridge::new(&wire));
        stranger.wire.nics.push(NicSpec::new(&wire, &wire));
        if segment.gateways.is_empty() {
            spec.controller.nics.extend(beside(number, segment));
            continue;
        }
        let nic = with_gateways(&wire, segment);
        gateway.wire.routes.extend(routes(&wire, segment, &nic));
        gateway.wire.nics.push(nic);
        let via = |net: IpNet| bare(if net.addr().is_ipv4() { &far } else { &far6 });
        let known = segment.nets.iter().chain(&segment.answered);
        let known = known.chain(segment.behind.iter().map(|(net, _)| net)).map(IpNet::trunc);
        let known: BTreeSet<IpNet> = known.collect();
        spec.controller
            .routes
            .extend(known.into_iter().map(|net| format!("{net} via {}", via(net))));
    }
    spec.controller.routes.sort();
    spec.controller.routes.dedup();
    gateway.wire.routes.dedup();
    spec.hosts = vec![gateway, stranger];
    Ok(spec)
}

fn transit(segments: &[Segment]) -> Result<IpNet, Box<Diagnostic>> {
    let used = |net: &IpNet| {
        let overlaps = |own: &IpNet| own.contains(&net.addr()) || net.contains(&own.addr());
        segments.iter().any(|segment| {
            segment.nets.iter().any(overlaps)
                || segment.behind.iter().any(|(own, _)| overlaps(own))
                || segment.gateways.iter().any(|gateway| net.contains(gateway))
        })
    };
    let mut nets = TRANSITS.iter().filter_map(|text| text.parse::<IpNet>().ok());
    nets.find(|net| !used(net)).ok_or_else(|| {
        let message = format!("the lab's own network, one of {}, is used", TRANSITS.join(", "));
        Box::new(Diagnostic::error(message).remedy("rehearse fewer hosts at once: --limit"))
    })
}

/// The n-th address of a network, with its prefix.
fn nth(net: IpNet, number: u8) -> String {
    let address = match net.network() {
        IpAddr::V4(v4) => IpAddr::from((u32::from(v4) + u32::from(number)).to_be_bytes()),
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) + u128::from(number)).to_be_bytes()),
    };
    format!("{address}/{}", net.prefix_len())
}

fn bare(address: &str) -> &str {
    address.split('/').next().unwrap_or(address)
}

/// The gateway's card on a wire.
fn with_gateways(wire: &str, segment: &Segment) -> NicSpec {
    let mut nic = NicSpec::new(wire, wire);
    for gateway in &segment.gateways {
        let around = segment.nets.iter().filter(|net| net.contains(gateway));
        let prefix = match around.map(IpNet::prefix_len).max() {
            Some(prefix) => prefix,
            None if is_link_local(*gateway) => 64,
            None => IpNet::from(*gateway).prefix_len(),
        };
        nic = nic.address(&format!("{gateway}/{prefix}"));
    }
    nic
}

/// What the gateway has to know beyond the networks that it is in.
fn routes(wire: &str, segment: &Segment, nic: &NicSpec) -> Vec<String> {
    let own: Vec<IpNet> = nic.addresses.iter().filter_map(|text| text.parse().ok()).collect();
    let covered = |net: &IpNet| own.iter().any(|own| own.trunc() == net.trunc());
    let on_link = segment.nets.iter().chain(&segment.answered).filter(|net| !covered(net));
    let on_link: BTreeSet<IpNet> = on_link.map(IpNet::trunc).collect();
    let mut routes: Vec<String> = on_link.iter().map(|net| format!("{net} dev {wire}")).collect();
    let behind = segment.behind.iter().filter(|(net, _)| !covered(net));
    routes.extend(
        behind
            .filter(|(net, _)| !on_link.contains(&net.trunc()))
            .map(|(net, via)| format!("{} via {via}", net.trunc())),
    );
    routes
}

/// The controller's card on a wire without a gateway: it must be there itself.
fn beside(number: usize, segment: &Segment) -> Option<NicSpec> {
    let mut nic = NicSpec::new(&format!("lan{number}"), &name(number));
    for net in segment.nets.iter().filter(|net| net.prefix_len() + 2 <= net.max_prefix_len()) {
        let last = match net.broadcast() {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => u128::from(v6),
        };
        let spare = (1..200).map(|back| at(last - back, *net));
        let spare = spare.into_iter().find(|own| !segment.addresses.contains(own))?;
        nic = nic.address(&format!("{spare}/{}", net.prefix_len()));
    }
    (!nic.addresses.is_empty()).then_some(nic)
}

#[allow(clippy::cast_possible_truncation, reason = "an IPv4 address came from 32 bits")]
fn at(number: u128, net: IpNet) -> IpAddr {
    match net {
        IpNet::V4(_) => IpAddr::from((number as u32).to_be_bytes()),
        IpNet::V6(_) => IpAddr::from(number.to_be_bytes()),
    }
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Segment, provider};

    fn segment(gateways: &[&str], nets: &[&str]) -> Segment {
        Segment {
            gateways: gateways.iter().map(|text| text.parse().unwrap()).collect(),
            nets: nets.iter().map(|text| text.parse().unwrap()).collect(),
            addresses: nets.iter().map(|t| t.split('/').next().unwrap().parse().unwrap()).collect(),
            ..Segment::default()
        }
    }

    #[test]
    fn gateways_outside_of_their_networks_get_routes() {
        let wires = [segment(&["100.64.0.1", "fe80::1"], &["203.0.113.9/32", "2001:db8:9::1/64"])];
        let spec = provider(&wires).unwrap();
        let gateway = spec.host("gw").unwrap();
        assert_eq!(gateway.wire.nics[1].addresses, ["100.64.0.1/32", "fe80::1/64"]);
        assert_eq!(gateway.wire.routes, ["203.0.113.9/32 dev seg0", "2001:db8:9::/64 dev seg0"]);
        assert_eq!(spec.controller.routes.len(), 2);
    }

    #[test]
    fn the_controllers_network_is_nobodys() {
        let spec = provider(&[segment(&["198.18.0.1"], &["198.18.0.9/16"])]).unwrap();
        assert_eq!(spec.controller.nics[0].addresses[0], "198.19.0.1/30");
        assert_eq!(spec.host("gw").unwrap().wire.nics[1].addresses, ["198.18.0.1/16"]);
    }

    #[test]
    fn without_a_gateway_the_controller_stands_beside() {
        let spec = provider(&[segment(&[], &["10.0.0.254/24"])]).unwrap();
        assert_eq!(spec.controller.nics[1].addresses, ["10.0.0.253/24"]);
    }
}
