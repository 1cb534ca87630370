//! Files that a shipped template renders from the vars: to the byte, or in the same meaning.

use serde_json::{Map, Value};

use crate::desired::{ArtifactKind, HookPhase, render_shipped};
use crate::diagnostic::Source;
use crate::network::interfaces::{Directive, Interfaces, Tree, configured};
use crate::network::{nft, sysctl};

use super::{Origin, Piece, Remarks};

/// The templates that may render a piece.
fn candidates(piece: &Piece) -> &'static [&'static str] {
    match (&piece.kind, piece.path.as_str()) {
        (ArtifactKind::Interfaces, super::read::INTERFACES) => {
            &["network/interfaces.j2", "network/interfaces-proxmox.j2"]
        }
        (ArtifactKind::Sysctl, _) => &["network/sysctl.conf.j2"],
        (ArtifactKind::Nft, _) => &["network/rappel.nft.j2"],
        (ArtifactKind::Hook(HookPhase::Up), _) => &["network/ndp-proxy.sh.j2"],
        (ArtifactKind::Hook(HookPhase::Down), _) => &["network/ndp-proxy-down.sh.j2"],
        _ => &[],
    }
}

/// Gives each piece its template, where there is one.
pub(super) fn by_templates(pieces: &mut [Piece], vars: &Map<String, Value>, remarks: &mut Remarks) {
    for piece in pieces {
        let texts =
            candidates(piece).iter().filter_map(|name| Some((*name, render_shipped(name, vars)?)));
        let texts: Vec<(&'static str, String)> = texts.collect();
        if let Some((name, _)) = texts.iter().find(|(_, text)| *text == piece.content) {
            piece.origin = Origin::Shipped(name);
            remarks.rendered.push((piece.path.clone(), (*name).to_owned()));
        } else if let Some((name, _)) = texts.iter().find(|(_, text)| same_meaning(piece, text)) {
            remarks.same_meaning.push((piece.path.clone(), (*name).to_owned()));
        }
    }
}

/// Whether a text says the same as a piece in other words.
fn same_meaning(piece: &Piece, text: &str) -> bool {
    let (is, other) = (piece.content.as_str(), text);
    match piece.kind {
        ArtifactKind::Interfaces => meaning(is).is_some_and(|m| meaning(other) == Some(m)),
        ArtifactKind::Sysctl => {
            let values = |text: &str| {
                let settings = sysctl::parse(&Source::new("", text)).ok()?;
                Some(settings.into_iter().map(|s| (s.key, s.value)).collect::<Vec<_>>())
            };
            values(is).is_some_and(|v| !v.is_empty() && values(other) == Some(v))
        }
        ArtifactKind::Nft => {
            let words = |text: &str| {
                let statements = nft::statements(text);
                statements.iter().map(|s| s.words().join(" ")).collect::<Vec<_>>()
            };
            words(is) == words(other)
        }
        ArtifactKind::Hook(_) | ArtifactKind::File { .. } | ArtifactKind::Object(_) => false,
    }
}

/// Name, family and method of a stanza, and its options.
type Said = ([String; 3], Vec<(String, String)>);

/// What ifupdown would do with a file, apart from files that it sources.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    boot: Vec<(String, Vec<String>)>,
    stanzas: Vec<Said>,
    sources: Vec<String>,
}

fn meaning(text: &str) -> Option<Meaning> {
    let file = Interfaces::parse(&Source::new("/x", text)).ok()?;
    let mut boot: Vec<(String, Vec<String>)> = Vec::new();
    for name in file.boot() {
        match boot.iter_mut().find(|(class, _)| class == name.class) {
            Some((_, names)) => names.push(name.word.to_owned()),
            None => boot.push((name.class.to_owned(), vec![name.word.to_owned()])),
        }
    }
    let sources = file.directives().iter().filter_map(|directive| match directive {
        Directive::Source { path, .. } => Some(path.clone()),
        _ => None,
    });
    let tree = Tree::new([("/x", &file)], "/x");
    let plain = |key: &str| key.replace('-', "_");
    let stanzas = configured(&tree).into_iter().map(|one| {
        let address = one.address().map(|net| net.to_string());
        let options = one.options.iter().filter(|(key, _)| key != "netmask").map(|(key, value)| {
            let value = match (key.as_str(), &address) {
                ("address", Some(net)) => net.clone(),
                _ => value.split_whitespace().collect::<Vec<_>>().join(" "),
            };
            (plain(key), value)
        });
        ([one.name.clone(), one.family.clone(), one.method.clone()], options.collect())
    });
    Some(Meaning { stanzas: stanzas.collect(), sources: sources.collect(), boot })
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn comments_spaces_and_netmasks_mean_nothing_else() {
        let one = "# x\nauto lo eth0\niface lo inet loopback\niface eth0 inet static\n\taddress 10.0.0.1\n\tnetmask 255.255.255.0\n\tbridge-ports none\n";
        let other = "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address 10.0.0.1/24\n  bridge_ports  none\n";
        assert_eq!(meaning(one), meaning(other));
        assert_ne!(meaning(one), meaning(&other.replace("auto eth0", "allow-hotplug eth0")));
        assert_ne!(meaning(one), meaning(&other.replace("10.0.0.1", "10.0.0.2")));
    }
}
