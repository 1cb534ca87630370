//! Which files of a host become artifacts, and of which kind.

use std::collections::BTreeSet;

use crate::desired::{ArtifactKind, HookPhase};
use crate::diagnostic::Source;
use crate::network::{hook, nft, sysctl};
use crate::observed::{FileState, Survey};

use super::read::{GUESTS, INTERFACES, NFTABLES, interfaces, is_plain, mentioned, nft_scripts};
use super::{Origin, Piece, Remarks};

const PHASES: [HookPhase; 4] =
    [HookPhase::PreUp, HookPhase::Up, HookPhase::Down, HookPhase::PostDown];

/// What other programs read, and rappel keeps as it is.
const OTHERS: [(&str, &str); 9] = [
    ("/etc/iproute2/", "names of routing tables"),
    ("/etc/ndppd.conf", "ndppd's"),
    ("/etc/radvd.conf", "radvd's"),
    ("/etc/keepalived/", "keepalived's"),
    ("/etc/iptables/", "rules of iptables"),
    ("/etc/systemd/network/", "systemd's, which rappel does not understand"),
    ("/etc/netplan/", "netplan's, which rappel does not understand"),
    ("/etc/wpa_supplicant/", "wpa_supplicant's"),
    ("/etc/nftables.d/", "no nft script by its name"),
];

/// The files that are taken, in the order in which one reads them.
pub(super) fn pieces(survey: &Survey, remarks: &mut Remarks) -> Vec<Piece> {
    let sorter = Sorter::new(survey);
    let mut found: Vec<(u8, Piece)> = Vec::new();
    for (path, state) in &survey.files {
        if GUESTS.iter().any(|tree| path.starts_with(&format!("{tree}/"))) {
            continue;
        }
        match sorter.sort(path, state) {
            Sorted::As(rank, kind, why) => {
                if let (Some(why), true) = (why, matches!(kind, ArtifactKind::File { .. })) {
                    remarks.verbatim.push((path.clone(), why));
                }
                found.extend(piece(path, state, kind).map(|piece| (rank, piece)));
            }
            Sorted::Left(Some(why)) => remarks.left.push((path.clone(), why.to_owned())),
            Sorted::Left(None) => {}
        }
    }
    let large = survey.too_large.iter().filter(|path| is_plain(path));
    remarks.left.extend(large.map(|path| (path.clone(), "larger than 256 KiB".to_owned())));
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, piece)| piece).collect()
}

fn piece(path: &str, state: &FileState, kind: ArtifactKind) -> Option<Piece> {
    let FileState::File { mode, owner, group, content } = state else { return None };
    Some(Piece {
        path: path.to_owned(),
        kind,
        mode: *mode,
        owner: owner.clone(),
        group: group.clone(),
        content: String::from_utf8(content.clone()).ok()?,
        origin: Origin::Verbatim,
    })
}

enum Sorted {
    /// Its place among the others, its kind, and why it is no more than a file.
    As(u8, ArtifactKind, Option<String>),
    /// Left out; why, unless nobody would ask.
    Left(Option<&'static str>),
}

/// What has to be known to sort a file.
struct Sorter<'a> {
    survey: &'a Survey,
    interfaces: BTreeSet<String>,
    mentioned: BTreeSet<String>,
    included: Vec<String>,
}

impl<'a> Sorter<'a> {
    fn new(survey: &'a Survey) -> Self {
        let read = interfaces(survey);
        let texts = survey.files.keys().filter(|path| path.starts_with("/etc/network/"));
        let included = nft_scripts(survey)
            .into_iter()
            .flat_map(|(path, text)| nft::touches(&Source::new(path, text)).includes);
        Self {
            survey,
            mentioned: texts.flat_map(|p| mentioned(survey.text(p).unwrap_or_default())).collect(),
            interfaces: read.into_iter().map(|(path, _)| path).collect(),
            included: included.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect(),
        }
    }

    fn sort(&self, path: &str, state: &FileState) -> Sorted {
        if self.survey.packaged.contains(path) {
            return Sorted::Left(None);
        }
        if !is_plain(path) {
            return Sorted::Left(Some("its name has letters that templates or shells misread"));
        }
        let content = match state {
            FileState::File { content, .. } => content,
            FileState::Link { .. } => {
                return Sorted::Left(Some("a symbolic link, which rappel does not replace"));
            }
            FileState::Absent | FileState::Other => return Sorted::Left(None),
        };
        match std::str::from_utf8(content) {
            Ok(text) => self.text(path, text),
            Err(_) => Sorted::Left(Some("it is not text")),
        }
    }

    fn text(&self, path: &str, text: &str) -> Sorted {
        let file = |rank, why: &str| Sorted::As(rank, plain(), Some(why.to_owned()));
        if self.interfaces.contains(path) {
            return Sorted::As(u8::from(path != INTERFACES), ArtifactKind::Interfaces, None);
        }
        if let Some(phase) = phase(path) {
            let name = path.rsplit('/').next().unwrap_or_default();
            return match hook::runs(name) {
                true => Sorted::As(4, ArtifactKind::Hook(phase), None),
                false => file(6, "a hook that run-parts passes over, because of its name"),
            };
        }
        if path == "/etc/sysctl.conf" || path.starts_with("/etc/sysctl.d/") {
            return match sysctl::parse(&Source::new(path, text)) {
                _ if path.starts_with("/etc/sysctl.d/") && !path.ends_with(".conf") => {
                    Sorted::Left(Some("nothing reads it: its name does not end in .conf"))
                }
                Ok(settings) if settings.iter().any(sysctl::Setting::is_glob) => {
                    file(2, "it sets keys by a pattern")
                }
                Ok(_) => Sorted::As(2, ArtifactKind::Sysctl, None),
                Err(_) => file(2, "it has lines that are no assignments"),
            };
        }
        if path == NFTABLES || path.ends_with(".nft") || text.starts_with("#!/usr/sbin/nft") {
            return match self.included.iter().any(|word| includes(word, path)) {
                _ if !self.survey.tools.contains("nft") => {
                    file(3, "rules for nft, which the host has not")
                }
                true => file(3, "another script includes it"),
                false => Sorted::As(3, ArtifactKind::Nft, None),
            };
        }
        if let Some((_, why)) = OTHERS.iter().find(|(start, _)| path.starts_with(start)) {
            return file(5, why);
        }
        if self.mentioned.contains(path) {
            return file(5, "a command of the interfaces file or of a hook names it");
        }
        Sorted::Left(Some("nothing that was read names it"))
    }
}

/// A file that nothing is known of.
pub(super) fn plain() -> ArtifactKind {
    ArtifactKind::File { validate: None, reload: None }
}

fn phase(path: &str) -> Option<HookPhase> {
    let (directory, _) = path.strip_prefix("/etc/network/")?.split_once('/')?;
    PHASES.into_iter().find(|phase| phase.directory() == directory)
}

/// `include "/etc/nftables.d/*.nft"`: a star reaches over anything but a slash.
fn includes(word: &str, path: &str) -> bool {
    let (Some((directory, name)), Some((own, file))) =
        (word.rsplit_once('/'), path.rsplit_once('/'))
    else {
        return false;
    };
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    directory == own
        && match name.contains('*') {
            true => file.starts_with(start) && file.ends_with(end),
            false => file == name,
        }
}
