//! The checks of a host as lines of its request, and what its change takes that somebody
//! else on the wire might have.

use std::fmt::Write;
use std::net::IpAddr;

use super::file::FileChange;
use super::subject::INTERFACES;
use super::{Action, HostPlan};
use crate::desired::{CheckSpec, Family, Vantage};
use crate::diagnostic::Source;
use crate::network::interfaces::{Interfaces, Stanza};
use crate::observed::Observation;

impl HostPlan {
    /// The same plan with the checks that decide on it.
    pub(super) fn checked_by(mut self, checks: &[CheckSpec], observed: &Observation) -> Self {
        self.request.checks = check_lines(checks);
        self.request.takes = takes(&self.files, observed);
        self.from_controller = from_controller(checks);
        self
    }
}

/// The checks that the host makes, a line each. Those that every change makes need none.
pub fn check_lines(checks: &[CheckSpec]) -> Vec<String> {
    checks.iter().filter_map(line).collect()
}

/// The checks that are made from here.
pub fn from_controller(checks: &[CheckSpec]) -> Vec<CheckSpec> {
    let here = |check: &&CheckSpec| match check {
        CheckSpec::Ping { from, .. } | CheckSpec::Tcp { from, .. } => *from == Vantage::Controller,
        _ => false,
    };
    checks.iter().filter(here).cloned().collect()
}

fn line(check: &CheckSpec) -> Option<String> {
    Some(match check {
        CheckSpec::Ssh | CheckSpec::Gateway | CheckSpec::Dad => return None,
        CheckSpec::Ping { from: Vantage::Controller, .. }
        | CheckSpec::Tcp { from: Vantage::Controller, .. } => return None,
        CheckSpec::Mtu { target, size } => format!("mtu {} {}", or_dash(*target), or_dash(*size)),
        CheckSpec::Ping { target, family, .. } => {
            format!("ping {} {target}", or_dash(family.map(Family::word)))
        }
        CheckSpec::Tcp { target, port, .. } => format!("tcp {target} {port}"),
        CheckSpec::Dns { name, server } => format!("dns {name} {}", or_dash(*server)),
        CheckSpec::Neighbour { address, dev } => {
            format!("neighbour {address} {}", or_dash(dev.as_ref()))
        }
        CheckSpec::Route { to, via, dev } => {
            format!("route {to} {} {}", or_dash(*via), or_dash(dev.as_ref()))
        }
        CheckSpec::NdpProxy { addresses, dev } => {
            let mut line = format!("ndp_proxy {dev}");
            for address in addresses {
                // Writing to a String cannot fail.
                let _ = write!(line, " {address}");
            }
            line
        }
        CheckSpec::Command { run } => format!("command {} {run}", one_word(run)),
    })
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

/// IPv4 addresses that the host does not have yet: `ADDRESS DEV PROBE`, where PROBE is the
/// interface on whose wire somebody may have it already, or `-` if there is no wire yet.
/// IPv6 looks for duplicates by itself.
fn takes(files: &[FileChange], observed: &Observation) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let of_interfaces = |c: &&FileChange| {
        (c.file.kind == "interfaces" || c.path.starts_with(INTERFACES))
            && c.action != Action::Remove
    };
    for change in files.iter().filter(of_interfaces) {
        let text = String::from_utf8_lossy(&change.file.content);
        // What cannot be read was refused before.
        let Ok(new) = Interfaces::parse(&Source::new(change.path.as_str(), text)) else { continue };
        for stanza in new.stanzas().filter(|stanza| stanza.method == "static") {
            for address in stanza.addresses().iter().map(|a| a.net.addr()) {
                let held = observed.addresses.contains(&address) || address.is_loopback();
                if let (IpAddr::V4(address), false) = (address, held) {
                    let dev = physical(&stanza.name);
                    let line = format!("{address} {dev} {}", wire_of(stanza, dev, observed));
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
            }
        }
    }
    lines
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
    use super::{as_written, check_lines, one_word};
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
    fn every_setting_has_its_place_in_the_line() {
        let ping = |from| CheckSpec::Ping {
            target: "198.51.100.2".to_owned(),
            family: Some(Family::V4),
            from,
        };
        let checks = [
            CheckSpec::Gateway,
            CheckSpec::Mtu { target: None, size: Some(1400) },
            ping(Vantage::Host),
            ping(Vantage::Controller),
            CheckSpec::Route { to: "default".to_owned(), via: None, dev: Some("eth0".to_owned()) },
            CheckSpec::Command { run: "test -e /x".to_owned() },
        ];
        assert_eq!(
            check_lines(&checks),
            [
                "mtu - 1400",
                "ping inet 198.51.100.2",
                "route default - eth0",
                r"command test\s-e\s/x test -e /x"
            ]
        );
    }
}
