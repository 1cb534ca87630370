//! The stanzas of interfaces(5), and what their options say.

use std::net::IpAddr;
use std::ops::Range;

use crate::diagnostic::Place;

/// One option of a stanza.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opt {
    /// The key as written.
    pub key: String,
    /// The rest of the line, continuations joined, trimmed.
    pub value: String,
    /// Key and value in the text.
    pub place: Place,
    /// The value alone in the text.
    pub value_place: Place,
}

impl Opt {
    /// The key in its one spelling, see [`canonical_key`].
    pub fn canonical(&self) -> String {
        canonical_key(&self.key)
    }

    /// Whether it is a command that ifupdown runs.
    pub fn is_command(&self) -> bool {
        matches!(self.canonical().as_str(), "pre_up" | "up" | "down" | "post_down")
    }
}

/// A key in its one spelling: `-` as `_`, `post-up` as `up`, `pre-down` as `down`, as
/// ifupdown itself treats them.
pub fn canonical_key(key: &str) -> String {
    match key {
        "post-up" => "up".to_owned(),
        "pre-down" => "down".to_owned(),
        _ => key.replace('-', "_"),
    }
}

/// An `iface` stanza.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    /// The logical interface.
    pub name: String,
    /// `inet`, `inet6`, …; empty where ifupdown2 needs none.
    pub family: String,
    /// `static`, `dhcp`, `manual`, …; empty where ifupdown2 needs none.
    pub method: String,
    /// The stanza whose options it takes over.
    pub inherits: Option<String>,
    /// Words at the end of the `iface` line that nothing reads.
    pub extra: Vec<String>,
    /// Its options in order.
    pub options: Vec<Opt>,
    /// The `iface` line.
    pub place: Place,
    /// From the `iface` line to the end of the last option.
    pub extent: Range<usize>,
}

impl Stanza {
    /// The options of one key, whatever its spelling.
    pub fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Opt> + use<'a> {
        let key = canonical_key(key);
        self.options.iter().filter(move |opt| opt.canonical() == key)
    }

    /// The first option of one key: the only one that ifupdown heeds.
    pub fn get(&self, key: &str) -> Option<&Opt> {
        self.all(key).next()
    }

    /// The gateways, each with the place of its literal. What is no address is left out.
    pub fn gateways(&self) -> Vec<(IpAddr, Place)> {
        self.all("gateway")
            .filter_map(|opt| {
                let literal = opt.value.split_whitespace().next()?;
                Some((literal.parse().ok()?, opt.value_place.clone()))
            })
            .collect()
    }

    /// The bridge's ports: `None` where the stanza is no bridge, empty where it has no
    /// port. `regex` and `all` stay as words, because only the host knows what they match.
    pub fn ports(&self) -> Option<Vec<String>> {
        let opt = self.get("bridge_ports")?;
        let ports = opt
            .value
            .split_whitespace()
            .filter(|word| *word != "none")
            .map(str::to_owned)
            .collect();
        Some(ports)
    }

    /// Whether the stanza makes a bridge: it names ports, or sets an option that only a
    /// bridge has.
    pub fn is_bridge(&self) -> bool {
        self.options.iter().any(|opt| opt.canonical().starts_with("bridge_"))
    }

    /// The members of a bond, if the stanza is one.
    pub fn slaves(&self) -> Vec<String> {
        self.get("bond_slaves")
            .or_else(|| self.get("slaves"))
            .map(|opt| {
                opt.value
                    .split_whitespace()
                    .filter(|word| *word != "none")
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The interface below a VLAN or an alias, if the stanza is one.
    pub fn below(&self) -> Option<String> {
        if let Some(opt) = self.get("vlan_raw_device") {
            return Some(opt.value.clone());
        }
        if let Some((base, _)) = self.name.split_once(':') {
            return Some(base.to_owned());
        }
        let (base, tag) = self.name.rsplit_once('.')?;
        let number = !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_digit());
        (number && !base.is_empty()).then(|| base.to_owned())
    }
}

/// A `mapping` stanza: a script names the logical interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Shell patterns of the physical names it is for.
    pub patterns: Vec<String>,
    /// `script` and `map` lines in order.
    pub options: Vec<Opt>,
    /// The `mapping` line.
    pub place: Place,
}
