//! What the inventory and the playbook say to lint: facts about hosts that no file of them
//! shows, rules that do not apply, and vars that nothing would read.

use std::sync::LazyLock;

use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::diagnostic::Place;
use crate::network::lint::{Exception, Guest, Known, Portgroup, System, unknown_var, wrong_var};

use super::playbook::ArtifactSpec;
use super::schema::{Problem, Schema};
use super::{Desired, Host, Play, Project, shipped_templates};

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::new(include_str!("../../docs/network.schema.json")));

/// The var that speaks to lint.
const SETTINGS: &str = "rappel_lint";

/// The var that says which ports are promiscuous.
const PORTS: &str = "rappel_promisc";

/// The var that says which VMs have virtual MACs.
const MACS: &str = "rappel_virtual_macs";

/// The var that says what Proxmox VE keeps.
const PROXMOX: &str = "proxmox";

/// The var that says how a host's rescue system is reached.
const PROVIDER: &str = "rappel_provider";

fn has_provider(host: &Host) -> bool {
    host.vars.get(PROVIDER).is_some_and(Value::is_object)
}

impl Project {
    /// What is known of a rendered host beside its files: the var `rappel_lint`, the guests
    /// of `network`, the exceptions of its plays, and what is wrong with these vars.
    pub fn known(&self, desired: &Desired) -> Known {
        let host = &desired.host;
        let place = self.places(&host.name);
        let empty = Map::new();
        let settings = host.vars.get(SETTINGS).and_then(Value::as_object).unwrap_or(&empty);
        let network = host.vars.get("network").and_then(Value::as_object).unwrap_or(&empty);
        let mut guests = guests(network, "network.guests", &place);
        guests.extend(self::guests(settings, "rappel_lint.guests", &place));
        let allowed = settings.get("allow").and_then(Value::as_object).into_iter().flatten();
        let excused = allowed.filter_map(|(rule, reason)| {
            let place = place(&format!("{SETTINGS}.allow.{rule}"))?;
            let reason = reason.as_str().unwrap_or_default().to_owned();
            Some(Exception { rule: rule.clone(), reason, place })
        });
        // Which plays a host is in is dear to find out.
        let told = |play: &Play| !play.allow.is_empty() || play.artifacts.iter().any(reloads);
        let plays = match self.plays().iter().any(told) {
            true => self.plays_of(&host.name),
            false => Vec::new(),
        };
        let of_plays = plays.iter().flat_map(|play| play.allow.clone());
        // The provider's rescue system is another way in.
        let stated = settings.get("console").and_then(Value::as_bool);
        let console = match (has_provider(host), stated) {
            (true, _) => Some(true),
            // Where other hosts have one, this one was forgotten.
            (false, None) if self.rescues(has_provider) => Some(false),
            (false, stated) => stated,
        };
        Known {
            system: text(settings, "system").and_then(System::of),
            services: texts(settings, "services"),
            address_pools: nets(settings, "address_pools"),
            vrack_blocks: nets(settings, "vrack_blocks"),
            ranges: ranges(settings),
            ssh_from: nets(settings, "ssh_from"),
            registered_macs: settings.get("registered_macs").map(|_| {
                texts(settings, "registered_macs").iter().map(|mac| mac.to_lowercase()).collect()
            }),
            guests,
            portgroups: portgroups(settings, &place),
            roles: host
                .vars
                .get(PROXMOX)
                .and_then(Value::as_object)
                .map_or_else(Vec::new, |proxmox| texts(proxmox, "roles")),
            reloads: plays.iter().flat_map(|play| &play.artifacts).filter_map(reload).collect(),
            console,
            complete: false,
            beside: Vec::new(),
            exceptions: excused.chain(of_plays).collect(),
            mistakes: self.misfits_of(desired),
        }
    }

    /// Vars that the schema does not know or that do not fit it. `network` is judged only
    /// where a shipped template reads it: templates of the user's own may read anything.
    fn misfits_of(&self, desired: &Desired) -> Vec<crate::diagnostic::Diagnostic> {
        let shipped = desired.artifacts.iter().any(|artifact| {
            shipped_templates().iter().any(|(_, text)| *text == &*artifact.template.text)
        });
        let mut found = Vec::new();
        for (name, judged) in [
            ("network", shipped),
            (PROXMOX, shipped),
            (SETTINGS, true),
            (PORTS, true),
            (MACS, true),
        ] {
            let Some(value) = desired.host.vars.get(name).filter(|_| judged) else { continue };
            for misfit in SCHEMA.misfits(&format!("/properties/{name}"), value, name) {
                let place = self.place_of(&desired.host.name, &misfit.path);
                found.push(match misfit.problem {
                    Problem::Unknown(near) => {
                        unknown_var(&misfit.path, near.as_deref(), place.as_ref())
                    }
                    Problem::Wrong(why) => wrong_var(&misfit.path, &why, place.as_ref()),
                });
            }
        }
        found
    }
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str)
}

fn texts(map: &Map<String, Value>, key: &str) -> Vec<String> {
    let items = map.get(key).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Networks; a single address is one too.
fn nets(map: &Map<String, Value>, key: &str) -> Vec<IpNet> {
    texts(map, key).iter().filter_map(|text| net(text)).collect()
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|ip: std::net::IpAddr| ip.into()))
}

fn ranges(settings: &Map<String, Value>) -> Vec<(String, IpNet)> {
    let ranges = settings.get("ranges").and_then(Value::as_object).into_iter().flatten();
    ranges.filter_map(|(name, value)| Some((name.clone(), net(value.as_str()?)?))).collect()
}

fn reloads(artifact: &ArtifactSpec) -> bool {
    artifact.reload.is_some()
}

/// The command that an artifact runs after a change, as written, and its place.
fn reload(artifact: &ArtifactSpec) -> Option<(String, Place)> {
    let node = artifact.reload.as_ref()?;
    Some((node.json().as_str()?.to_owned(), node.place.clone()))
}

fn portgroups(
    settings: &Map<String, Value>,
    place: &dyn Fn(&str) -> Option<Place>,
) -> Vec<Portgroup> {
    let items = settings.get("portgroups").and_then(Value::as_array).into_iter().flatten();
    items
        .enumerate()
        .filter_map(|(at, item)| {
            let item = item.as_object()?;
            let set = |key: &str| item.get(key).and_then(Value::as_bool).unwrap_or_default();
            Some(Portgroup {
                name: text(item, "name").unwrap_or_default().to_owned(),
                switch: text(item, "switch").unwrap_or_default().to_owned(),
                promiscuous: set("promiscuous"),
                port_override: set("port_override"),
                reset_at_disconnect: set("reset_at_disconnect"),
                place: place(&format!("{SETTINGS}.portgroups.{at}.name")),
            })
        })
        .collect()
}

fn guests(
    map: &Map<String, Value>,
    path: &str,
    place: &dyn Fn(&str) -> Option<Place>,
) -> Vec<Guest> {
    let items = map.get("guests").and_then(Value::as_array).into_iter().flatten();
    items
        .enumerate()
        .filter_map(|(at, item)| {
            let item = item.as_object()?;
            let addresses = ["ipv4", "ipv6"].iter().filter_map(|key| {
                let literal = text(item, key)?;
                literal.split('/').next()?.parse().ok()
            });
            Some(Guest {
                name: text(item, "name").unwrap_or_default().to_owned(),
                mac: text(item, "mac").map(str::to_lowercase),
                bridge: text(item, "bridge").map(str::to_owned),
                addresses: addresses.collect(),
                place: place(&format!("{path}.{at}.name")),
            })
        })
        .collect()
}
