//! From what is known of hosts to a lab.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::gateways::{Claim, Gateways, weigh};
use super::links::{Links, is_public, is_single};
use super::names::Names;
use super::provider::{Segment, name, provider};
use super::today::{Today, network_of};
use super::wiring::{Card, join};
use super::{Basis, Subject, Twin, Twins};
use crate::desired::{Artifact, ArtifactKind, Desired};
use crate::diagnostic::Diagnostic;
use crate::lab::{HostSpec, Kind, NicSpec, Spec};
use crate::network::live::family;
use crate::plan::guests;

/// More hosts do not fit into a lab of one machine.
const MOST: usize = 200;

/// What whoever makes the lab decides.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The Debian root of all hosts, instead of the one that fits each.
    pub base: Option<String>,
    /// MiB of each twin's disk; none for no disk of its own.
    pub disk: Option<u32>,
    /// Who logs in where the inventory names nobody.
    pub user: Option<String>,
}

/// A host on its way to a twin.
struct Draft<'a> {
    subject: &'a Subject<'a>,
    today: Today,
    name: String,
    /// The hypervisor, by its number, and its bridge, of a guest.
    inside: Option<(usize, String)>,
}

/// Makes twins of hosts.
///
/// # Errors
/// Hosts of which no twin can be made, each with the reason.
pub fn twins(subjects: &[Subject<'_>], settings: &Settings) -> Result<Twins, Vec<Diagnostic>> {
    if subjects.len() > MOST {
        let message = format!("{} twins do not fit into one lab: at most {MOST}", subjects.len());
        let remedy = "rehearse a part of the fleet: --limit";
        return Err(vec![Diagnostic::error(message).remedy(remedy)]);
    }
    let mut names = Names::new();
    let mut drafts: Vec<Draft<'_>> = subjects
        .iter()
        .map(|subject| Draft {
            subject,
            today: Today::of(subject),
            name: names.like(&subject.desired.host.name),
            inside: None,
        })
        .collect();
    homes(&mut drafts);
    assume(&mut drafts)?;
    let mut cards = cards(&drafts);
    let count = join(&mut cards);
    let gateways = weigh(&claims(&drafts, &cards));
    let segments = segments(&drafts, &cards, &gateways, count);
    let mut spec = provider(&segments).map_err(|mistake| vec![mistake])?;
    let mut assumptions = based(&drafts);
    assumptions.extend(gateways.assumptions.iter().cloned());
    assumptions.extend(not_modelled(&drafts));
    let mut hosts = Vec::new();
    for at in 0..drafts.len() {
        let (host, twin) = make(&mut drafts, at, &cards, &gateways, settings);
        spec.hosts.push(host);
        hosts.push(twin);
    }
    stand_ins(&drafts, &mut spec, &mut names);
    let names = known_names(&drafts);
    Ok(Twins { spec, hosts, names, assumptions })
}

/// Finds the guests among the hosts: their address is in a network behind another host, or
/// that host's vars name them.
fn homes(drafts: &mut [Draft<'_>]) {
    for at in 0..drafts.len() {
        let own = &drafts[at];
        let host = &own.subject.desired.host;
        let mut found: Vec<(bool, u8, usize, String)> = Vec::new();
        for (number, other) in drafts.iter().enumerate().filter(|(number, _)| *number != at) {
            let listed = guests(&other.subject.desired.host).into_iter().find(|guest| {
                guest.name == host.name
                    || own.today.address.is_some_and(|address| guest.addresses.contains(&address))
            });
            let near =
                other.today.inner().into_iter().filter(|(_, net)| {
                    own.today.address.is_some_and(|address| net.contains(&address))
                });
            let near = near.max_by_key(|(_, net)| net.prefix_len());
            let bridge = listed.as_ref().and_then(|guest| guest.bridge.clone());
            let bridge = bridge.or_else(|| near.as_ref().map(|(dev, _)| dev.clone()));
            if let Some(bridge) = bridge {
                let prefix = near.map_or(0, |(_, net)| net.prefix_len());
                found.push((listed.is_some(), prefix, number, bridge));
            }
        }
        let best = found.into_iter().max_by_key(|(listed, prefix, number, _)| {
            (*listed, *prefix, std::cmp::Reverse(*number))
        });
        // A host with a network behind it that its own address is in is no guest of another.
        let is_home =
            drafts[at].today.inner().iter().any(|(_, net)| {
                drafts[at].today.address.is_some_and(|address| net.contains(&address))
            });
        drafts[at].inside =
            best.filter(|_| !is_home).map(|(_, _, number, bridge)| (number, bridge));
    }
}

/// Gives hosts of which nothing is known a network.
fn assume(drafts: &mut [Draft<'_>]) -> Result<(), Vec<Diagnostic>> {
    let fleet: Vec<IpNet> =
        drafts.iter().flat_map(|draft| draft.today.nets()).map(|(_, net)| net).collect();
    let mut mistakes = Vec::new();
    for at in 0..drafts.len() {
        if drafts[at].today.basis != Basis::Assumed {
            continue;
        }
        let Some(address) = drafts[at].today.address else {
            let host = &drafts[at].subject.desired.host;
            let message = format!(
                "nobody knows the address of {}: `{}` is none, and it has no record",
                host.name, host.connection.address
            );
            mistakes.push(Diagnostic::error(message).remedy(
                "record the host: rappel lab record, or write its ansible_host as an address",
            ));
            continue;
        };
        let inner: Vec<IpNet> = drafts[at]
            .inside
            .iter()
            .flat_map(|(number, _)| drafts[*number].today.inner())
            .map(|(_, net)| net)
            .collect();
        let around = if inner.is_empty() { &fleet } else { &inner };
        let net = network_of(address, &drafts[at].today.wanted, around);
        drafts[at].today.assume(net);
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// The NICs of hosts that are no guests.
fn cards(drafts: &[Draft<'_>]) -> Vec<Card> {
    let mut cards = Vec::new();
    for (host, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.inside.is_none()) {
        let (nets, gateways) = (draft.today.nets(), draft.today.gateways());
        for nic in draft.today.nics() {
            let own = nets.iter().filter(|(dev, _)| *dev == nic).map(|(_, net)| *net).collect();
            // One that is only wished for tells nothing: it may be the mistake.
            let known = gateways.iter().filter(|(dev, _, known)| *dev == nic && *known);
            let gateways = known.map(|(_, via, _)| *via).collect();
            cards.push(Card { host, nic, nets: own, gateways, segment: 0 });
        }
    }
    cards
}

fn claims(drafts: &[Draft<'_>], cards: &[Card]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for card in cards {
        let draft = &drafts[card.host];
        for (_, gateway, known) in
            draft.today.gateways().into_iter().filter(|(nic, ..)| *nic == card.nic)
        {
            let same = |net: &&IpNet| family(net.addr()) == family(gateway);
            let around = card.nets.iter().filter(same).find(|net| net.contains(&gateway));
            let net = around.or_else(|| card.nets.iter().find(same)).copied();
            let host = draft.subject.desired.host.name.clone();
            claims.push(Claim { host, segment: card.segment, net, gateway, known });
        }
    }
    claims
}

fn segments(
    drafts: &[Draft<'_>],
    cards: &[Card],
    gateways: &Gateways,
    count: usize,
) -> Vec<Segment> {
    let mut segments = vec![Segment::default(); count];
    for (segment, gateway) in &gateways.there {
        segments[*segment].gateways.insert(*gateway);
    }
    for card in cards {
        let segment = &mut segments[card.segment];
        segment.nets.extend(card.nets.iter().copied());
        segment.addresses.extend(card.nets.iter().map(IpNet::addr));
        let today = &drafts[card.host].today;
        if card.nic != today.main_nic() {
            continue;
        }
        for (_, net) in today.inner().into_iter().filter(|(_, net)| is_public(*net)) {
            let same = |own: &&IpNet| own.addr().is_ipv4() == net.addr().is_ipv4();
            if today.proxies(net) {
                segment.answered.insert(net.trunc());
            } else if let Some(own) = card.nets.iter().find(same) {
                segment.behind.insert((net.trunc(), own.addr()));
            }
        }
    }
    segments
}

/// One host of the lab.
fn make(
    drafts: &mut [Draft<'_>],
    at: usize,
    cards: &[Card],
    gateways: &Gateways,
    settings: &Settings,
) -> (HostSpec, Twin) {
    let home = drafts[at].inside.clone();
    let home = home.map(|(number, bridge)| (drafts[number].name.clone(), bridge, number));
    let ways_out = match &home {
        Some((_, bridge, number)) => bridge_addresses(&drafts[*number].today, bridge),
        None => of_host(gateways, &drafts[at].subject.desired.host.name),
    };
    let others: BTreeSet<IpAddr> = drafts
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != at)
        .flat_map(|(_, other)| other.today.own())
        .collect();
    let draft = &mut drafts[at];
    let desired = draft.subject.desired;
    let connection = &desired.host.connection;
    let mut host = HostSpec::new(&draft.name, Kind::Systemd);
    host.base = settings.base.clone().unwrap_or_else(|| base(&draft.today, desired).to_owned());
    let nics = draft.today.nics();
    let segment_of = |nic: &str| {
        cards.iter().find(|card| card.host == at && card.nic == nic).map(|card| name(card.segment))
    };
    for nic in &nics {
        let wire = segment_of(nic).unwrap_or_default();
        let mut spec = NicSpec::new(nic, &wire);
        if let Some((home, bridge, _)) = &home {
            (spec.inside, spec.bridge) = (Some(home.clone()), bridge.clone());
        }
        spec.mac = draft.today.macs.get(nic).cloned();
        host.wire.nics.push(spec);
    }
    host.interfaces = draft.today.interfaces(&ways_out);
    for (path, (mode, text)) in &draft.today.files {
        let path = real(path);
        host.modes.insert(path.clone(), *mode);
        host.files.insert(path, text.clone());
    }
    host.address = draft.today.address.filter(|_| home.is_none());
    host.aliases = aliases(&draft.today, &desired.host.name, &connection.address, &others);
    host.port = connection.port;
    host.accounts = connection.user.clone().or_else(|| settings.user.clone()).into_iter().collect();
    host.disk = settings.disk;
    let twin = Twin {
        host: desired.host.name.clone(),
        name: draft.name.clone(),
        basis: draft.today.basis,
        addresses: addresses(&draft.today),
        direct: home.is_none(),
        port: connection.port.unwrap_or(22),
        segment: nics.first().and_then(|nic| segment_of(nic)),
        nics,
        disk: host.disk.is_some(),
    };
    (host, twin)
}

/// The Debian root that a host needs.
fn base(today: &Today, desired: &Desired) -> &'static str {
    let libvirt = |artifact: &Artifact| matches!(artifact.kind, ArtifactKind::Object(_));
    match (today.ifupdown2, desired.artifacts.iter().any(libvirt)) {
        (true, _) => "bookworm-ifupdown2",
        (false, true) => "bookworm-libvirt",
        (false, false) => "bookworm",
    }
}

fn of_host(gateways: &Gateways, host: &str) -> Vec<IpAddr> {
    ["inet", "inet6"]
        .iter()
        .filter_map(|inet| gateways.of.get(&(host.to_owned(), *inet)).copied())
        .collect()
}

/// The addresses of a hypervisor on a bridge, which are its guests' gateways.
fn bridge_addresses(today: &Today, bridge: &str) -> Vec<IpAddr> {
    let on = |links: &Links| -> Vec<IpAddr> {
        let own = links.nets.iter().filter(|(dev, _)| dev == bridge);
        own.map(|(_, net)| net.addr()).collect()
    };
    let now = on(&today.links);
    if now.is_empty() { on(&today.wanted) } else { now }
}

/// A path of Debian's merged /usr, where the real directory is.
fn real(path: &str) -> String {
    let merged = ["/bin/", "/sbin/", "/lib/"].iter().any(|start| path.starts_with(start));
    if merged { format!("/usr{path}") } else { path.to_owned() }
}

/// Where a host is from now on, then where it is today.
fn addresses(today: &Today) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = today.named.into_iter().chain(today.address).collect();
    addresses.dedup();
    addresses
}

/// Every name under which the controller may look for the host's key. An address that is
/// another host's today is not among them, whatever the playbook wants: who answers there
/// has to be that other host.
fn aliases(today: &Today, host: &str, connection: &str, others: &BTreeSet<IpAddr>) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::from([host.to_owned(), connection.to_owned()]);
    let own = today.own().into_iter().chain(today.wanted.nets.iter().map(|(_, net)| net.addr()));
    let own = own.filter(|address| is_public(IpNet::from(*address)) && !others.contains(address));
    names.extend(own.map(|address| address.to_string()));
    names.retain(|name| today.address.is_none_or(|address| *name != address.to_string()));
    names.into_iter().collect()
}

/// Guests that the vars name and that are no hosts of the inventory: something that answers.
fn stand_ins(drafts: &[Draft<'_>], spec: &mut Spec, names: &mut Names) {
    for draft in drafts {
        for guest in guests(&draft.subject.desired.host) {
            let is_host = drafts.iter().any(|other| {
                other.subject.desired.host.name == guest.name
                    || other.today.address.is_some_and(|own| guest.addresses.contains(&own))
            });
            let home = |links: &Links| {
                let found = guest.addresses.iter().find_map(|address| links.home(*address));
                found.map(|(dev, _)| dev.to_owned())
            };
            let bridge = guest.bridge.clone();
            let bridge =
                bridge.or_else(|| home(&draft.today.wanted)).or_else(|| home(&draft.today.links));
            let Some(bridge) = bridge.filter(|_| !is_host) else { continue };
            let mut nic = NicSpec::new("eth0", &bridge);
            nic.inside = Some(draft.name.clone());
            nic.mac.clone_from(&guest.mac);
            nic.dad = true;
            let nets = draft.today.wanted.nets.iter().chain(&draft.today.links.nets);
            let nets: Vec<IpNet> =
                nets.filter(|(dev, _)| *dev == bridge).map(|(_, net)| *net).collect();
            let mut host = HostSpec::new(&names.like(&guest.name), Kind::Netns);
            for address in &guest.addresses {
                let around = nets.iter().find(|net| net.contains(address) && !is_single(**net));
                let usual = if address.is_ipv4() { 24 } else { 64 };
                let prefix = around.map_or(usual, IpNet::prefix_len);
                nic = nic.address(&format!("{address}/{prefix}"));
                match around {
                    Some(net) if address.is_ipv4() => {
                        host = host.route(&format!("default via {}", net.addr()));
                    }
                    None if address.is_ipv4() => {}
                    _ => host = host.route("default via fe80::1 dev eth0"),
                }
            }
            spec.hosts.push(host.nic(nic));
        }
    }
}

/// Names of the inventory that are no addresses.
fn known_names(drafts: &[Draft<'_>]) -> Vec<(String, IpAddr)> {
    let names = drafts.iter().filter_map(|draft| {
        let name = &draft.subject.desired.host.connection.address;
        let address = draft.today.address?;
        name.parse::<IpAddr>().is_err().then(|| (name.clone(), address))
    });
    names.collect()
}

/// What is assumed of the hosts themselves.
fn based(drafts: &[Draft<'_>]) -> Vec<String> {
    let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for draft in drafts {
        by.entry(draft.today.basis.word()).or_default().push(&draft.subject.desired.host.name);
    }
    let Some(assumed) = by.get(Basis::Assumed.word()) else { return Vec::new() };
    let (which, has) = match assumed.len() {
        1 => (assumed[0].to_owned(), "has"),
        many if many == drafts.len() => (format!("all {many} hosts"), "have"),
        many => (format!("{many} hosts ({}, …)", assumed[0]), "have"),
    };
    vec![format!(
        "today {which} {has} the address where the inventory reaches it, its gateway, and nothing \
         else: no record and no --baseline tells (rappel lab record)"
    )]
}

/// What of the hosts' networks the lab does not have.
fn not_modelled(drafts: &[Draft<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for draft in drafts {
        let (now, then) = (&draft.today.links, &draft.today.wanted);
        for links in [now, then] {
            for (dev, _) in links.gateways.iter().filter(|(dev, _)| links.is_tagged(dev)) {
                let host = &draft.subject.desired.host.name;
                let words = format!(
                    "{host} reaches its gateway over the VLAN of {dev}: the lab's gateway does \
                     not tag, so nobody answers there"
                );
                if !found.contains(&words) {
                    found.push(words);
                }
            }
        }
    }
    found
}
