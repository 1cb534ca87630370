//! No way out: every cable of a lab ends in the lab.
//!
//! That labs have no uplink follows from how they are made. This looks whether it is so: a
//! mistake here, or somebody's hand, would let a rehearsal reach the very hosts that it
//! rehearses for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde::Deserialize;

use super::build::World;
use crate::lab::error::LabError;
use crate::lab::iproute::ip;
use crate::lab::place::{OWN, SWITCH};

/// A host that boots changes its links while they are read.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(150);

/// Kinds of links that the lab itself makes where nobody else does: cables and switches; and
/// those that a kernel puts into every namespace, which lead nowhere by themselves.
const OURS: [&str; 11] =
    ["veth", "bridge", "sit", "ipip", "ip6tnl", "gre", "gretap", "ip6gre", "erspan", "vti", "vti6"];

#[derive(Debug, Deserialize)]
struct Link {
    ifname: String,
    #[serde(default)]
    link_type: String,
    /// The namespace in which its other half is, by a number of this namespace's.
    link_netnsid: Option<i64>,
    linkinfo: Option<Info>,
}

#[derive(Debug, Deserialize)]
struct Info {
    info_kind: Option<String>,
}

/// A namespace as another one numbers it.
#[derive(Debug, Deserialize)]
struct Neighbour {
    nsid: i64,
    name: Option<String>,
}

/// Looks at every link of every namespace of the lab.
///
/// # Errors
/// A link that leads, or may lead, out of the lab.
pub(super) fn check(world: &World) -> Result<(), LabError> {
    let mut found = Vec::new();
    for look in 0..LOOKS {
        if look > 0 {
            sleep(PAUSE);
        }
        found = ways_out(world)?;
        if found.is_empty() {
            return Ok(());
        }
    }
    Err(LabError::WayOut(found.join("; ")))
}

fn ways_out(world: &World) -> Result<Vec<String>, LabError> {
    let rooms: BTreeSet<String> = fs::read_dir("/run/netns")
        .map_err(LabError::io("cannot look at the lab's namespaces"))?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let mut found = Vec::new();
    for room in &rooms {
        let (Ok(links), Ok(neighbours)) =
            (ip(Some(room), "-j -d link show"), ip(Some(room), "-j netns list-id"))
        else {
            if Path::new("/run/netns").join(room).exists() {
                found.push(format!("the links of {room} cannot be read"));
            }
            continue; // a host that is going down
        };
        let garbage = |error| LabError::Ended(format!(": ip wrote no JSON ({error})"));
        let links: Vec<Link> = serde_json::from_str(&links).map_err(garbage)?;
        // It writes nothing at all where there are none.
        let neighbours: Vec<Neighbour> = serde_json::from_str(&neighbours).unwrap_or_default();
        // A host with an init may make links of any kind, of what it has.
        let own = !world.spec.host(room).is_some_and(|host| host.has_root());
        let odd = links.iter().filter_map(|link| judge(link, own, &neighbours, &rooms));
        found.extend(odd.map(|why| format!("{why} (in {})", shown(room))));
    }
    Ok(found)
}

fn shown(room: &str) -> &str {
    match room {
        OWN => "the controller's place",
        SWITCH => "the switches",
        host => host,
    }
}

/// Why a link may lead out, if it may.
fn judge(
    link: &Link,
    own: bool,
    neighbours: &[Neighbour],
    rooms: &BTreeSet<String>,
) -> Option<String> {
    let name = &link.ifname;
    if link.link_type == "loopback" {
        return None;
    }
    let Some(kind) = link.linkinfo.as_ref().and_then(|info| info.info_kind.as_deref()) else {
        return Some(format!("{name} is a card of the machine"));
    };
    if own && !OURS.contains(&kind) {
        return Some(format!("{name} is a {kind}, which no lab makes"));
    }
    let there = link.link_netnsid?;
    let known = neighbours.iter().any(|neighbour| {
        neighbour.nsid == there && neighbour.name.as_ref().is_some_and(|name| rooms.contains(name))
    });
    (!known).then(|| format!("the other end of {name} is not in the lab"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Link, Neighbour, judge};

    fn says(link: &str, own: bool) -> Option<String> {
        let link: Link = serde_json::from_str(link).unwrap();
        let neighbours: Vec<Neighbour> =
            serde_json::from_str(r#"[{"nsid":0,"name":"h1"},{"nsid":1}]"#).unwrap();
        judge(&link, own, &neighbours, &BTreeSet::from(["h1".to_owned()]))
    }

    #[test]
    fn only_cables_that_end_in_the_lab_pass() {
        let cable = |nsid: i64| {
            format!(
                r#"{{"ifname":"v0","link_type":"ether","link_netnsid":{nsid},"linkinfo":{{"info_kind":"veth"}}}}"#
            )
        };
        assert_eq!(says(&cable(0), true), None);
        assert!(says(&cable(1), true).unwrap().contains("not in the lab"));
        assert!(says(&cable(7), true).unwrap().contains("not in the lab"));
        let card = r#"{"ifname":"eth0","link_type":"ether"}"#;
        assert!(says(card, true).unwrap().contains("card"));
        assert!(says(card, false).unwrap().contains("card"));
        assert_eq!(says(r#"{"ifname":"lo","link_type":"loopback"}"#, true), None);
        let tun = r#"{"ifname":"tun0","link_type":"none","linkinfo":{"info_kind":"tun"}}"#;
        assert!(says(tun, true).is_some());
        assert_eq!(says(tun, false), None);
    }
}
