//! Objects behind tools: those that a playbook can want as they are. The others are named, with
//! the reason why it cannot.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::desired::ArtifactKind;
use crate::network::object::proxmox::{acl, roles, vm};
use crate::network::object::{ObjectKind, libvirt, turn};
use crate::observed::Survey;

use super::secret::{assigns_one, names_one};
use super::{Origin, Piece, Remarks};

/// The objects that are taken, in the order in which they are made.
pub(super) fn pieces(survey: &Survey, remarks: &mut Remarks) -> Vec<Piece> {
    let seen = &survey.objects;
    let odd = seen.odd.iter().map(|path| (path, "no playbook could have its name"));
    let unread = seen.unread.iter().map(|(path, words)| (path, words.as_str()));
    remarks.left.extend(odd.chain(unread).map(|(path, why)| (path.clone(), why.to_owned())));
    let mut found = Vec::new();
    for (path, state) in &seen.states {
        // Another path is none that was asked for.
        let Some((kind, name)) = ObjectKind::of(path) else { continue };
        match text(kind, name, state, survey, remarks) {
            Ok(content) => found.push((kind, name, piece(kind, path, content))),
            Err(why) => remarks.left.push((path.clone(), why)),
        }
    }
    found.sort_by_key(|(_, name, piece)| (turn(&piece.path, false), name.parse::<u64>().ok()));
    remarks.objects.extend(found.iter().map(|(kind, name, _)| (kind.word(), (*name).to_owned())));
    found.into_iter().map(|(.., piece)| piece).collect()
}

fn piece(kind: ObjectKind, path: &str, content: String) -> Piece {
    Piece {
        path: path.to_owned(),
        kind: ArtifactKind::Object(kind),
        mode: 0o600,
        owner: "root".to_owned(),
        group: "root".to_owned(),
        content,
        origin: Origin::Verbatim,
    }
}

/// The text that wants an object just as it is, or why there is none.
fn text(
    kind: ObjectKind,
    name: &str,
    state: &str,
    survey: &Survey,
    remarks: &mut Remarks,
) -> Result<String, String> {
    if let Some(why) = kind.bad_name(name).or_else(|| built_in(kind, name)) {
        return Err(why.to_owned());
    }
    let known = match kind {
        ObjectKind::ProxmoxVm => with_template(name, state, survey),
        _ => state.to_owned(),
    };
    let text = kind.text(&known).map_err(|why| why.0)?;
    let text = match kind {
        ObjectKind::LibvirtNetwork if has_secret(&text) => {
            return Err("something in it has the name of a secret".to_owned());
        }
        ObjectKind::ProxmoxGroup | ObjectKind::ProxmoxUser => discreet(kind, name, &text, remarks),
        _ => text,
    };
    kind.wants_as_it_is(name, &text, state).map_err(|why| why.0)?;
    Ok(text)
}

/// Whether something in a network's XML, or in what people say there of it, names a secret.
fn has_secret(xml: &str) -> bool {
    assigns_one(xml) || libvirt::words_of_people(xml).iter().any(|words| names_one(words))
}

fn built_in(kind: ObjectKind, name: &str) -> Option<&'static str> {
    let own = kind == ObjectKind::ProxmoxUser && name == "root@pam";
    own.then_some("every Proxmox VE has it by itself")
}

/// A VM's state with the number of the template that its disks were cloned from, where rappel
/// has not made it and all its disks are of one.
fn with_template(number: &str, state: &str, survey: &Survey) -> String {
    let told = state.lines().any(|line| line.starts_with("template "));
    let file = survey.text(&format!("{}/{number}.conf", super::read::GUESTS[0]));
    // What comes behind a snapshot's head is history.
    let now = file.unwrap_or_default().lines().take_while(|line| !line.starts_with('['));
    let disks = now.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let of: BTreeSet<&str> = disks.filter_map(|(_, value)| vm::cloned_from(value)).collect();
    match of.first() {
        Some(template) if !told && of.len() == 1 => format!("{state}template {template}\n"),
        _ => state.to_owned(),
    }
}

