//! The shipped firewall read backwards. Rules that are written in any other way say nothing.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::observed::Survey;

use super::super::read::nft_scripts;
use super::guests::{Guest, label};

/// Vars of the firewall, and the guests that rules name.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) network: Map<String, Value>,
    pub(super) guests: Vec<Guest>,
}

/// Reads the script with the shipped table.
pub(super) fn read(survey: &Survey, network: &Map<String, Value>, ssh_port: u16) -> Rules {
    let own = |(_, text): &(&str, &str)| text.contains("\ntable inet rappel {");
    let Some((_, text)) = nft_scripts(survey).into_iter().find(own) else {
        return Rules::default();
    };
    let address = network.get("uplink").and_then(|uplink| uplink["ipv4"]["address"].as_str());
    let own = address.and_then(|a| a.split('/').next()).unwrap_or_default();
    let mut rules = Rules::default();
    let mut forwards = Vec::new();
    let mut firewall = Firewall { ssh_port, ..Firewall::default() };
    let mut nat = None;
    for line in text.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [
                "ip",
                "daddr",
                at,
                protocol @ ("tcp" | "udp" | "sctp"),
                "dport",
                port,
                "dnat",
                "ip",
                "to",
                to,
                "comment",
                name,
            ] => {
                let forward = forward(at, protocol, port, to, name, own);
                if let Some((forward, guest)) = forward {
                    forwards.push(forward);
                    rules.guests.push(guest);
                }
            }
            ["ip", "saddr", _, "oifname", _, "snat", "ip", "to", to] if is_address(to) => {
                nat = Some(if *to == own { json!({}) } else { json!({ "address": to }) });
            }
            ["type", "filter", "hook", "input", .., "policy", "drop;"] => firewall.drops = true,
            _ => firewall.line(&words),
        }
    }
    rules.network.extend(nat.map(|nat| ("nat".to_owned(), nat)));
    if !forwards.is_empty() {
        rules.network.insert("port_forwards".to_owned(), Value::Array(forwards));
    }
    rules.network.extend(firewall.vars().map(|vars| ("firewall".to_owned(), vars)));
    rules
}

fn forward(
    at: &str,
    protocol: &str,
    port: &str,
    to: &str,
    name: &str,
    own: &str,
) -> Option<(Value, Guest)> {
    let (address, guest_port) = to.rsplit_once(':')?;
    let (port, guest_port): (u16, u16) = (port.parse().ok()?, guest_port.parse().ok()?);
    if !is_address(at) || !is_address(address) {
        return None;
    }
    let name = label(name.trim_matches('"'))?;
    let mut forward = json!({ "protocol": protocol, "port": port });
    if at != own {
        forward["address"] = json!(at);
    }
    forward["guest"] = json!(name);
    if guest_port != port {
        forward["guest_port"] = json!(guest_port);
    }
    Some((forward, Guest { name, ipv4: Some(address.to_owned()), ..Guest::default() }))
}

fn is_address(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok()
}

#[derive(Debug, Default)]
struct Firewall {
    drops: bool,
    ssh_port: u16,
    ssh_ports: Vec<u16>,
    ssh_from: Vec<String>,
    accept: Vec<Value>,
}

impl Firewall {
    fn line(&mut self, words: &[&str]) {
        let (source, rest) = match words {
            ["ip" | "ip6", "saddr", source, rest @ ..] => (Some(*source), rest),
            rest => (None, rest),
        };
        if source.is_some_and(|s| !is_address(s) && s.parse::<IpNet>().is_err()) {
            return;
        }
        match rest {
            ["tcp", "dport", "{", ports @ .., "}", "accept"] => {
                let ports = ports.iter().filter_map(|port| port.trim_end_matches(',').parse().ok());
                self.ssh_ports = ports.collect();
                self.ssh_from.extend(source.map(str::to_owned));
            }
            [protocol @ ("tcp" | "udp" | "sctp"), "dport", port, "accept"] => {
                let Ok(port) = port.parse::<u16>() else { return };
                let same = self.accept.iter_mut().find(|rule| {
                    rule["protocol"] == *protocol
                        && rule["port"] == port
                        && rule.get("from").is_some()
                });
                match (same.and_then(|rule| rule["from"].as_array_mut()), source) {
                    (Some(from), Some(source)) => from.push(json!(source)),
                    (_, Some(source)) => {
                        self.accept
                            .push(json!({ "protocol": protocol, "port": port, "from": [source] }));
                    }
                    (_, None) => self.accept.push(json!({ "protocol": protocol, "port": port })),
                }
            }
            _ => {}
        }
    }

    fn vars(self) -> Option<Value> {
        if !self.drops {
            return None;
        }
        let mut vars = json!({});
        if self.ssh_ports != [self.ssh_port] && !self.ssh_ports.is_empty() {
            vars["ssh_ports"] = json!(self.ssh_ports);
        }
        if !self.ssh_from.is_empty() {
            vars["ssh_from"] = json!(self.ssh_from);
        }
        if !self.accept.is_empty() {
            vars["accept"] = json!(self.accept);
        }
        Some(vars)
    }
}
