//! Reads playbooks.

use crate::desired::inventory::{Pattern, Vars, mapping};
use crate::desired::nearest;
use crate::desired::yaml::{Content, Node};
use crate::diagnostic::{Diagnostic, Place};
use crate::network::lint::Exception;

use super::check::{CheckDraft, check};
use super::fields::Fields;
use super::play::{ArtifactSpec, KindWord, Origin};
use super::{Play, mode, settings};

const PLAY_KEYS: [&str; 7] = ["name", "hosts", "artifacts", "vars", "checks", "rollout", "lint"];
const ARTIFACT_KEYS: [&str; 13] = [
    "kind", "template", "content", "path", "name", "phase", "mode", "owner", "group", "when",
    "loop", "validate", "reload",
];

/// Reads the plays of a playbook.
///
/// # Errors
/// Every mistake found.
pub(crate) fn parse(root: &Node) -> Result<Vec<Play>, Vec<Diagnostic>> {
    let Content::List(plays) = &root.content else {
        return Err(vec![
            error(&root.place, format!("a playbook is a list of plays, not {}", root.kind()))
                .remedy("begin with `- hosts: …`"),
        ]);
    };
    let mut mistakes = Vec::new();
    let plays = plays.iter().filter_map(|node| play(node, &mut mistakes)).collect();
    if mistakes.is_empty() {
        Ok(plays)
    } else {
        mistakes.sort_by_key(|mistake| mistake.place.as_ref().map(|place| place.span.start));
        Err(mistakes)
    }
}

