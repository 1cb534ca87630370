//! Checks as written → checks of one host.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use serde_json::Value;

use crate::desired::playbook::CheckDraft;
use crate::desired::template::Scope;
use crate::diagnostic::Diagnostic;

use super::read::{Setting, without_length};
use super::{CheckSpec, Family, Vantage, own};

const VANTAGES: [(&str, Vantage); 4] = [
    ("host", Vantage::Host),
    ("controller", Vantage::Controller),
    ("witness", Vantage::Witness),
    ("guest", Vantage::Guest),
];

/// From where each check can be made, besides the host itself.
const ELSEWHERE: [(&str, &[Vantage]); 6] = [
    ("ping", &[Vantage::Controller, Vantage::Witness, Vantage::Guest]),
    ("tcp", &[Vantage::Controller, Vantage::Witness, Vantage::Guest]),
    ("dns", &[Vantage::Guest]),
    ("mtu", &[Vantage::Guest]),
    ("neighbour", &[Vantage::Witness]),
    ("ndp_proxy", &[Vantage::Witness]),
];
const FAMILIES: [(&str, Family); 6] = [
    ("inet", Family::V4),
    ("inet6", Family::V6),
    ("4", Family::V4),
    ("6", Family::V6),
    ("ipv4", Family::V4),
    ("ipv6", Family::V6),
];

type Read<T> = Result<T, Box<Diagnostic>>;

