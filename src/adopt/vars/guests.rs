//! Guests, as far as anything on their hypervisor names them.

use std::net::Ipv6Addr;

use serde_json::{Value, json};

use crate::network::live::Fact;
use crate::observed::Survey;

use super::super::read::GUESTS;
use super::stanzas::{is_mac, name_fits};

/// What is known of a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Guest {
    pub(super) name: String,
    pub(super) mac: Option<String>,
    pub(super) bridge: Option<String>,
    pub(super) ipv4: Option<String>,
    pub(super) ipv6: Option<String>,
}

/// A name that a person gave, unless it could mean something in a template.
pub(super) fn label(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (!name.is_empty() && name.len() < 64 && name.chars().all(plain)).then(|| name.to_owned())
}

/// All guests, in the order in which they were met: those of the proxy hook first, as the
/// hook has them.
pub(super) fn guests(survey: &Survey, named: &[Guest], wan: Option<&str>) -> Vec<Value> {
    let mut found: Vec<Guest> = Vec::new();
    for guest in named.iter().cloned().chain(of_hook(survey)).chain(of_hypervisor(survey)) {
        merge(&mut found, guest);
    }
    for address in proxied(survey, wan) {
        let text = address.to_string();
        let known =
            found.iter().any(|g| g.ipv6.as_deref().and_then(|a| a.parse().ok()) == Some(address));
        if !known {
            // Nothing tells its name.
            found.push(Guest { name: text.clone(), ipv6: Some(text), ..Guest::default() });
        }
    }
    let order: Vec<String> = of_hook(survey).into_iter().map(|guest| guest.name).collect();
    found.sort_by_key(|g| order.iter().position(|name| *name == g.name).unwrap_or(usize::MAX));
    found.into_iter().map(vars).collect()
}

fn merge(found: &mut Vec<Guest>, guest: Guest) {
    let same = found.iter_mut().find(|known| known.name == guest.name);
    let Some(known) = same else {
        found.push(guest);
        return;
    };
    known.mac = known.mac.take().or(guest.mac);
    known.bridge = known.bridge.take().or(guest.bridge);
    known.ipv4 = known.ipv4.take().or(guest.ipv4);
    known.ipv6 = known.ipv6.take().or(guest.ipv6);
}

fn vars(guest: Guest) -> Value {
    let mut vars = json!({ "name": guest.name });
    for (key, value) in
        [("mac", guest.mac), ("bridge", guest.bridge), ("ipv4", guest.ipv4), ("ipv6", guest.ipv6)]
    {
        if let Some(value) = value {
            vars[key] = json!(value);
        }
    }
    vars
}

/// The shipped hook has each guest's name above its entry.
fn of_hook(survey: &Survey) -> Vec<Guest> {
    let hooks = survey.files.keys().filter(|path| path.starts_with("/etc/network/if-up.d/"));
    let mut found = Vec::new();
    for text in hooks.filter_map(|path| survey.text(path)) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2) {
            let Some(name) = pair[0].strip_prefix("# ").and_then(label) else { continue };
            let Some(rest) = pair[1].strip_prefix("ip -6 neigh replace proxy ") else { continue };
            let address = rest.split(' ').next().filter(|word| word.parse::<Ipv6Addr>().is_ok());
            if let Some(address) = address {
                found.push(Guest { name, ipv6: Some(address.to_owned()), ..Guest::default() });
            }
        }
    }
    found
}

fn proxied<'a>(survey: &'a Survey, wan: Option<&'a str>) -> impl Iterator<Item = Ipv6Addr> + 'a {
    survey.live.facts.iter().filter_map(move |fact| match fact {
        Fact::Proxy { address: std::net::IpAddr::V6(address), dev } if wan == Some(dev) => {
            Some(*address)
        }
        _ => None,
    })
}

/// What Proxmox and libvirt know of their guests.
fn of_hypervisor(survey: &Survey) -> Vec<Guest> {
    let below = |path: &&String| GUESTS.iter().any(|tree| path.starts_with(&format!("{tree}/")));
    let mut found = Vec::new();
    for path in survey.files.keys().filter(below) {
        let Some(text) = survey.text(path) else { continue };
        let guest = if path.ends_with(".conf") { of_proxmox(text) } else { of_libvirt(text) };
        found.extend(guest);
    }
    found
}

/// `name: web` and `net0: virtio=02:…,bridge=vmbr1`; what comes behind a snapshot's head is
/// history.
fn of_proxmox(text: &str) -> Option<Guest> {
    let now = text.lines().take_while(|line| !line.starts_with('['));
    let mut guest = Guest::default();
    for line in now {
        let Some((key, value)) = line.split_once(':') else { continue };
        match key {
            "name" | "hostname" => guest.name = label(value.trim())?,
            "net0" => {
                for field in value.trim().split(',') {
                    let (key, value) = field.split_once('=').unwrap_or((field, ""));
                    match key {
                        "bridge" if name_fits(value) => guest.bridge = Some(value.to_owned()),
                        _ if is_mac(value) => guest.mac = Some(value.to_owned()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    (!guest.name.is_empty()).then_some(guest)
}

fn of_libvirt(text: &str) -> Option<Guest> {
    let between = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from)?.1;
        Some(rest.split_once(to)?.0.to_owned())
    };
    if !text.contains("<domain ") {
        return None;
    }
    let name = label(&between(text, "<name>", "</name>")?)?;
    let interface = between(text, "<interface ", "</interface>").unwrap_or_default();
    Some(Guest {
        name,
        mac: between(&interface, "<mac address='", "'").filter(|mac| is_mac(mac)),
        bridge: between(&interface, "<source bridge='", "'").filter(|name| name_fits(name)),
        ..Guest::default()
    })
}

#[cfg(test)]
mod tests {
    use super::{Guest, of_libvirt, of_proxmox};

    #[test]
    fn hypervisors_tell_of_their_guests() {
        let wanted = Guest {
            name: "web".to_owned(),
            mac: Some("02:00:00:AA:BB:01".to_owned()),
            bridge: Some("vmbr1".to_owned()),
            ..Guest::default()
        };
        let proxmox = "cores: 2\nname: web\nnet0: virtio=02:00:00:AA:BB:01,bridge=vmbr1,firewall=1\n[old]\nname: was\n";
        assert_eq!(of_proxmox(proxmox), Some(wanted.clone()));
        let libvirt = "<domain type='kvm'>\n <name>web</name>\n <devices><interface type='bridge'>\n<mac address='02:00:00:AA:BB:01'/><source bridge='vmbr1'/></interface></devices></domain>";
        assert_eq!(of_libvirt(libvirt), Some(wanted));
        assert_eq!(of_proxmox("name: {{ lookup('pipe', 'id') }}\n"), None);
        assert_eq!(of_libvirt("<network><name>default</name></network>"), None);
    }
}
