//! Checks as written → checks of one host.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use serde_json::Value;

use crate::desired::playbook::CheckDraft;
use crate::desired::template::Scope;
use crate::diagnostic::Diagnostic;

use super::read::{Setting, without_length};
use super::{CheckSpec, Family, Vantage};

const VANTAGES: [(&str, Vantage); 2] =
    [("host", Vantage::Host), ("controller", Vantage::Controller)];
const FAMILIES: [(&str, Family); 6] = [
    ("inet", Family::V4),
    ("inet6", Family::V6),
    ("4", Family::V4),
    ("6", Family::V6),
    ("ipv4", Family::V4),
    ("ipv6", Family::V6),
];

type Read<T> = Result<T, Box<Diagnostic>>;

/// Renders a play's checks for one host, none twice.
///
/// # Errors
/// Every setting that cannot be evaluated or is not of its type.
pub(crate) fn checks(
    drafts: &[CheckDraft],
    scope: &Arc<Scope>,
) -> Result<Vec<CheckSpec>, Vec<Diagnostic>> {
    let mut specs = Vec::new();
    let mut mistakes = Vec::new();
    for draft in drafts {
        match (One { draft, scope }).spec() {
            Ok(Some(spec)) if !specs.contains(&spec) => specs.push(spec),
            Ok(_) => {}
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    if mistakes.is_empty() { Ok(specs) } else { Err(mistakes) }
}

/// One check for one host.
struct One<'a> {
    draft: &'a CheckDraft,
    scope: &'a Arc<Scope>,
}

impl<'a> One<'a> {
    /// Nothing for a check that has nothing to look at on this host.
    fn spec(&self) -> Read<Option<CheckSpec>> {
        Ok(Some(match self.draft.kind {
            "ssh" => CheckSpec::Ssh,
            "gateway" => CheckSpec::Gateway,
            "dad" => CheckSpec::Dad,
            "mtu" => CheckSpec::Mtu {
                target: self.read("target", Setting::address)?,
                size: self.read("size", |size| size.number(576, 65_535))?,
            },
            "ping" => self.ping()?,
            "tcp" => CheckSpec::Tcp {
                target: self.target()?,
                port: self.need("port", |port| port.number(1, u16::MAX))?,
                from: self.vantage()?,
            },
            "dns" => CheckSpec::Dns {
                name: self.need("name", Setting::target)?,
                server: self.read("server", Setting::address)?,
            },
            "neighbour" => CheckSpec::Neighbour {
                address: self.need("address", Setting::address)?,
                dev: self.read("dev", Setting::interface)?,
            },
            "route" => CheckSpec::Route {
                to: self.need("to", Setting::destination)?,
                via: self.read("via", Setting::address)?,
                dev: self.read("dev", Setting::interface)?,
            },
            "ndp_proxy" => return self.ndp_proxy(),
            _ => CheckSpec::Command { run: self.need("run", Setting::command)? },
        }))
    }

    fn ping(&self) -> Read<CheckSpec> {
        let target = self.target()?;
        let named = self.read("family", |family| family.word(&FAMILIES))?;
        let own = target.parse::<IpAddr>().ok().map(|address| Family::of(&address));
        if let (Some(named), Some(own)) = (named, own)
            && named != own
        {
            return Err(self.mistake("an address has a family of its own", "remove `family`"));
        }
        Ok(CheckSpec::Ping { target, family: own.or(named), from: self.vantage()? })
    }

    fn ndp_proxy(&self) -> Read<Option<CheckSpec>> {
        let addresses = match self.read("addresses", Setting::addresses)? {
            Some(addresses) => addresses,
            None => self.guests()?,
        };
        let mut wanted: Vec<Ipv6Addr> = Vec::new();
        for address in addresses {
            match address {
                IpAddr::V6(address) if !wanted.contains(&address) => wanted.push(address),
                IpAddr::V6(_) => {}
                IpAddr::V4(_) => {
                    return Err(self.mistake(
                        "`addresses` has an IPv4 address",
                        "neighbour discovery is IPv6's; remove it",
                    ));
                }
            }
        }
        if wanted.is_empty() {
            return Ok(None);
        }
        let dev = match self.read("dev", Setting::interface)? {
            Some(dev) => dev,
            None => self.uplink()?,
        };
        Ok(Some(CheckSpec::NdpProxy { addresses: wanted, dev }))
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

    fn target(&self) -> Read<String> {
        match self.read("target", Setting::target)? {
            Some(target) => Ok(target),
            None => self.need("host", Setting::target),
        }
    }

    fn vantage(&self) -> Read<Vantage> {
        Ok(self.read("from", |from| from.word(&VANTAGES))?.unwrap_or_default())
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