fn play(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Play> {
    let fields = Fields::new(node, "a play", &PLAY_KEYS, mistakes)?;
    let name = fields.text("name", mistakes).map(str::to_owned);
    let checks = checks(fields.get("checks"), mistakes);
    let rollout = settings::parse(fields.get("rollout"), mistakes);
    let vars = vars(fields.get("vars"), mistakes);
    let artifacts = artifacts(fields.get("artifacts"), mistakes);
    let allow = exceptions(fields.get("lint"), mistakes);
    let (hosts, pattern) = hosts(fields.get("hosts"), &node.place, mistakes)?;
    Some(Play {
        name,
        hosts,
        checks,
        rollout,
        place: first_line(&node.place),
        allow,
        pattern,
        vars,
        artifacts,
    })
}

fn hosts(
    node: Option<&Node>,
    play: &Place,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<(String, Pattern)> {
    let Some(node) = node else {
        mistakes
            .push(error(&first_line(play), "this play has no `hosts`").remedy("add `hosts: all`"));
        return None;
    };
    let text = match &node.content {
        Content::Scalar { text, .. } => text.clone(),
        Content::List(items) => {
            let mut terms = Vec::new();
            for item in items {
                match &item.content {
                    Content::Scalar { text, .. } => terms.push(text.as_str()),
                    _ => mistakes.push(
                        error(
                            &item.place,
                            format!("a pattern of hosts is text, not {}", item.kind()),
                        )
                        .remedy("write a name, a group or a glob"),
                    ),
                }
            }
            terms.join(",")
        }
        Content::Map(_) => {
            mistakes.push(
                error(&node.place, "`hosts` is a mapping, not a pattern")
                    .remedy("write a pattern such as `web*:&paris`, or a list of them"),
            );
            return None;
        }
    };
    match Pattern::parse(&text, Some(node.place.clone())) {
        Ok(pattern) => Some((text, pattern)),
        Err(mistake) => {
            mistakes.push(*mistake);
            None
        }
    }
}

fn vars(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> Vars {
    match node.map(|node| mapping(node.clone())) {
        None => Vars::new(),
        Some(Ok(vars)) => vars,
        Some(Err(mistake)) => {
            mistakes.push(*mistake);
            Vars::new()
        }
    }
}

/// `lint: {allow: {RULE: REASON}}`.
fn exceptions(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> Vec<Exception> {
    let fields = node.and_then(|node| Fields::new(node, "`lint`", &["allow"], mistakes));
    let Some(allow) = fields.and_then(|fields| fields.get("allow")) else {
        return Vec::new();
    };
    let Content::Map(entries) = &allow.content else {
        mistakes.push(
            error(&allow.place, format!("`allow` is {}, not a mapping", allow.kind()))
                .remedy("write `RULE: REASON`, as in `IF14: the monitoring greps for the name`"),
        );
        return Vec::new();
    };
    let reason = |node: &Node| match &node.content {
        Content::Scalar { text, .. } if !node.is_null() => text.clone(),
        _ => String::new(),
    };
    entries
        .iter()
        .map(|entry| Exception {
            rule: entry.key.clone(),
            reason: reason(&entry.value),
            place: entry.key_place.clone(),
        })
        .collect()
}

fn checks(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> Option<Vec<CheckDraft>> {
    node?;
    Some(list(node, "checks", mistakes).iter().filter_map(|item| check(item, mistakes)).collect())
}

fn artifacts(node: Option<&Node>, mistakes: &mut Vec<Diagnostic>) -> Vec<ArtifactSpec> {
    list(node, "artifacts", mistakes).iter().filter_map(|item| artifact(item, mistakes)).collect()
}

fn list<'a>(node: Option<&'a Node>, key: &str, mistakes: &mut Vec<Diagnostic>) -> &'a [Node] {
    match node.map(|node| (&node.content, node)) {
        None => &[],
        Some((Content::List(items), _)) => items,
        Some((_, node)) => {
            mistakes.push(
                error(&node.place, format!("`{key}` is {}, not a list", node.kind()))
                    .remedy("begin each item with `- `"),
            );
            &[]
        }
    }
}

fn artifact(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<ArtifactSpec> {
    let before = mistakes.len();
    let fields = Fields::new(node, "an artifact", &ARTIFACT_KEYS, mistakes)?;
    if mistakes.len() > before {
        // A misspelt key would be reported again as one that is missing.
        return None;
    }
    let place = first_line(&node.place);
    let kind = kind(&fields, &place, mistakes)?;
    let origin = origin(&fields, &place, mistakes)?;
    needs(&fields, kind, &place, mistakes);
    for key in ["path", "name", "phase", "owner", "group", "validate", "reload"] {
        fields.text(key, mistakes);
    }
    let mode_node = fields.get("mode").cloned();
    if let Some(node) = &mode_node
        && !is_expression(node)
        && let Err(mistake) = mode(node)
    {
        mistakes.push(*mistake);
    }
    let take = |key: &str| fields.get(key).cloned();
    (mistakes.len() == before).then(|| ArtifactSpec {
        kind,
        place,
        origin,
        path: take("path"),
        name: take("name"),
        phase: take("phase"),
        mode: mode_node,
        owner: take("owner"),
        group: take("group"),
        when: take("when"),
        r#loop: take("loop"),
        validate: take("validate"),
        reload: take("reload"),
    })
}

fn kind(fields: &Fields<'_>, place: &Place, mistakes: &mut Vec<Diagnostic>) -> Option<KindWord> {
    let words: Vec<&str> = KindWord::ALL.iter().map(|(word, _)| *word).collect();
    let Some(node) = fields.get("kind") else {
        mistakes.push(
            error(place, "this artifact has no `kind`")
                .remedy(format!("add one of: {}", words.join(", "))),
        );
        return None;
    };
    let text = fields.text("kind", mistakes)?;
    let found = KindWord::ALL.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        mistakes.push(unknown(&node.place, "kind of artifact", text, &words));
    }
    found.map(|(_, kind)| *kind)
}

fn origin(fields: &Fields<'_>, place: &Place, mistakes: &mut Vec<Diagnostic>) -> Option<Origin> {
    fields.text("template", mistakes);
    fields.text("content", mistakes);
    match (fields.get("template"), fields.get("content")) {
        (Some(template), None) => Some(Origin::Template(template.clone())),
        (None, Some(content)) => Some(Origin::Content(content.clone())),
        (Some(_), Some(content)) => {
            mistakes.push(
                error(&content.place, "this artifact has both `template` and `content`")
                    .remedy("keep one of them"),
            );
            None
        }
        (None, None) => {
            mistakes.push(
                error(place, "this artifact has neither `template` nor `content`")
                    .remedy("name a template, or write the text below `content: |`"),
            );
            None
        }
    }
}

/// Keys that a kind must have, and keys that it cannot have.
fn needs(fields: &Fields<'_>, kind: KindWord, place: &Place, mistakes: &mut Vec<Diagnostic>) {
    let has = |key: &str| fields.get(key).is_some();
    if kind == KindWord::File && !has("path") {
        mistakes.push(
            error(place, "an artifact of kind `file` needs a `path`")
                .remedy("add the absolute path it shall have on the host"),
        );
    }
    if kind == KindWord::Hook {
        if !has("phase") {
            mistakes.push(
                error(place, "a hook needs a `phase`")
                    .remedy("add one of: if-pre-up.d, if-up.d, if-down.d, if-post-down.d"),
            );
        }
        if !has("name") && !has("path") {
            mistakes.push(
                error(place, "a hook needs a `name`")
                    .remedy("add the file's name, without a dot: ifupdown skips names with dots"),
            );
        }
    }
    if let (KindWord::Object(_), false) = (kind, has("name")) {
        mistakes.push(
            error(place, format!("an artifact of kind `{}` needs a `name`", kind.word()))
                .remedy("add the name that it has on the host"),
        );
    }
    let foreign: &[&str] = match kind {
        KindWord::Object(_) => &["path", "mode", "owner", "group", "validate", "reload", "phase"],
        KindWord::Hook => &["validate", "reload"],
        KindWord::File => &["name", "phase"],
        _ => &["validate", "reload", "phase", "name"],
    };
    for key in foreign.iter().filter(|key| has(key)) {
        let mut mistake =
            Diagnostic::error(format!("an artifact of kind `{}` has no `{key}`", kind.word()));
        mistake.place = fields.get(key).map(|node| node.place.clone());
        mistakes.push(mistake.remedy(match *key {
            "validate" | "reload" => "remove it: this kind is validated and activated by itself",
            "name" => "use `path`",
            "path" | "mode" | "owner" | "group" => "remove it: this is no file",
            _ => "remove it, or use the kind `hook`",
        }));
    }
}

/// Whether a scalar has something to evaluate.
fn is_expression(node: &Node) -> bool {
    matches!(&node.content, Content::Scalar { text, .. } if text.contains("{{"))
}

fn unknown(place: &Place, what: &str, name: &str, known: &[&str]) -> Diagnostic {
    error(place, format!("there is no {what} `{name}`")).remedy(
        match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there is: {}", known.join(", ")),
        },
    )
}

fn error(place: &Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(message).at(place.clone())
}

/// A mapping's place is many lines long; its first one is enough to find it.
fn first_line(place: &Place) -> Place {
    let start = place.span.start;
    let text = place.source.text.get(place.span.clone()).unwrap_or_default();
    let length = text.lines().next().map_or(0, str::len);
    place.source.place(start..start + length)
}
