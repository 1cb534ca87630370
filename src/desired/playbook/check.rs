//! The `checks` of a play as written: names and settings are known, values are not yet
//! rendered.

use crate::desired::nearest;
use crate::desired::yaml::{Content, Node};
use crate::diagnostic::{Diagnostic, Place};

/// What one kind of check may be told.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    settings: &'static [&'static str],
    /// The setting that a bare value stands for, as in `- ping: 198.51.100.1`.
    main: Option<&'static str>,
    /// Settings of which one must be there.
    needs: &'static [&'static [&'static str]],
}

const fn kind(
    name: &'static str,
    settings: &'static [&'static str],
    main: Option<&'static str>,
    needs: &'static [&'static [&'static str]],
) -> Kind {
    Kind { name, settings, main, needs }
}

const KINDS: [Kind; 11] = [
    kind("ssh", &[], None, &[]),
    kind("gateway", &[], None, &[]),
    kind("dad", &["shared"], None, &[]),
    kind("mtu", &["target", "size", "from"], Some("target"), &[]),
    kind(
        "ping",
        &["target", "host", "family", "source", "from"],
        Some("target"),
        // From elsewhere it has a target by itself.
        &[&["target", "host", "from"]],
    ),
    kind(
        "tcp",
        &["target", "host", "port", "from"],
        None,
        &[&["target", "host", "from"], &["port"]],
    ),
    kind("dns", &["name", "server", "from"], Some("name"), &[&["name"]]),
    kind("neighbour", &["address", "dev", "from"], Some("address"), &[&["address", "from"]]),
    kind("route", &["to", "via", "dev"], Some("to"), &[&["to"]]),
    kind("ndp_proxy", &["addresses", "never", "dev", "from"], None, &[]),
    kind("command", &["run"], Some("run"), &[&["run"]]),
];

/// A check as written.
#[derive(Debug, Clone)]
pub(crate) struct CheckDraft {
    /// Its name, one of the known ones.
    pub(crate) kind: &'static str,
    /// Where its name stands.
    pub(crate) place: Place,
    /// Its settings; no other ones than it has, none of them `null`.
    pub(crate) settings: Vec<(&'static str, Node)>,
}

impl CheckDraft {
    /// A setting's value as written.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.settings.iter().find(|(name, _)| *name == key).map(|(_, node)| node)
    }
}

/// Reads one entry of `checks`; mistakes are added.
pub(super) fn check(item: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<CheckDraft> {
    let (name, place, value) = match &item.content {
        Content::Scalar { text, .. } => (text, &item.place, None),
        Content::Map(entries) => match entries.as_slice() {
            [entry] => (&entry.key, &entry.key_place, Some(&entry.value)),
            _ => return shapeless(item, mistakes),
        },
        Content::List(_) => return shapeless(item, mistakes),
    };
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        let names = KINDS.map(|kind| kind.name);
        mistakes.push(unknown(place, format!("there is no check `{name}`"), name, &names));
        return None;
    };
    let before = mistakes.len();
    let settings = match value.filter(|value| !value.is_null()) {
        None => Vec::new(),
        Some(value) => settings(kind, value, mistakes),
    };
    for one_of in kind.needs {
        if mistakes.len() == before && !settings.iter().any(|(key, _)| one_of.contains(key)) {
            mistakes.push(lacking(kind, one_of, place));
        }
    }
    (mistakes.len() == before).then(|| CheckDraft {
        kind: kind.name,
        place: place.clone(),
        settings,
    })
}

fn settings(
    kind: &Kind,
    value: &Node,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(&'static str, Node)> {
    let entries = match (&value.content, kind.main) {
        (Content::Map(entries), _) => entries,
        (Content::Scalar { .. }, Some(main)) => return vec![(main, value.clone())],
        _ => {
            let message =
                format!("the settings of `{}` are a mapping, not {}", kind.name, value.kind());
            mistakes.push(Diagnostic::error(message).at(value.place.clone()).remedy(keys_of(kind)));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for entry in entries {
        let known = kind.settings.iter().find(|key| **key == entry.key);
        match known {
            Some(key) if !entry.value.is_null() => found.push((*key, entry.value.clone())),
            Some(_) => {}
            None if kind.settings.is_empty() => mistakes.push(
                Diagnostic::error(format!("the check `{}` has no settings", kind.name))
                    .at(entry.key_place.clone())
                    .remedy(keys_of(kind)),
            ),
            None => {
                let message = format!("the check `{}` has no setting `{}`", kind.name, entry.key);
                mistakes.push(unknown(&entry.key_place, message, &entry.key, kind.settings));
            }
        }
    }
    found
}

fn shapeless(item: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<CheckDraft> {
    mistakes.push(
        Diagnostic::error("a check is a name, or one name with its settings")
            .at(item.place.clone())
            .remedy("write `- gateway`, or `- ping: {…}`"),
    );
    None
}

fn lacking(kind: &Kind, one_of: &[&str], place: &Place) -> Diagnostic {
    let key = one_of.first().copied().unwrap_or_default();
    Diagnostic::error(format!("the check `{}` needs `{key}`", kind.name))
        .at(place.clone())
        .remedy(format!("write `- {}: {{{key}: …}}`", kind.name))
}

fn keys_of(kind: &Kind) -> String {
    if kind.settings.is_empty() {
        format!("write `- {}`", kind.name)
    } else {
        format!("its settings are: {}", kind.settings.join(", "))
    }
}

fn unknown(place: &Place, message: String, name: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(message).at(place.clone()).remedy(
        match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there is: {}", known.join(", ")),
        },
    )
}
