//! Values that hold now and not after the next boot: another sysctl file has the last word.

use std::collections::BTreeMap;

use super::activation::words;
use crate::network::sysctl;
use crate::observed::{Observation, SysctlLine};

/// Where an older file of the same name is looked for last.
const DIRECTORIES: [&str; 4] =
    ["/etc/sysctl.d/", "/run/sysctl.d/", "/usr/local/lib/sysctl.d/", "/usr/lib/sysctl.d/"];

/// One sentence for each wanted value (`KEY VALUE`, with slashes) of the files `ours` that
/// another file overrides at boot.
///
/// Files are read in the order of their names, whatever directory they are in; of two with
/// one name only the one of the first directory counts; the last assignment of a key wins.
/// `/etc/sysctl.conf` comes last under sysctl(8), and Debian links it as `99-sysctl.conf`.
pub(super) fn warnings(wanted: &[String], ours: &[String], observed: &Observation) -> Vec<String> {
    let ours: Vec<&str> =
        ours.iter().map(String::as_str).filter(|path| path.starts_with("/etc/sysctl")).collect();
    let Some(own) = ours.iter().map(|path| name(path)).max() else { return Vec::new() };
    let lines = &observed.sysctl_lines;
    let others = lines.iter().filter(|line| !ours.contains(&line.path.as_str()));
    let mut last: BTreeMap<&str, (String, &SysctlLine)> = BTreeMap::new();
    for line in others {
        let Some(rank) = rank(line, lines).filter(|rank| rank.as_str() > own) else { continue };
        let before = last.get(line.key.as_str()).is_some_and(|(other, _)| *other > rank);
        if !before {
            last.insert(&line.key, (rank, line));
        }
    }
    let sentence = |line: &String| {
        let (key, value) = line.split_once(' ')?;
        let key = sysctl::canonical(key);
        let (_, other) = last.get(key.as_str())?;
        (words(&other.value) != words(value)).then(|| {
            format!(
                "{key} = {value} does not last: {} sets it to {} at the next boot",
                other.path, other.value
            )
        })
    };
    wanted.iter().filter_map(sentence).collect()
}

/// The name that a file is sorted by; none if another one hides it.
fn rank(line: &SysctlLine, all: &[SysctlLine]) -> Option<String> {
    if line.path == "/etc/sysctl.conf" {
        return Some("99-sysctl.conf".to_owned());
    }
    let own = directory(&line.path);
    let name = name(&line.path);
    let hidden =
        all.iter().any(|other| self::name(&other.path) == name && directory(&other.path) < own);
    (!hidden).then(|| name.to_owned())
}

fn directory(path: &str) -> usize {
    DIRECTORIES.iter().position(|d| path.starts_with(d)).unwrap_or(DIRECTORIES.len())
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::warnings;
    use crate::observed::{BARE, Observation, SysctlLine};
    use crate::remote::wire::Reply;

    fn warned(lines: &[(&str, &str)]) -> Vec<String> {
        let mut seen =
            Observation::parse(&Reply::parse(BARE).expect("a reply"), &[]).expect("parses");
        seen.sysctl_lines = lines
            .iter()
            .map(|(path, value)| SysctlLine {
                path: (*path).to_owned(),
                key: "net.ipv4.ip_forward".to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        let ours = ["/etc/sysctl.d/90-rappel.conf".to_owned()];
        warnings(&["net/ipv4/ip_forward 1".to_owned()], &ours, &seen)
    }

    #[test]
    fn a_later_file_has_the_last_word() {
        assert_eq!(
            warned(&[("/etc/sysctl.d/90-rappel.conf", "0"), ("/usr/lib/sysctl.d/99-x.conf", "0")]),
            [
                "net.ipv4.ip_forward = 1 does not last: /usr/lib/sysctl.d/99-x.conf sets it to 0 at the next boot"
            ]
        );
        assert_eq!(warned(&[("/etc/sysctl.conf", "0")]).len(), 1);
    }

    #[test]
    fn an_earlier_an_equal_and_a_hidden_one_have_not() {
        assert!(warned(&[("/etc/sysctl.d/10-x.conf", "0")]).is_empty());
        assert!(warned(&[("/etc/sysctl.d/99-x.conf", "1")]).is_empty());
        assert!(
            warned(&[("/usr/lib/sysctl.d/99-x.conf", "0"), ("/etc/sysctl.d/99-x.conf", "1")])
                .is_empty()
        );
    }
}
