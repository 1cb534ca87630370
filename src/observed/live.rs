//! The live state in a reply: iproute2's JSON, kernel values, nft's listings.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::network::live::{Fact, Live, Texts, parse as facts};
use crate::network::{nft, sysctl};
use crate::remote::wire::{Reply, WireError, garbage};

/// The wanted nft scripts, as the host's own nft writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NftWanted {
    /// None were asked for, or the host has no nft.
    Nothing,
    /// The host cannot load them anywhere but in its own network.
    Unable(String),
    /// nft refuses them, with these words.
    Invalid(String),
    /// The listing of each table, by `FAMILY NAME`.
    Tables(BTreeMap<String, String>),
}

impl NftWanted {
    /// Reads it from a reply.
    pub(super) fn parse(reply: &Reply) -> Result<Self, WireError> {
        if let Some(words) = reply.first("nft-invalid") {
            return Ok(Self::Invalid(words.trim().to_owned()));
        }
        if let Some(words) = reply.first("nft-unable") {
            return Ok(Self::Unable(words.to_owned()));
        }
        match reply.first("nft-wanted") {
            Some(text) => Ok(Self::Tables(nft::listing(&decoded(text)?))),
            None => Ok(Self::Nothing),
        }
    }
}

/// An assignment in one of the host's sysctl files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SysctlLine {
    /// The file.
    pub path: String,
    /// The key, dotted.
    pub key: String,
    /// The value.
    pub value: String,
}

impl SysctlLine {
    /// Parses `PATH:KEY=VALUE`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (path, assignment) = line.split_once(':')?;
        let (key, value) = assignment.split_once('=')?;
        let key = key.trim().trim_start_matches('-').trim();
        Some(Self {
            path: path.to_owned(),
            key: sysctl::canonical(key),
            value: value.trim().to_owned(),
        })
    }
}

/// The live state of a reply.
pub(super) fn parse(reply: &Reply, values: &BTreeMap<String, String>) -> Result<Live, WireError> {
    // A host says each of them: one that is missing is not one that is empty.
    let mut found = facts(&Texts {
        links: reply.need("links")?,
        addresses: [reply.need("addresses4")?, reply.need("addresses6")?],
        routes: [reply.need("routes4")?, reply.need("routes6")?],
        rules: [reply.need("rules4")?, reply.need("rules6")?],
        proxies: [reply.need("proxies4")?, reply.need("proxies6")?],
    })
    .map_err(|what| garbage(&format!("{what}: {}", reply.first(what).unwrap_or_default())))?;
    found.extend(values.iter().map(|(key, value)| Fact::Sysctl {
        key: sysctl::canonical(key),
        value: value.split_whitespace().collect::<Vec<_>>().join(" "),
    }));
    let nft = nft::listing(&decoded(reply.first("nft-live").unwrap_or_default())?);
    Ok(Live { facts: found.into_iter().collect(), nft })
}

fn decoded(text: &str) -> Result<String, WireError> {
    let bytes = STANDARD.decode(text).map_err(|_| garbage(text))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
