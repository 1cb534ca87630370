//! The checks of a host as lines of its request, and what its change takes that somebody
//! else on the wire might have.

use std::fmt::Write;
use std::net::{IpAddr, Ipv6Addr};

use super::file::FileChange;
use super::subject::INTERFACES;
use super::{Action, HostPlan};
use crate::desired::{CheckSpec, Family};
use crate::diagnostic::Source;
use crate::network::interfaces::{Interfaces, Stanza};
use crate::observed::Observation;

impl HostPlan {
    /// The same plan with the checks that decide on it.
    pub(super) fn checked_by(mut self, checks: &[CheckSpec], observed: &Observation) -> Self {
        self.request.checks = check_lines(checks);
        self.request.shared = shared(checks);
        self.request.takes = takes(&self.files, observed);
        self.request.takes_macs = takes_macs(&self.files, observed);
        self
    }
}

/// The checks that the host makes, a line each. Those that every change makes need none.
pub fn check_lines(checks: &[CheckSpec]) -> Vec<String> {
    checks.iter().filter_map(line).collect()
}

/// The addresses that others may answer for as well.
pub fn shared(checks: &[CheckSpec]) -> Vec<String> {
    let shared = checks.iter().filter_map(|check| match check {
        CheckSpec::Dad { shared } => Some(shared),
        _ => None,
    });
    shared.flatten().map(ToString::to_string).collect()
}

/// A check as a line of a request.
pub(super) fn line(check: &CheckSpec) -> Option<String> {
    Some(match check {
        CheckSpec::Ssh | CheckSpec::Gateway | CheckSpec::Dad { .. } | CheckSpec::From { .. } => {
            return None;
        }
        CheckSpec::Mtu { target, size } => format!("mtu {} {}", or_dash(*target), or_dash(*size)),
        CheckSpec::Ping { target, family, source } => {
            format!("ping {} {target} {}", or_dash(family.map(Family::word)), or_dash(*source))
        }
        CheckSpec::Tcp { target, port } => format!("tcp {target} {port}"),
        CheckSpec::Dns { name, server } => format!("dns {name} {}", or_dash(*server)),
        CheckSpec::Neighbour { address, dev } => {
            format!("neighbour {address} {}", or_dash(dev.as_ref()))
        }
        CheckSpec::Route { to, via, dev } => {
            format!("route {to} {} {}", or_dash(*via), or_dash(dev.as_ref()))
        }
        CheckSpec::NdpProxy { addresses, never, dev } => {
            format!("ndp_proxy {dev}{}", proxied(addresses, never))
        }
        CheckSpec::Proxied { host, addresses, never } => {
            format!("proxied {host}{}", proxied(addresses, never))
        }
        CheckSpec::Command { run } => format!("command {} {run}", one_word(run)),
    })
}

/// The addresses as words, a `!` before those that must not be answered for.
fn proxied(addresses: &[Ipv6Addr], never: &[Ipv6Addr]) -> String {
    let mut words = String::new();
    for address in addresses {
        // Writing to a String cannot fail.
        let _ = write!(words, " {address}");
    }
    for address in never {
        let _ = write!(words, " !{address}");
    }
    words
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A text as one word: results of checks are words on a line.
fn one_word(text: &str) -> String {
    text.replace('\\', r"\\").replace(' ', r"\s")
}

/// What [`one_word`] was given.
pub fn as_written(word: &str) -> String {
    let mut text = String::new();
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => {
                text.extend(letters.next().map(|next| if next == 's' { ' ' } else { next }))
            }
            (letter, false) => text.push(letter),
        }
    }
    text
}

/// Addresses that the host does not have yet: `ADDRESS DEV PROBE`, where PROBE is the
/// interface on whose wire somebody may have it already, or `-` if there is no wire yet.
fn takes(files: &[FileChange], observed: &Observation) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for_stanzas(files, |stanza| {
        if stanza.method != "static" {
            return;
        }
        for address in stanza.addresses().iter().map(|a| a.net.addr()) {
            if !observed.addresses.contains(&address) && may_be_anothers(address) {
                add(&mut lines, &address.to_string(), stanza, observed);
            }
        }
    });
    lines
}

/// Link-local addresses such as a guests' gateway may be the same on every host.
fn may_be_anothers(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    }
}

