//! What to read of a host: where a network is configured usually, then what these files
//! name in turn.

use std::collections::BTreeSet;

use crate::diagnostic::Source;
use crate::network::interfaces::{Dialect, Interfaces, sourced};
use crate::network::nft;
use crate::observed::{Ifupdown, Survey};
use crate::remote::request::Import;

/// The file that ifupdown starts from.
pub(super) const INTERFACES: &str = "/etc/network/interfaces";
/// The script that nftables.service loads.
pub(super) const NFTABLES: &str = "/etc/nftables.conf";

const PATHS: [&str; 6] = [
    "/etc/sysctl.conf",
    NFTABLES,
    "/etc/iproute2/rt_tables",
    "/etc/ndppd.conf",
    "/etc/radvd.conf",
    "/etc/keepalived/keepalived.conf",
];
const TREES: [&str; 8] = [
    "/etc/network",
    "/etc/sysctl.d",
    "/etc/nftables.d",
    "/etc/iptables",
    "/etc/iproute2/rt_tables.d",
    "/etc/systemd/network",
    "/etc/netplan",
    "/etc/wpa_supplicant",
];
/// Where hypervisors keep their guests. Read for names and MAC addresses only.
pub(super) const GUESTS: [&str; 3] = ["/etc/pve/qemu-server", "/etc/pve/lxc", "/etc/libvirt/qemu"];

/// Where people put their own scripts and rules.
const OWN: [&str; 6] = ["/etc/", "/usr/local/", "/root/", "/opt/", "/var/lib/iptables/", "/home/"];

/// What every host is asked for.
pub fn first() -> Import {
    Import {
        paths: PATHS.map(str::to_owned).to_vec(),
        trees: TREES.iter().chain(&GUESTS).map(|&tree| tree.to_owned()).collect(),
        objects: true,
    }
}

/// What a host is asked for beyond that: files that those which were read name, and that
/// were not asked for yet.
pub fn further(survey: &Survey, asked: &Import) -> Option<Import> {
    let mut more = Import::default();
    for (path, file) in interfaces(survey) {
        let new = sourced(&file, &path).into_iter().map(|wanted| wanted.directory);
        more.trees.extend(new.filter(|directory| is_plain(directory) && directory != "/"));
    }
    let scripts = survey.files.keys().filter(|path| runs(path));
    let named = scripts.flat_map(|path| mentioned(survey.text(path).unwrap_or_default()));
    more.paths.extend(named);
    for (path, text) in nft_scripts(survey) {
        for include in nft::touches(&Source::new(path, text)).includes {
            let word = include.trim_matches(['"', '\'']);
            let directory = word.rsplit_once('/').map_or("", |(directory, _)| directory);
            if is_plain(directory) && directory.len() > 1 {
                more.trees.push(directory.to_owned());
            }
        }
    }
    let below = |path: &str| asked.trees.iter().any(|tree| path.starts_with(&format!("{tree}/")));
    more.paths.retain(|path| !asked.paths.contains(path) && !below(path));
    more.trees.retain(|tree| !asked.trees.contains(tree) && !below(tree));
    let unique = |list: Vec<String>| list.into_iter().collect::<BTreeSet<_>>();
    more.paths = unique(more.paths).into_iter().collect();
    more.trees = unique(more.trees).into_iter().collect();
    (more != Import::default()).then_some(more)
}

/// The interfaces files in the order in which they are found from the main one.
pub(super) fn interfaces(survey: &Survey) -> Vec<(String, Interfaces)> {
    let dialect = match survey.ifupdown {
        Ifupdown::Ifupdown2 => Dialect::Ifupdown2,
        Ifupdown::Ifupdown | Ifupdown::None => Dialect::Ifupdown,
    };
    let mut open = vec![INTERFACES.to_owned()];
    let mut found: Vec<(String, Interfaces)> = Vec::new();
    while let Some(path) = open.pop() {
        let Some(text) = survey.text(&path) else { continue };
        if found.iter().any(|(known, _)| *known == path) {
            continue;
        }
        let (file, _) = Interfaces::read_as(&Source::new(path.as_str(), text), dialect);
        for wanted in sourced(&file, &path) {
            let there = survey.files.keys().filter(|path| wanted.matches(path));
            open.extend(there.rev().cloned());
        }
        found.push((path, file));
    }
    found
}

/// The nft scripts that were read.
pub(super) fn nft_scripts(survey: &Survey) -> Vec<(&str, &str)> {
    let is_nft = |path: &str, text: &str| {
        path.ends_with(".nft") || path == NFTABLES || text.starts_with("#!/usr/sbin/nft")
    };
    let texts = survey.files.keys().filter_map(|path| Some((path.as_str(), survey.text(path)?)));
    texts.filter(|(path, text)| is_nft(path, text)).collect()
}

/// Whether commands stand in a file.
fn runs(path: &str) -> bool {
    path.starts_with("/etc/network/")
}

/// The absolute paths in commands that can be files of the user's.
pub(super) fn mentioned(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "<>;&|\"'()=`".contains(c)));
    let own = |word: &&str| OWN.iter().any(|directory| word.starts_with(directory));
    words.filter(own).filter(|word| is_plain(word)).map(str::to_owned).collect()
}

/// A path that means itself wherever it stands.
pub(super) fn is_plain(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@+:".contains(c);
    let mut parts = path.split('/').skip(1);
    path.starts_with('/') && path.chars().all(plain) && parts.all(|p| !matches!(p, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::{is_plain, mentioned};

    #[test]
    fn files_that_commands_name_are_found() {
        let text = "# up /etc/no\n  pre-up iptables-restore < /etc/iptables.rules\n  up /usr/local/sbin/fw.sh start\n  up ip route add $X via /usr/bin/true; cat /etc/../x\n";
        assert_eq!(mentioned(text), ["/etc/iptables.rules", "/usr/local/sbin/fw.sh"]);
    }

    #[test]
    fn paths_that_lead_elsewhere_are_not_plain() {
        assert!(is_plain("/etc/network/if-up.d/x"));
        for path in ["", "/", "a", "/a//b", "/a/../b", "/a b", "/a/", "/$HOME", "/a\nb", "/a{{b"] {
            assert!(!is_plain(path), "{path:?}");
        }
    }
}