/// An account's text without what people have written into it and that reads like a secret.
/// What is not said stays as it is.
fn discreet(kind: ObjectKind, name: &str, text: &str, remarks: &mut Remarks) -> String {
    const WORDS: [&str; 4] = ["comment", "email", "firstname", "lastname"];
    let mut kept = String::new();
    for line in text.lines() {
        match line.split_once(':') {
            Some((key, value)) if WORDS.contains(&key) && names_one(value) => {
                let why =
                    format!("its {key} reads like a secret: it is not written down, and stays");
                remarks.left.push((kind.path(name), why));
            }
            _ => kept.push_str(&format!("{line}\n")),
        }
    }
    kept
}

/// The var `proxmox`, as far as lint needs it: roles that somebody has made.
pub(super) fn vars(pieces: &[Piece]) -> Option<Value> {
    let is_acl = |piece: &&Piece| piece.kind == ArtifactKind::Object(ObjectKind::ProxmoxAcl);
    let entries = pieces
        .iter()
        .filter(is_acl)
        .flat_map(|piece| acl::read(&piece.content).unwrap_or_default());
    let own: BTreeSet<String> =
        entries.map(|entry| entry.role).filter(|role| !roles::is_built_in(role)).collect();
    (!own.is_empty()).then(|| Value::Object(Map::from_iter([("roles".to_owned(), json!(own))])))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::{Remarks, pieces};
    use crate::observed::{BARE, Survey};
    use crate::remote::wire::Reply;

    /// The texts that are taken of one object, and the reasons for what is left.
    fn taken(path: &str, state: &str) -> (Vec<String>, Vec<(String, String)>) {
        let object = format!("object|{} {path}\nend|ok\n", STANDARD.encode(state));
        let reply = BARE.replace("end|ok\n", &object);
        let survey = Survey::parse(&Reply::parse(&reply).expect("a reply")).expect("parses");
        let mut remarks = Remarks::default();
        let found = pieces(&survey, &mut remarks);
        (found.into_iter().map(|piece| piece.content).collect(), remarks.left)
    }

    #[test]
    fn what_an_account_says_and_reads_like_a_secret_is_not_written() {
        let user = ("/@proxmox/user/zoe@pve", "userid \"zoe@pve\"\nenable 1\n");
        let group = ("/@proxmox/group/staff", "groupid \"staff\"\n");
        let of_user = ["comment", "email", "firstname", "lastname"].map(|key| (user, key));
        for ((path, state), key) in of_user.into_iter().chain([(group, "comment")]) {
            let (texts, left) = taken(path, &format!("{state}{key} \"pw: hunter2\"\n"));
            assert_eq!(texts.len(), 1, "{path}: the account itself is taken");
            assert!(!texts[0].contains("hunter2"), "{}", texts[0]);
            let why = format!("its {key} reads like a secret: it is not written down, and stays");
            assert_eq!(left, [(path.to_owned(), why)]);
            let (texts, left) = taken(path, &format!("{state}{key} \"Anna\"\n"));
            assert!(texts[0].contains(&format!("{key}: Anna\n")), "{}", texts[0]);
            assert_eq!(left, []);
        }
    }

    #[test]
    fn a_network_with_a_secret_is_left_where_it_is() {
        let network = |more: &str| {
            let xml = format!(
                "<network><name>lan</name>{more}<forward mode='bridge'/><bridge name='br0'/></network>"
            );
            let xml = STANDARD.encode(xml);
            let state = "persistent yes\nactive yes\nautostart yes";
            taken("/@libvirt/network/lan", &format!("{state}\ninactive {xml}\nlive {xml}\n"))
        };
        for more in [
            "<metadata><x password='hunter2'/></metadata>",
            "<metadata><secret>hunter2</secret></metadata>",
            "<description>pw: hunter2</description>",
            "<title>the password is hunter2</title>",
        ] {
            let (texts, left) = network(more);
            assert_eq!(texts, [""; 0], "{more}");
            assert_eq!(left.len(), 1, "{more}");
            assert!(left[0].1.contains("secret") && !left[0].1.contains("hunter2"), "{left:?}");
        }
        let (texts, left) = network("<description>of the second rack</description>");
        assert_eq!((texts.len(), left.len()), (1, 0));
    }
}