/// MAC addresses that the files give to interfaces, `MAC DEV PROBE`. The host leaves out
/// those that it has already.
fn takes_macs(files: &[FileChange], observed: &Observation) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for_stanzas(files, |stanza| {
        for key in ["hwaddress", "bridge_hw"] {
            let words = stanza.get(key).map(|opt| opt.value.as_str()).unwrap_or_default();
            // It may be written `ether MAC`, or name a port whose MAC address it is.
            if let Some(mac) = words.split_whitespace().find(|word| is_mac(word)) {
                add(&mut lines, &mac.to_ascii_lowercase(), stanza, observed);
            }
        }
    });
    lines
}

fn is_mac(word: &str) -> bool {
    let is_byte = |part: &str| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
    word.split(':').count() == 6 && word.split(':').all(is_byte)
}

fn add(lines: &mut Vec<String>, subject: &str, stanza: &Stanza, observed: &Observation) {
    let dev = physical(&stanza.name);
    let line = format!("{subject} {dev} {}", wire_of(stanza, dev, observed));
    if !lines.contains(&line) {
        lines.push(line);
    }
}

/// Every stanza of the interfaces files that change.
fn for_stanzas(files: &[FileChange], mut each: impl FnMut(&Stanza)) {
    let of_interfaces = |c: &&FileChange| {
        (c.file.kind == "interfaces" || c.path.starts_with(INTERFACES))
            && c.action != Action::Remove
    };
    for change in files.iter().filter(of_interfaces) {
        let text = String::from_utf8_lossy(&change.file.content);
        // What cannot be read was refused before.
        if let Ok(new) = Interfaces::parse(&Source::new(change.path.as_str(), text)) {
            new.stanzas().for_each(&mut each);
        }
    }
}

/// An alias has its interface's wire.
fn physical(name: &str) -> &str {
    name.split_once(':').map_or(name, |(physical, _)| physical)
}

/// A bridge that is yet to be made has its first port's wire.
fn wire_of(stanza: &Stanza, dev: &str, observed: &Observation) -> String {
    let ports = stanza.ports().unwrap_or_default();
    let mut candidates = std::iter::once(dev.to_owned()).chain(ports);
    candidates.find(|name| observed.links.contains(name)).unwrap_or_else(|| "-".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{as_written, check_lines, is_mac, one_word};
    use crate::desired::{CheckSpec, Family, Vantage};

    #[test]
    fn a_command_is_one_word_and_comes_back() {
        for text in ["curl -f http://a", r"a \s b", "x"] {
            let word = one_word(text);
            assert!(!word.contains(' '), "{word}");
            assert_eq!(as_written(&word), text);
        }
    }

    #[test]
    fn a_mac_address_is_told_from_an_interface() {
        assert!(is_mac("02:00:0A:2a:00:01"));
        for word in ["eth0", "ether", "02:00:0a:2a:00", "random", "2001:db8:1:2:3:4"] {
            assert!(!is_mac(word), "{word}");
        }
    }

    #[test]
    fn every_setting_has_its_place_in_the_line() {
        let ping = |source: Option<&str>| CheckSpec::Ping {
            target: "198.51.100.2".to_owned(),
            family: Some(Family::V4),
            source: source.map(|text| text.parse().expect("an address")),
        };
        let proxied = "2001:db8::11".parse().expect("an address");
        let never = "2001:db8::12".parse().expect("an address");
        let checks = [
            CheckSpec::Gateway,
            CheckSpec::Mtu { target: None, size: Some(1400) },
            ping(None),
            ping(Some("203.0.113.11")),
            CheckSpec::From { vantage: Vantage::Witness, check: Box::new(ping(None)) },
            CheckSpec::Route { to: "default".to_owned(), via: None, dev: Some("eth0".to_owned()) },
            CheckSpec::NdpProxy {
                addresses: vec![proxied],
                never: vec![never],
                dev: "eth0".to_owned(),
            },
            CheckSpec::Command { run: "test -e /x".to_owned() },
        ];
        assert_eq!(
            check_lines(&checks),
            [
                "mtu - 1400",
                "ping inet 198.51.100.2 -",
                "ping inet 198.51.100.2 203.0.113.11",
                "route default - eth0",
                "ndp_proxy eth0 2001:db8::11 !2001:db8::12",
                r"command test\s-e\s/x test -e /x"
            ]
        );
    }
}
