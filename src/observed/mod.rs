//! What a host is: the reply to an observe request, parsed. Pure.
//!
//! The main type is [`Observation`]. It says what was seen and when it was not seen at
//! all; what to make of it is `plan`'s business.

mod files;
pub mod heard;
mod live;
mod moment;
mod objects;
mod port;
mod rescue;
mod survey;
mod virtual_mac;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use crate::network::live::Live;
use crate::remote::wire::{Reply, WireError, garbage};
pub use files::FileState;
pub use live::{NftWanted, SysctlLine};
pub use moment::utc;
pub use objects::Objects;
pub use port::{PortPolicy, PortSetting, PortState, SeenPort};
pub use rescue::{Candidate, Disks, Kept, KeptFile};
pub use survey::{Rules, Survey};
pub use virtual_mac::{SeenMac, SeenMacs};

/// Which init system runs the host: decides how the ways back are armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// systemd.
    Systemd,
    /// sysvinit.
    Sysv,
    /// None that could run something at boot.
    None,
}

/// Which program reads interfaces(5) on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ifupdown {
    /// Debian's ifupdown (or a relative with the same commands).
    Ifupdown,
    /// ifupdown2, with `ifreload`.
    Ifupdown2,
    /// Neither.
    None,
}

/// Who holds the host's lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// The run.
    pub run: String,
    /// Since when, by the host's clock, in seconds since 1970.
    pub since: Option<u64>,
    /// Who started it.
    pub who: String,
}

/// `ada@laptop since 2026-11-21 06:00:00Z (run ab12)`.
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.who.is_empty() { "somebody" } else { &self.who };
        write!(f, "{who}")?;
        if let Some(since) = self.since {
            write!(f, " since {}", utc(since))?;
        }
        write!(f, " (run {})", self.run)
    }
}

impl Lock {
    /// Parses `RUN SINCE WHO`.
    pub fn parse(value: &str) -> Self {
        let mut words = value.splitn(3, ' ');
        let run = words.next().unwrap_or_default().to_owned();
        let since = words.next().and_then(|s| s.parse().ok());
        Self { run, since, who: words.next().unwrap_or_default().to_owned() }
    }
}

/// What a generation had found before it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The files it touched, as they were.
    pub files: BTreeMap<String, FileState>,
}

/// One look at a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The kernel's host name.
    pub hostname: String,
    /// `/etc/machine-id`, empty if there is none.
    pub machine_id: String,
    /// Differs after every boot.
    pub boot_id: String,
    /// Its init system.
    pub init: Init,
    /// Its ifupdown.
    pub ifupdown: Ifupdown,
    /// Which of the tools that rappel uses are there.
    pub tools: BTreeSet<String>,
    /// Who holds the lock.
    pub lock: Option<Lock>,
    /// `none`, or the state of an open transaction.
    pub transaction: String,
    /// The last generation, 0 for none.
    pub generation: u32,
    /// The files that were asked for.
    pub files: BTreeMap<String, FileState>,
    /// Objects that were asked for and that their tool did not tell of, with its words.
    pub unread_objects: BTreeMap<String, String>,
    /// When those that are there were last written, in seconds since 1970.
    pub file_times: BTreeMap<String, u64>,
    /// The sysctl keys that were asked for (with slashes) and exist.
    pub sysctl: BTreeMap<String, String>,
    /// The nft tables that were asked for and exist, `FAMILY NAME`.
    pub nft_tables: BTreeSet<String>,
    /// Its live state: the facts, the values of the keys and the rules of the tables that
    /// were asked for.
    pub live: Live,
    /// The wanted nft scripts as the host's own nft writes them.
    pub nft_wanted: NftWanted,
    /// Hooks that ifupdown runs, `DIRECTORY/NAME` below /etc/network.
    pub hooks: BTreeSet<String>,
    /// Assignments in the host's sysctl files.
    pub sysctl_lines: Vec<SysctlLine>,
    /// Names of the links.
    pub links: BTreeSet<String>,
    /// Its addresses of global scope, in the kernel's order.
    pub addresses: Vec<IpAddr>,
    /// The same addresses with the length of their networks' prefixes.
    pub nets: Vec<IpNet>,
    /// What earlier generations had found, merged: the oldest one's word holds.
    pub found: Found,
    /// Generations that were asked for and are not there.
    pub missing_generations: Vec<u32>,
    /// Interfaces that those generations named.
    pub found_names: BTreeSet<String>,
    /// Sysctl keys that those generations set.
    pub found_keys: BTreeSet<String>,
    /// nft tables that those generations touched.
    pub found_tables: BTreeSet<String>,
    /// Digests of files and live state, to be checked again before a change.
    pub fingerprint: String,
}

