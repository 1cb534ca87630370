//! interfaces(5) read backwards: from stanzas to the vars that would render them.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::network::interfaces::{Configured, canonical_key};
use crate::network::live::Fact;
use crate::observed::Survey;

use super::Found;

/// The stanzas of a host, and what else is known of it.
pub(super) struct Stanzas<'a> {
    pub(super) all: &'a [Configured],
    pub(super) survey: &'a Survey,
}

/// A name that the schema takes and that means itself in any file.
pub(super) fn name_fits(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && name.len() <= 15 && !name.starts_with(['-', '.']) && name.chars().all(plain)
}

/// The value of an option in any of its spellings.
pub(super) fn option<'a>(stanza: &'a Configured, key: &str) -> Option<&'a str> {
    let own = stanza.options.iter().find(|(own, _)| canonical_key(own) == key);
    own.map(|(_, value)| value.as_str())
}

/// A MAC address of a `hwaddress` line.
pub(super) fn mac(stanza: &Configured) -> Option<String> {
    let value = option(stanza, "hwaddress")?;
    let word = value.strip_prefix("ether ").unwrap_or(value).trim();
    is_mac(word).then(|| word.to_owned())
}

/// Six bytes, and no group of hosts.
pub(super) fn is_mac(word: &str) -> bool {
    let bytes: Vec<Option<u8>> = word
        .split(':')
        .map(|byte| (byte.len() == 2).then(|| u8::from_str_radix(byte, 16).ok())?)
        .collect();
    bytes.len() == 6 && bytes.iter().all(Option::is_some) && bytes[0].is_some_and(|b| b & 1 == 0)
}

/// Addresses with their prefixes as they are written, or as `netmask` says.
pub(super) fn addresses(stanza: &Configured) -> Vec<String> {
    let Some(lines) = option(stanza, "address") else { return Vec::new() };
    let written = |word: &str| {
        word.contains('/').then(|| word.parse::<IpNet>().ok().map(|_| word.to_owned()))?
    };
    let whole = lines.lines().map(str::trim).filter_map(written).collect::<Vec<_>>();
    match stanza.address() {
        Some(net) if whole.is_empty() => vec![net.to_string()],
        _ => whole,
    }
}

/// An address of an option, as it is written.
pub(super) fn address(stanza: &Configured, key: &str) -> Option<String> {
    let word = option(stanza, key)?.trim();
    word.parse::<IpAddr>().ok().map(|_| word.to_owned())
}

pub(super) fn mtu(stanza: &Configured) -> Option<u32> {
    option(stanza, "mtu")?.trim().parse().ok().filter(|mtu| (576..=65535).contains(mtu))
}

/// The routes that commands of a stanza add.
pub(super) fn routes(stanza: &Configured) -> Vec<Value> {
    stanza.commands("up").filter_map(route).collect()
}

/// `ip [-6] route add|replace TO [via GATEWAY] [dev …] [onlink]`, and nothing else.
fn route(command: &str) -> Option<Value> {
    let command = command.strip_suffix("|| true").unwrap_or(command);
    let mut words = command.split_whitespace().peekable();
    let program = words.next()?;
    if !matches!(program.rsplit('/').next(), Some("ip")) {
        return None;
    }
    if matches!(words.peek(), Some(&("-4" | "-6"))) {
        words.next();
    }
    let (object, verb) = (words.next()?, words.next()?);
    if !matches!(object, "route" | "r" | "ro") || !matches!(verb, "add" | "replace" | "append") {
        return None;
    }
    let to = words.next()?;
    if to != "default" && to.parse::<IpNet>().is_err() && to.parse::<IpAddr>().is_err() {
        return None;
    }
    let mut route = json!({ "to": to });
    while let Some(word) = words.next() {
        match word {
            "via" => {
                let via = words.next()?;
                via.parse::<IpAddr>().ok()?;
                route["via"] = json!(via);
            }
            "dev" => {
                words.next()?;
            }
            "onlink" => {}
            _ => return None,
        }
    }
    Some(route)
}

