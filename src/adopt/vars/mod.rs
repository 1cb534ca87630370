//! The network vars that a person would have written for a host: what its files say, in the
//! words of docs/network.schema.json.
//!
//! Nothing goes into a var as it stood on the host but what was understood: addresses, names
//! of links, numbers. A var is evaluated as a template, which a host must not write.

mod bridged;
mod guests;
mod rules;
mod stanzas;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::network::interfaces::{Configured, Tree, configured};
use crate::network::live::Fact;
use crate::observed::Survey;

use super::read::interfaces;
use bridged::{bridges, nics};
use stanzas::{Stanzas, name_fits};

/// What was found out, and what no var can say.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The value of `network`.
    pub network: Map<String, Value>,
    /// What no var can say, a sentence each.
    pub unsaid: Vec<String>,
}

/// Reads the vars from a survey. `ssh_port` is where the host is reached.
pub(super) fn network(survey: &Survey, ssh_port: u16) -> Found {
    let files = interfaces(survey);
    let tree =
        Tree::new(files.iter().map(|(path, file)| (path.as_str(), file)), super::read::INTERFACES);
    let all: Vec<Configured> = configured(&tree)
        .into_iter()
        .filter(|one| one.name != "lo" && name_fits(&one.name))
        .collect();
    let stanzas = Stanzas { all: &all, survey };
    let mut found = Found::default();
    let uplink = stanzas.uplink(&mut found);
    let wan = uplink.as_ref().map(|(wan, _)| wan.clone());
    if let Some((_, uplink)) = uplink {
        found.network.insert("uplink".to_owned(), uplink);
    }
    let taken = taken(&found.network, wan.as_deref());
    add(&mut found.network, "bonds", stanzas.bonds());
    add(&mut found.network, "vlans", stanzas.vlans());
    let nics = nics(&stanzas, &taken, &mut found.unsaid);
    add(&mut found.network, "nics", nics);
    let bridges = bridges(&stanzas, &taken);
    add(&mut found.network, "bridges", bridges);
    let rules = rules::read(survey, &found.network, ssh_port);
    let guests = guests::guests(survey, &rules.guests, wan.as_deref());
    add(&mut found.network, "guests", guests);
    found.network.extend(rules.network);
    forwarding(survey, &mut found.network);
    found
}

/// The links that the uplink is made of.
fn taken(network: &Map<String, Value>, wan: Option<&str>) -> Vec<String> {
    let name = network.get("uplink").and_then(|uplink| uplink["name"].as_str());
    wan.into_iter().chain(name).map(str::to_owned).collect()
}

fn add(network: &mut Map<String, Value>, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        network.insert(key.to_owned(), Value::Array(list));
    }
}

/// Whether the host forwards, where that is not what its addresses would make one think.
fn forwarding(survey: &Survey, network: &mut Map<String, Value>) {
    let values: BTreeMap<&str, &str> = survey
        .live
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Sysctl { key, value } => Some((key.as_str(), value.as_str())),
            _ => None,
        })
        .collect();
    let forwards = values.get("net.ipv4.ip_forward") == Some(&"1");
    let inner = ["nics", "bridges"].iter().filter_map(|key| network.get(*key)?.as_array());
    let with_address = inner
        .flatten()
        .any(|link| ["ipv4", "ipv6"].iter().any(|family| link.get(family).is_some()));
    if forwards != with_address {
        network.insert("forwarding".to_owned(), json!(forwards));
    }
}