impl Observation {
    /// Parses a complete reply. `paths` are those that were asked for: what did not come
    /// back is absent.
    pub fn parse(reply: &Reply, paths: &[String]) -> Result<Self, WireError> {
        reply.complete()?;
        let fingerprint = reply.need("fingerprint")?.to_owned();
        let nets = [nets(reply.need("addresses4")?)?, nets(reply.need("addresses6")?)?].concat();
        let files::Archive { mut files, written } = files::parse(reply.all("files"), "files")?;
        files.extend(objects::states(reply)?.into_iter().map(as_file));
        for path in paths {
            files.entry(path.clone()).or_insert(FileState::Absent);
        }
        let sysctl = sysctl(reply);
        let live = live::parse(reply, &sysctl)?;
        Ok(Self {
            hostname: reply.need("hostname")?.to_owned(),
            machine_id: reply.need("machine-id")?.to_owned(),
            boot_id: reply.need("boot-id")?.to_owned(),
            init: init(reply.need("init")?)?,
            ifupdown: ifupdown(reply.need("ifupdown")?)?,
            tools: owned(reply.all("tool")),
            lock: reply.first("lock").map(Lock::parse),
            transaction: reply.need("transaction")?.to_owned(),
            generation: number(reply.need("generation")?)?,
            files,
            unread_objects: objects::unread(reply),
            file_times: written,
            sysctl,
            nft_tables: live.nft.keys().cloned().collect(),
            live,
            nft_wanted: NftWanted::parse(reply)?,
            hooks: owned(reply.all("hook")),
            sysctl_lines: reply.all("sysctl-line").filter_map(SysctlLine::parse).collect(),
            links: links(reply.need("links")?)?,
            addresses: nets.iter().map(IpNet::addr).collect(),
            nets,
            found: Found { files: files::parse_found(reply)? },
            missing_generations: reply
                .all("no-generation")
                .filter_map(|n| n.parse().ok())
                .collect(),
            found_names: owned(reply.all("gen-name")),
            found_keys: owned(reply.all("gen-key")),
            found_tables: owned(reply.all("gen-table")),
            fingerprint,
        })
    }
}

/// What is behind a tool, as a file of the same path.
fn as_file((path, content): (String, Vec<u8>)) -> (String, FileState) {
    let root = || "root".to_owned();
    (path, FileState::File { mode: 0o600, owner: root(), group: root(), content })
}

fn owned<'a>(values: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    values.map(str::to_owned).collect()
}

fn number(value: &str) -> Result<u32, WireError> {
    value.parse().map_err(|_| garbage(value))
}

fn init(value: &str) -> Result<Init, WireError> {
    match value {
        "systemd" => Ok(Init::Systemd),
        "sysv" => Ok(Init::Sysv),
        "none" => Ok(Init::None),
        other => Err(garbage(other)),
    }
}

fn ifupdown(value: &str) -> Result<Ifupdown, WireError> {
    match value {
        "ifupdown" => Ok(Ifupdown::Ifupdown),
        "ifupdown2" => Ok(Ifupdown::Ifupdown2),
        "none" => Ok(Ifupdown::None),
        other => Err(garbage(other)),
    }
}

