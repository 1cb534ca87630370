//! A host as it is, before anything is wanted of it: the reply to an import request.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{FileState, Ifupdown, Objects, files, live, owned, sysctl};
use crate::network::live::Live;
use crate::remote::wire::{Reply, WireError, garbage};

/// Everything that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The kernel's host name.
    pub hostname: String,
    /// Its ifupdown.
    pub ifupdown: Ifupdown,
    /// Which of the tools that rappel uses are there.
    pub tools: BTreeSet<String>,
    /// The files that were asked for and are there; links and others among them.
    pub files: BTreeMap<String, FileState>,
    /// Which of them a package brought and nobody has edited since.
    pub packaged: BTreeSet<String>,
    /// What it keeps behind tools.
    pub objects: Objects,
    /// Files that are too large to be configuration.
    pub too_large: BTreeSet<String>,
    /// Its live state, with all nft tables.
    pub live: Live,
    /// MAC addresses by the names of links.
    pub macs: BTreeMap<String, String>,
    /// Rules of iptables, if there are any.
    pub iptables: Rules,
    /// Rules of ip6tables, if there are any.
    pub ip6tables: Rules,
}

/// The rules of iptables of one family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// As `iptables-save` writes them, without its comments; empty if there are none.
    pub saved: String,
    /// As its own translator writes them for nft, if it can.
    pub as_nft: Option<String>,
}

impl Survey {
    /// Parses a complete reply.
    ///
    /// # Errors
    /// A reply that broke off or that the script would not write.
    pub fn parse(reply: &Reply) -> Result<Self, WireError> {
        reply.complete()?;
        Ok(Self {
            hostname: reply.need("hostname")?.to_owned(),
            ifupdown: super::ifupdown(reply.need("ifupdown")?)?,
            tools: owned(reply.all("tool")),
            files: files::parse(reply.all("files"), "files")?.files,
            packaged: owned(reply.all("packaged")),
            objects: Objects::parse(reply)?,
            too_large: owned(reply.all("too-large")),
            live: live::parse(reply, &sysctl(reply))?,
            macs: macs(reply.need("links")?)?,
            iptables: rules(reply, "iptables", "iptables-as-nft")?,
            ip6tables: rules(reply, "ip6tables", "ip6tables-as-nft")?,
        })
    }

    /// The text of a file, if it is one and text.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.files.get(path)? {
            FileState::File { content, .. } => std::str::from_utf8(content).ok(),
            _ => None,
        }
    }

    /// Adds what a later look found beside it.
    pub fn merge(&mut self, later: Self) {
        self.files.extend(later.files);
        self.packaged.extend(later.packaged);
        self.too_large.extend(later.too_large);
    }
}

fn rules(reply: &Reply, saved: &str, as_nft: &str) -> Result<Rules, WireError> {
    let decoded = |text: &str| {
        let bytes = STANDARD.decode(text).map_err(|_| garbage(text))?;
        Ok::<_, WireError>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let saved = reply.first(saved).map(decoded).transpose()?.unwrap_or_default();
    Ok(Rules { saved, as_nft: reply.first(as_nft).map(decoded).transpose()? })
}

fn macs(json: &str) -> Result<BTreeMap<String, String>, WireError> {
    let links: Vec<serde_json::Value> = serde_json::from_str(json).map_err(|_| garbage(json))?;
    let mac = |link: &serde_json::Value| {
        let plain = link["link_type"] == "ether";
        let both = (link["ifname"].as_str()?.to_owned(), link["address"].as_str()?.to_owned());
        plain.then_some(both)
    };
    Ok(links.iter().filter_map(mac).collect())
}

#[cfg(test)]
mod tests {
    use super::Survey;
    use crate::remote::wire::Reply;

    const REPLY: &str = "rappel|1\nhostname|hv1\ninit|systemd\nifupdown|ifupdown\ntool|nft\n\
        links|[{\"ifname\":\"eth0\",\"flags\":[],\"link_type\":\"ether\",\"address\":\"02:00:00:00:00:01\"},{\"ifname\":\"lo\",\"flags\":[],\"link_type\":\"loopback\",\"address\":\"00:00:00:00:00:00\"}]\n\
        addresses4|[]\naddresses6|[]\nroutes4|[]\nroutes6|[]\nrules4|[]\nrules6|[]\nproxies4|[]\nproxies6|[]\nnft-live|dGFibGUgaW5ldCB4IHsKfQo=\niptables|LUEgSU5QVVQK\npackaged|/etc/nftables.conf\nend|ok\n";

    #[test]
    fn a_reply_becomes_a_survey() {
        let seen = Survey::parse(&Reply::parse(REPLY).expect("a reply")).expect("parses");
        assert_eq!(seen.macs.len(), 1);
        assert_eq!(seen.macs["eth0"], "02:00:00:00:00:01");
        assert!(seen.live.nft.contains_key("inet x"));
        assert_eq!(seen.iptables.saved, "-A INPUT\n");
        assert_eq!(seen.iptables.as_nft, None);
        assert!(seen.packaged.contains("/etc/nftables.conf"));
    }

    #[test]
    fn what_must_be_there_is_missed() {
        for key in ["hostname", "ifupdown", "links", "addresses4", "addresses6", "end"] {
            let text: String =
                REPLY.lines().filter(|l| !l.starts_with(key)).map(|l| format!("{l}\n")).collect();
            let reply = Reply::parse(&text);
            assert!(reply.is_err() || Survey::parse(&reply.expect("a reply")).is_err(), "{key}");
        }
    }
}