impl Stanzas<'_> {
    /// The stanzas of a name and family.
    pub(super) fn of<'a>(
        &'a self,
        name: &'a str,
        family: &'a str,
    ) -> impl Iterator<Item = &'a Configured> {
        // ifupdown2 needs no family: then the addresses tell.
        self.all.iter().filter(move |one| {
            one.name == name && (one.family == family || one.family.is_empty() && family == "inet")
        })
    }

    /// The ports of a bridge; none where the name is no bridge.
    pub(super) fn ports(&self, name: &str) -> Option<Vec<String>> {
        let stanza = self.all.iter().filter(|one| one.name == name);
        let words = stanza.filter_map(|one| option(one, "bridge_ports")).next()?;
        Some(words.split_whitespace().filter(|word| *word != "none").map(str::to_owned).collect())
    }

    /// Names in order, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for one in self.all {
            if !names.contains(&one.name.as_str()) {
                names.push(&one.name);
            }
        }
        names
    }

    /// The interface with the way out, and its vars.
    pub(super) fn uplink(&self, found: &mut Found) -> Option<(String, Value)> {
        let with_gateway = |one: &&Configured| option(one, "gateway").is_some();
        let statics =
            || self.all.iter().filter(|one| one.family != "inet6" && !addresses(one).is_empty());
        let mut defaults = self.survey.live.defaults().filter_map(|route| route.dev.as_deref());
        let live = defaults.next();
        if let Some(dhcp) = self.all.iter().find(|one| one.method == "dhcp" && one.family == "inet")
        {
            found
                .unsaid
                .push(format!("{} has its address by DHCP: there is no var for that", dhcp.name));
        }
        let one = statics()
            .find(with_gateway)
            .or_else(|| statics().find(|one| Some(one.name.as_str()) == live))?;
        let wan = one.name.clone();
        let mut uplink = Map::new();
        let ports = self.ports(&wan);
        match ports.as_deref() {
            Some([port]) if name_fits(port) => {
                uplink.insert("name".to_owned(), json!(port));
                let own = self.all.iter().filter(|s| s.name == wan).find_map(mac);
                let of_port = || self.survey.macs.get(port).filter(|mac| is_mac(mac)).cloned();
                if let Some(mac) = own.or_else(of_port) {
                    uplink.insert("mac".to_owned(), json!(mac));
                }
                uplink.insert("bridge".to_owned(), json!(wan));
                let flushes =
                    |s: &Configured| s.commands("pre-up").any(|c| c.starts_with("dhclient -x"));
                if self.of(port, "inet").any(flushes) {
                    uplink.insert("was_dhcp".to_owned(), json!(true));
                }
            }
            Some(ports) if !ports.is_empty() => {
                found
                    .unsaid
                    .push(format!("{wan} is a bridge with several ports: the vars know one"));
                return None;
            }
            _ => {
                uplink.insert("name".to_owned(), json!(wan));
            }
        }
        if let Some(mtu) = self.all.iter().filter(|s| s.name == wan).find_map(mtu) {
            uplink.insert("mtu".to_owned(), json!(mtu));
        }
        uplink.insert("ipv4".to_owned(), self.family(&wan, "inet")?);
        if let Some(ipv6) = self.family(&wan, "inet6") {
            uplink.insert("ipv6".to_owned(), ipv6);
        }
        Some((wan, Value::Object(uplink)))
    }

    /// Address, gateway, further addresses and routes of the uplink in one family.
    fn family(&self, wan: &str, family: &str) -> Option<Value> {
        let mut vars = Map::new();
        let mut all: Vec<String> = Vec::new();
        let mut ways: Vec<Value> = Vec::new();
        let is_six = family == "inet6";
        let stanzas: Vec<&Configured> = self.all.iter().filter(|s| s.name == wan).collect();
        for stanza in &stanzas {
            all.extend(addresses(stanza).into_iter().filter(|a| a.contains(':') == is_six));
            let own = |route: &Value| match route["to"].as_str() {
                Some("default") | None => stanza.family == family,
                Some(to) => to.contains(':') == is_six,
            };
            ways.extend(routes(stanza).into_iter().filter(own));
        }
        let mut all = all.into_iter();
        vars.insert("address".to_owned(), json!(all.next()?));
        let mut gateways = stanzas.iter().filter_map(|s| address(s, "gateway"));
        if let Some(gateway) = gateways.find(|g| g.contains(':') == is_six) {
            vars.insert("gateway".to_owned(), json!(gateway));
        }
        if let Some(peer) =
            stanzas.iter().find_map(|s| address(s, "pointopoint")).filter(|_| !is_six)
        {
            vars.insert("pointopoint".to_owned(), json!(peer));
        }
        let more: Vec<String> = all.collect();
        if !more.is_empty() {
            vars.insert("more".to_owned(), json!(more));
        }
        if !ways.is_empty() {
            vars.insert("routes".to_owned(), json!(ways));
        }
        Some(Value::Object(vars))
    }

    /// Whether the kernel has a link of a kind.
    pub(super) fn is_kind(&self, name: &str, kind: &str) -> bool {
        self.survey.live.facts.iter().any(
            |fact| matches!(fact, Fact::Link { name: own, kind: of } if own == name && of == kind),
        )
    }

    pub(super) fn bonds(&self) -> Vec<Value> {
        let mut bonds = Vec::new();
        for one in self.all {
            let words = option(one, "bond_slaves").or_else(|| option(one, "slaves"));
            let Some(words) = words else { continue };
            let ports: Vec<&str> =
                words.split_whitespace().filter(|w| name_fits(w) && *w != "none").collect();
            if ports.is_empty()
                || bonds.iter().any(|bond: &Value| bond["name"] == one.name.as_str())
            {
                continue;
            }
            let mut bond = json!({ "name": one.name, "ports": ports });
            let word = |key: &str| option(one, key).map(str::trim).filter(|word| plain_word(word));
            if let Some(mode) = word("bond_mode").filter(|mode| *mode != "active-backup") {
                bond["mode"] = json!(mode);
            }
            if let Some(miimon) =
                word("bond_miimon").and_then(|w| w.parse::<u32>().ok()).filter(|n| *n != 100)
            {
                bond["miimon"] = json!(miimon);
            }
            if let Some(primary) = word("bond_primary").filter(|name| name_fits(name)) {
                bond["primary"] = json!(primary);
            }
            if let Some(policy) = word("bond_xmit_hash_policy") {
                bond["hash_policy"] = json!(policy);
            }
            bonds.push(bond);
        }
        bonds
    }

    pub(super) fn vlans(&self) -> Vec<Value> {
        let mut vlans: Vec<Value> = Vec::new();
        for one in self.all {
            let by_name = one.name.rsplit_once('.').filter(|(_, tag)| tag.parse::<u16>().is_ok());
            let raw = option(one, "vlan_raw_device").map(str::trim).filter(|name| name_fits(name));
            let Some(device) = raw.or(by_name.map(|(base, _)| base)) else { continue };
            if vlans.iter().any(|vlan| vlan["name"] == one.name.as_str()) {
                continue;
            }
            let mut vlan = json!({ "name": one.name, "device": device });
            let id = option(one, "vlan_id").and_then(|id| id.trim().parse::<u16>().ok());
            if let Some(id) = id.filter(|id| (1..=4094).contains(id)) {
                vlan["id"] = json!(id);
            }
            vlans.push(vlan);
        }
        vlans
    }
}

/// A word of the kernel's own.
fn plain_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{is_mac, name_fits, route};

    #[test]
    fn routes_are_read_from_plain_commands_only() {
        let read = |command: &str| route(command).map(|route| route.to_string());
        assert_eq!(
            read("ip -6 route replace 2001:db8:7::/64 via fe80::1 dev $IFACE onlink").as_deref(),
            Some("{\"to\":\"2001:db8:7::/64\",\"via\":\"fe80::1\"}")
        );
        assert_eq!(
            read("/sbin/ip r add 192.0.2.7 dev vmbr0").as_deref(),
            Some("{\"to\":\"192.0.2.7\"}")
        );
        for odd in [
            "ip route add $X",
            "ip rule add x",
            "ip route add 10.0.0.0/8 table 5",
            "route add default",
            "ip route del 10.0.0.0/8",
        ] {
            assert_eq!(route(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_no_name_or_mac_is_none() {
        assert!(
            name_fits("vmbr0.100")
                && !name_fits("{{x}}")
                && !name_fits("a b")
                && !name_fits("eth0:1")
        );
        assert!(is_mac("02:00:00:c4:7a:01") && !is_mac("03:00:00:c4:7a:01") && !is_mac("02:00"));
    }
}