fn sysctl(reply: &Reply) -> BTreeMap<String, String> {
    reply
        .all("sysctl")
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn links(json: &str) -> Result<BTreeSet<String>, WireError> {
    let links: Vec<serde_json::Value> = serde_json::from_str(json).map_err(|_| garbage(json))?;
    Ok(links.iter().filter_map(|link| link["ifname"].as_str()).map(str::to_owned).collect())
}

/// Of one family.
fn nets(json: &str) -> Result<Vec<IpNet>, WireError> {
    let links: Vec<serde_json::Value> = serde_json::from_str(json).map_err(|_| garbage(json))?;
    let infos = links.iter().filter_map(|link| link["addr_info"].as_array()).flatten();
    Ok(infos
        .filter(|info| {
            info["scope"] == "global" && info["deprecated"] != true && info["temporary"] != true
        })
        .filter_map(|info| {
            let address: IpAddr = info["local"].as_str()?.parse().ok()?;
            // One without a length stands for itself.
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let length = info["prefixlen"].as_u64().and_then(|n| u8::try_from(n).ok());
            IpNet::new(address, length.unwrap_or(whole)).ok()
        })
        .collect())
}

/// What a host says on which nothing is.
#[cfg(test)]
pub(crate) const BARE: &str = "rappel|1\nhostname|hv1\nmachine-id|m\nboot-id|b\ninit|systemd\nifupdown|ifupdown\n\
    transaction|none\ngeneration|0\nlinks|[]\naddresses4|[]\naddresses6|[]\nroutes4|[]\nroutes6|[]\nrules4|[]\nrules6|[]\nproxies4|[]\nproxies6|[]\nfingerprint|f l\nend|ok\n";

#[cfg(test)]
mod tests {
    use super::{BARE, FileState, Ifupdown, Init, Lock, Observation};
    use crate::remote::wire::{Reply, WireError};

    const REPLY: &str = "rappel|1\nhostname|hv1\nmachine-id|abc\nboot-id|b\ninit|systemd\nifupdown|ifupdown\n\
        tool|nft\ntool|ip\ntransaction|none\ngeneration|2\nlinks|[{\"ifname\":\"lo\",\"flags\":[]},{\"ifname\":\"eth0\",\"flags\":[]}]\n\
        addresses4|[{\"ifname\":\"eth0\",\"addr_info\":[{\"scope\":\"global\",\"local\":\"203.0.113.10\",\"prefixlen\":24}]}]\n\
        addresses6|[{},{\"ifname\":\"eth0\",\"addr_info\":[{\"scope\":\"link\",\"local\":\"fe80::1\",\"prefixlen\":64}]}]\n\
        routes4|[]\nroutes6|[]\nrules4|[]\nrules6|[]\nproxies4|[]\nproxies6|[]\n\
        sysctl|net/ipv4/ip_forward=0\nnft-live|dGFibGUgaW5ldCByYXBwZWwgewp9Cg==\nfingerprint|f l\nend|ok\n";

    fn parse(text: &str) -> Result<Observation, WireError> {
        Observation::parse(&Reply::parse(text)?, &["/etc/x".to_owned()])
    }

    /// One that says nothing of it has not said that there is none.
    #[test]
    fn each_part_of_the_live_state_is_needed() {
        let parts: Vec<&str> = BARE.lines().filter(|line| line.ends_with("|[]")).collect();
        assert_eq!(parts.len(), 9, "links, and of each family addresses, routes, rules, proxies");
        for part in parts {
            parse(&BARE.replace(&format!("{part}\n"), "")).expect_err(part);
        }
        parse(BARE).expect("parses");
    }

    #[test]
    fn a_reply_becomes_an_observation() {
        let seen = parse(REPLY).expect("parses");
        assert_eq!(
            (seen.init, seen.ifupdown, seen.generation),
            (Init::Systemd, Ifupdown::Ifupdown, 2)
        );
        assert_eq!(seen.files["/etc/x"], FileState::Absent);
        assert_eq!(seen.sysctl["net/ipv4/ip_forward"], "0");
        assert!(seen.links.contains("eth0"));
        assert!(seen.nft_tables.contains("inet rappel"));
        assert_eq!(
            seen.addresses,
            ["203.0.113.10".parse::<std::net::IpAddr>().expect("an address")]
        );
    }

    #[test]
    fn every_line_that_must_be_there_is_missed() {
        for key in [
            "hostname",
            "init",
            "ifupdown",
            "transaction",
            "generation",
            "links",
            "addresses4",
            "addresses6",
            "fingerprint",
            "end",
        ] {
            let text: String =
                REPLY.lines().filter(|l| !l.starts_with(key)).map(|l| format!("{l}\n")).collect();
            assert!(parse(&text).is_err(), "{key}");
        }
    }

    #[test]
    fn links_that_are_no_json_are_garbage() {
        let text = REPLY.replace("links|[", "links|");
        assert!(matches!(parse(&text), Err(WireError::Garbage(_))));
    }

    #[test]
    fn a_lock_keeps_a_name_with_spaces() {
        let lock = Lock::parse("ab12 1700000000 Ada L. <ada@laptop>");
        assert_eq!((lock.since, lock.who.as_str()), (Some(1_700_000_000), "Ada L. <ada@laptop>"));
        assert_eq!(lock.to_string(), "Ada L. <ada@laptop> since 2023-11-14 22:13:20Z (run ab12)");
    }
}