/// Renders a play's checks for one host, none twice. The host is reached at this address
/// or name.
///
/// # Errors
/// Every setting that cannot be evaluated or is not of its type.
pub(crate) fn checks(
    drafts: &[CheckDraft],
    scope: &Arc<Scope>,
    reached_at: &str,
) -> Result<Vec<CheckSpec>, Vec<Diagnostic>> {
    let mut specs: Vec<CheckSpec> = Vec::new();
    let mut mistakes = Vec::new();
    for draft in drafts {
        match (One { draft, scope, reached_at }).specs() {
            Ok(found) => {
                for spec in found {
                    if !specs.contains(&spec) {
                        specs.push(spec);
                    }
                }
            }
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    if mistakes.is_empty() { Ok(specs) } else { Err(mistakes) }
}

/// One check for one host.
struct One<'a> {
    draft: &'a CheckDraft,
    scope: &'a Arc<Scope>,
    reached_at: &'a str,
}

impl<'a> One<'a> {
    /// None for a check that has nothing to look at on this host; several for one that
    /// looks at each of its addresses.
    fn specs(&self) -> Read<Vec<CheckSpec>> {
        let vantage = self.vantage()?;
        if self.draft.kind == "ndp_proxy" {
            return self.ndp_proxy(vantage);
        }
        let made = match self.draft.kind {
            "ping" => self.pings(vantage)?,
            "tcp" => {
                let port = self.need("port", |port| port.number(1, u16::MAX))?;
                let tcp = |target| CheckSpec::Tcp { target, port };
                self.targets(vantage)?.into_iter().map(tcp).collect()
            }
            "neighbour" => self.neighbours(vantage)?,
            _ => vec![self.single()?],
        };
        let from = |check| match vantage {
            Vantage::Host => check,
            _ => CheckSpec::From { vantage, check: Box::new(check) },
        };
        Ok(made.into_iter().map(from).collect())
    }

    fn single(&self) -> Read<CheckSpec> {
        Ok(match self.draft.kind {
            "ssh" => CheckSpec::Ssh,
            "gateway" => CheckSpec::Gateway,
            "dad" => CheckSpec::Dad {
                shared: self.read("shared", Setting::addresses)?.unwrap_or_default(),
            },
            "mtu" => CheckSpec::Mtu {
                target: self.read("target", Setting::address)?,
                size: self.read("size", |size| size.number(576, 65_535))?,
            },
            "dns" => CheckSpec::Dns {
                name: self.need("name", Setting::target)?,
                server: self.read("server", Setting::address)?,
            },
            "route" => CheckSpec::Route {
                to: self.need("to", Setting::destination)?,
                via: self.read("via", Setting::address)?,
                dev: self.read("dev", Setting::interface)?,
            },
            _ => CheckSpec::Command { run: self.need("run", Setting::command)? },
        })
    }

    fn pings(&self, vantage: Vantage) -> Read<Vec<CheckSpec>> {
        let source = self.read("source", Setting::address)?;
        if source.is_some() && vantage != Vantage::Host {
            return Err(self.mistake("`source` is an address of the host's own", "remove `from`"));
        }
        let named = self.read("family", |family| family.word(&FAMILIES))?;
        let given = self.has_target();
        let mut pings = Vec::new();
        for target in self.targets(vantage)? {
            let own = target.parse::<IpAddr>().ok().map(|address| Family::of(&address));
            match (named, own) {
                // Of its own addresses those of one family.
                (Some(named), Some(own)) if named != own && !given => continue,
                (Some(named), Some(own)) if named != own => {
                    let remedy = "remove `family`";
                    return Err(self.mistake("an address has a family of its own", remedy));
                }
                _ => pings.push(CheckSpec::Ping { target, family: own.or(named), source }),
            }
        }
        Ok(pings)
    }

    fn neighbours(&self, vantage: Vantage) -> Read<Vec<CheckSpec>> {
        let dev = self.read("dev", Setting::interface)?;
        let addresses = match self.read("address", Setting::address)? {
            Some(address) => vec![address],
            None if vantage == Vantage::Witness => self.own(),
            None => vec![self.need("address", Setting::address)?],
        };
        let neighbour = |address| CheckSpec::Neighbour { address, dev: dev.clone() };
        Ok(addresses.into_iter().map(neighbour).collect())
    }

    /// What the host itself reads back, and what a witness sees.
    fn ndp_proxy(&self, vantage: Vantage) -> Read<Vec<CheckSpec>> {
        let addresses = match self.read("addresses", Setting::addresses)? {
            Some(addresses) => addresses,
            None => self.guests()?,
        };
        let addresses = self.of_ipv6("addresses", addresses)?;
        let never = self.read("never", Setting::addresses)?.unwrap_or_default();
        let never = self.of_ipv6("never", never)?;
        if addresses.is_empty() && never.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(both) = addresses.iter().find(|address| never.contains(address)) {
            let message = format!("{both} is both in `addresses` and in `never`");
            return Err(self.mistake(&message, "remove it from one of them"));
        }
        let dev = match self.read("dev", Setting::interface)? {
            Some(dev) => dev,
            None => self.uplink()?,
        };
        let mut specs = Vec::new();
        if vantage == Vantage::Witness {
            // By IPv6 if it has that: it may have another interface for each family.
            let own = self.own();
            let host = own.iter().find(|a| a.is_ipv6()).or(own.first()).copied();
            let host = host.ok_or_else(|| {
                let remedy = "set ansible_host to an address, or network.uplink.ipv4.address";
                self.mistake("no address of the host is known", remedy)
            })?;
            let (addresses, never) = (addresses.clone(), never.clone());
            let check = Box::new(CheckSpec::Proxied { host, addresses, never });
            specs.push(CheckSpec::From { vantage, check });
        }
        specs.insert(0, CheckSpec::NdpProxy { addresses, never, dev });
        Ok(specs)
    }

    fn of_ipv6(&self, key: &str, addresses: Vec<IpAddr>) -> Read<Vec<Ipv6Addr>> {
        let mut wanted: Vec<Ipv6Addr> = Vec::new();
        for address in addresses {
            match address {
                IpAddr::V6(address) if !wanted.contains(&address) => wanted.push(address),
                IpAddr::V6(_) => {}
                IpAddr::V4(_) => {
                    let remedy = "neighbour discovery is IPv6's; remove it";
                    return Err(self.mistake(&format!("`{key}` has an IPv4 address"), remedy));
                }
            }
        }
        Ok(wanted)
    }

    /// The IPv6 addresses of the host's guests; none without guests.
    fn guests(&self) -> Read<Vec<IpAddr>> {
        let network = self.network()?;
        let guests = network.get("guests").and_then(Value::as_array);
        let written = guests.into_iter().flatten().filter_map(|g| g.get("ipv6")?.as_str());
        written
            .map(|text| {
                without_length(text).ok_or_else(|| {
                    let remedy = "name them in `addresses`, or mend `network.guests`";
                    self.mistake("the `ipv6` of a guest is not an address", remedy)
                })
            })
            .collect()
    }

    fn uplink(&self) -> Read<String> {
        let network = self.network()?;
        let name = network.pointer("/uplink/name").and_then(Value::as_str);
        name.map(str::to_owned).ok_or_else(|| {
            self.mistake("there is no `network.uplink.name`", "name the interface in `dev`")
        })
    }

    fn network(&self) -> Read<Value> {
        let value = self.scope.get("network")?;
        Ok(value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or_default())
    }

    /// The host's own addresses, as its vars tell them.
    fn own(&self) -> Vec<IpAddr> {
        own::addresses(self.reached_at, &self.network().unwrap_or_default())
    }

    fn has_target(&self) -> bool {
        self.draft.get("target").or(self.draft.get("host")).is_some()
    }

    /// The target that is written; else what can be meant from there: the host's own
    /// addresses, and from a guest the gateways beyond the host.
    fn targets(&self, vantage: Vantage) -> Read<Vec<String>> {
        let written = match self.read("target", Setting::target)? {
            None => self.read("host", Setting::target)?,
            target => target,
        };
        let addresses = match (written, vantage) {
            (Some(target), _) => return Ok(vec![target]),
            (None, Vantage::Controller | Vantage::Witness) => self.own(),
            (None, Vantage::Guest) if self.draft.kind == "ping" => own::gateways(&self.network()?),
            (None, _) => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(self.mistake("there is no `target`", "name an address or a host"));
        }
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    fn vantage(&self) -> Read<Vantage> {
        let vantage = self.read("from", |from| from.word(&VANTAGES))?.unwrap_or_default();
        let elsewhere = ELSEWHERE.iter().find(|(kind, _)| *kind == self.draft.kind);
        let possible = elsewhere.map_or(&[][..], |(_, vantages)| vantages);
        if vantage == Vantage::Host || possible.contains(&vantage) {
            return Ok(vantage);
        }
        let named = |vantage: &Vantage| VANTAGES.iter().find(|(_, v)| v == vantage);
        let words: Vec<&str> = possible.iter().filter_map(named).map(|(word, _)| *word).collect();
        let remedy = format!("it can be made from: host, {}", words.join(", "));
        Err(self.mistake("it cannot be made from there", &remedy))
    }

    fn need<T>(&self, key: &'static str, as_type: impl Fn(&Setting<'a>) -> Read<T>) -> Read<T> {
        self.read(key, as_type)?.ok_or_else(|| {
            self.mistake(&format!("`{key}` has no value on this host"), "give it one")
        })
    }

    fn read<T>(
        &self,
        key: &'static str,
        as_type: impl Fn(&Setting<'a>) -> Read<T>,
    ) -> Read<Option<T>> {
        let Some(node) = self.draft.get(key) else { return Ok(None) };
        let value = self.scope.evaluate(node).map_err(|(_, mistake)| mistake)?;
        let value = serde_json::to_value(&value).unwrap_or_default();
        if value.is_null() {
            return Ok(None);
        }
        as_type(&Setting { key, value, node }).map(Some)
    }

    fn mistake(&self, message: &str, remedy: &str) -> Box<Diagnostic> {
        let message = format!("{message}, for `{}` on host `{}`", self.draft.kind, self.scope.host);
        Diagnostic::error(message).at(self.draft.place.clone()).remedy(remedy).into()
    }
}
