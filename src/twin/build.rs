//! From what is known of hosts to a lab.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::assumed::{based, not_modelled, wishes};
use super::gateways::{Claim, Gateways, weigh};
use super::guests::{bridge_addresses, guests_are_there, homes, stand_ins};
use super::links::is_public;
use super::names::Names;
use super::provider::{Segment, name, provider};
use super::today::{Today, network_of};
use super::wiring::{Card, join};
use super::{Basis, Subject, Twin, Twins};
use crate::desired::{Artifact, ArtifactKind, Desired};
use crate::diagnostic::Diagnostic;
use crate::lab::{HostSpec, Kind, NicSpec};
use crate::network::live::family;

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
pub(super) struct Draft<'a> {
    pub subject: &'a Subject<'a>,
    pub today: Today,
    pub name: String,
    /// The hypervisor, by its number, and its bridge, of a guest.
    pub inside: Option<(usize, String)>,
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
    let mut spec = provider(&segments).map_err(|mistake| vec![*mistake])?;
    let mut assumptions = based(&drafts);
    assumptions.extend(gateways.assumptions.iter().cloned());
    assumptions.extend(wishes(&drafts, &cards, &gateways));
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
            mistakes.push(no_address(&host.name, &host.connection.address));
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
    guests_are_there(drafts);
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Why no twin can be made of a host.
fn no_address(name: &str, address: &str) -> Diagnostic {
    if address.contains('%') {
        let message = format!(
            "no twin can be made of {name}: {address} is an address of one link only, and nothing \
             else tells where it is"
        );
        return Diagnostic::error(message).remedy(format!("leave it out: --exclude {name}"));
    }
    Diagnostic::error(format!(
        "nobody knows the address of {name}: `{address}` is none, and it has no record"
    ))
    .remedy("record the host: rappel lab record, or write its ansible_host as an address")
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
    if home.is_some() {
        // The lab does not ask there, so it does not record the key there by itself.
        host.aliases.extend(draft.today.address.map(|address| address.to_string()));
    }
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

/// Names of the inventory that are no addresses.
fn known_names(drafts: &[Draft<'_>]) -> Vec<(String, IpAddr)> {
    let names = drafts.iter().filter_map(|draft| {
        let name = &draft.subject.desired.host.connection.address;
        let address = draft.today.address?;
        name.parse::<IpAddr>().is_err().then(|| (name.clone(), address))
    });
    names.collect()
}
