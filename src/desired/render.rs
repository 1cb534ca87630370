//! Renders plays to artifacts, host by host. Pure and repeatable.

use std::sync::Arc;

use minijinja::Value;

use crate::diagnostic::{Diagnostic, Place, Source};
use crate::network::object::{self, ObjectKind};

use super::playbook::{ArtifactSpec, KindWord, Origin, mode};
use super::template::{Engine, Explainer, Scope, missing_template};
use super::yaml::{Content, Node};
use super::{Artifact, ArtifactKind, HookPhase};

type Rendered<T> = Result<T, Box<Diagnostic>>;

/// An artifact and the place in the playbook that asks for it.
pub(crate) struct Placed {
    pub(crate) artifact: Artifact,
    pub(crate) place: Place,
}

/// Renders what one entry of a playbook asks for on one host: nothing, one file, or one
/// per item of its loop.
pub(crate) fn artifacts(
    spec: &ArtifactSpec,
    scope: &Arc<Scope>,
    engine: &Engine,
) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let contexts = contexts(spec, scope, engine).map_err(|mistake| vec![*mistake])?;
    let mut placed = Vec::new();
    let mut mistakes = Vec::new();
    for context in contexts {
        let one = One { spec, scope, engine, context };
        match one.render() {
            Ok(artifact) => placed
                .extend(artifact.map(|artifact| Placed { artifact, place: spec.place.clone() })),
            Err(mistake) if mistakes.contains(&*mistake) => {}
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    if mistakes.is_empty() { Ok(placed) } else { Err(mistakes) }
}

fn contexts(spec: &ArtifactSpec, scope: &Arc<Scope>, engine: &Engine) -> Rendered<Vec<Value>> {
    let Some(node) = &spec.r#loop else {
        return Ok(vec![scope.context()]);
    };
    let value = match &node.content {
        Content::Scalar { text, .. } => {
            let vars = scope.context();
            let value = if text.contains("{{") {
                engine.value(text, &vars)
            } else {
                engine.expression(text, &vars)
            };
            let explainer = Explainer::new(&engine.library, Some(scope));
            value.map_err(|error| Box::new(explainer.in_node(&error, node, text)))?
        }
        _ => scope.evaluate(node).map_err(|(_, mistake)| mistake)?,
    };
    let is_list = matches!(
        value.kind(),
        minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Iterable
    );
    match value.try_iter() {
        Ok(items) if is_list => Ok(items.map(|item| scope.with_item(item)).collect()),
        _ => Err(Box::new(
            Diagnostic::error(format!("`loop` needs a list, and this is a {}", value.kind()))
                .at(node.place.clone())
                .remedy("for a mapping use `{{ name | dict2items }}`"),
        )),
    }
}

/// One artifact with one context.
struct One<'a> {
    spec: &'a ArtifactSpec,
    scope: &'a Arc<Scope>,
    engine: &'a Engine,
    context: Value,
}

impl One<'_> {
    fn render(&self) -> Rendered<Option<Artifact>> {
        if !self.wanted()? {
            return Ok(None);
        }
        let kind = self.kind()?;
        let path = self.path(&kind)?;
        let mode = self.mode(&kind)?;
        let owner = self.text(self.spec.owner.as_ref())?;
        let group = self.text(self.spec.group.as_ref())?;
        let (content, template) = self.content()?;
        self.fits(&path, &content, &template)?;
        Ok(Some(Artifact {
            kind,
            path,
            mode,
            owner: owner.unwrap_or_else(|| "root".to_owned()),
            group: group.unwrap_or_else(|| "root".to_owned()),
            content,
            template,
        }))
    }

    /// What its tool would refuse is found before any connection is made.
    fn fits(&self, path: &str, content: &str, template: &Source) -> Rendered<()> {
        let Some((kind, name)) = ObjectKind::of(path) else { return Ok(()) };
        let Err(why) = kind.wanted(name, content, None) else { return Ok(()) };
        let host = &self.scope.host;
        Err(Diagnostic::error(format!("for host `{host}` this is no {}: {why}", kind.word()))
            .at(template.line(1))
            .remedy("`rappel render` shows the text")
            .into())
    }

    fn explainer(&self) -> Explainer<'_> {
        Explainer::new(&self.engine.library, Some(self.scope))
    }

    fn wanted(&self) -> Rendered<bool> {
        match &self.spec.when {
            None => Ok(true),
            Some(node) => self.holds(node),
        }
    }

    /// A bare expression, or a list of which all must hold.
    fn holds(&self, node: &Node) -> Rendered<bool> {
        let text = match &node.content {
            Content::List(items) => {
                for item in items {
                    if !self.holds(item)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            Content::Scalar { text, .. } => text,
            Content::Map(_) => {
                return Err(mistake(node, "`when` is a mapping, not an expression")
                    .remedy("write an expression such as `network.nat is defined`")
                    .into());
            }
        };
        if text.contains("{{") || text.contains("{%") {
            return Err(mistake(node, "`when` is an expression already")
                .remedy("remove the `{{` and `}}`")
                .into());
        }
        if let serde_json::Value::Bool(truth) = node.json() {
            return Ok(truth);
        }
        let explain = |error| Box::new(self.explainer().in_node(&error, node, text));
        let value = self.engine.expression(text, &self.context).map_err(explain)?;
        if value.is_undefined() {
            return Err(mistake(
                node,
                format!("`{text}` is undefined for host `{}`", self.scope.host),
            )
            .remedy(format!("write `{text} is defined`, or give it a default"))
            .into());
        }
        Ok(value.is_true())
    }

    /// A field of the playbook, with everything in it evaluated.
    fn text(&self, node: Option<&Node>) -> Rendered<Option<String>> {
        let Some(node) = node else { return Ok(None) };
        let Content::Scalar { text, .. } = &node.content else {
            return Err(mistake(node, format!("this is {}, not text", node.kind()))
                .remedy("write it on the same line as its key")
                .into());
        };
        let rendered = self.engine.text(text, &self.context);
        rendered.map(Some).map_err(|error| Box::new(self.explainer().in_node(&error, node, text)))
    }

    fn kind(&self) -> Rendered<ArtifactKind> {
        Ok(match self.spec.kind {
            KindWord::Interfaces => ArtifactKind::Interfaces,
            KindWord::Sysctl => ArtifactKind::Sysctl,
            KindWord::Nft => ArtifactKind::Nft,
            KindWord::Hook => ArtifactKind::Hook(self.phase()?),
            KindWord::Object(kind) => ArtifactKind::Object(kind),
            KindWord::File => ArtifactKind::File {
                validate: self.text(self.spec.validate.as_ref())?,
                reload: self.text(self.spec.reload.as_ref())?,
            },
        })
    }

    fn phase(&self) -> Rendered<HookPhase> {
        let phases = [HookPhase::PreUp, HookPhase::Up, HookPhase::Down, HookPhase::PostDown];
        let word = self.text(self.spec.phase.as_ref())?.unwrap_or_default();
        let found = phases.into_iter().find(|phase| phase.directory() == word);
        found.ok_or_else(|| {
            let names: Vec<&str> = phases.iter().map(|phase| phase.directory()).collect();
            let remedy = match super::nearest(&word, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is: {}", names.join(", ")),
            };
            let place = self.spec.phase.as_ref().map_or(&self.spec.place, |node| &node.place);
            Diagnostic::error(format!("ifupdown has no phase `{word}`"))
                .at(place.clone())
                .remedy(remedy)
                .into()
        })
    }

    fn path(&self, kind: &ArtifactKind) -> Rendered<String> {
        let (node, path) = match (&self.spec.path, &self.spec.name) {
            (Some(node), _) => (Some(node), self.text(Some(node))?.unwrap_or_default()),
            (None, name) => {
                let name_text = self.text(name.as_ref())?.unwrap_or_default();
                if let ArtifactKind::Object(kind) = kind {
                    return self.object_path(*kind, &name_text);
                }
                if let (true, Some(node)) = (name_text.contains('/'), name) {
                    return Err(mistake(node, "a hook's name has no `/`")
                        .remedy("write the file's name only; its directory is the `phase`")
                        .into());
                }
                (name.as_ref(), default_path(kind, &name_text))
            }
        };
        match bad_path(&path) {
            None => Ok(path),
            Some(why) => {
                let place = node.map_or(&self.spec.place, |node| &node.place);
                let shown = path.escape_debug();
                Err(Diagnostic::error(format!("`{shown}` is not a path for a file: {why}"))
                    .at(place.clone())
                    .remedy("write an absolute path without `.`, `..` or control characters")
                    .into())
            }
        }
    }

    fn object_path(&self, kind: ObjectKind, name: &str) -> Rendered<String> {
        let Some(why) = kind.bad_name(name) else { return Ok(kind.path(name)) };
        let place = self.spec.name.as_ref().map_or(&self.spec.place, |node| &node.place);
        let shown = name.escape_debug();
        Err(Diagnostic::error(format!("`{shown}` cannot be the name of a {}: {why}", kind.word()))
            .at(place.clone())
            .remedy("give it a plain name")
            .into())
    }

    fn mode(&self, kind: &ArtifactKind) -> Rendered<u32> {
        let Some(node) = &self.spec.mode else {
            return Ok(match kind {
                ArtifactKind::Hook(_) => 0o755,
                ArtifactKind::Object(_) => 0o600,
                _ => 0o644,
            });
        };
        let Content::Scalar { text, plain } = &node.content else {
            return mode(node);
        };
        if *plain || !text.contains("{{") {
            return mode(node);
        }
        let text = self.text(Some(node))?.unwrap_or_default();
        mode(&Node { content: Content::Scalar { text, plain: false }, place: node.place.clone() })
    }

    fn content(&self) -> Rendered<(String, Source)> {
        match &self.spec.origin {
            Origin::Template(node) => {
                let name = self.text(Some(node))?.unwrap_or_default();
                let Some(source) = self.engine.library.get(&name) else {
                    let missing = missing_template(&name, &self.engine.library);
                    return Err(missing.at(node.place.clone()).into());
                };
                let rendered = self.engine.file(&name, &self.context);
                let content =
                    rendered.map_err(|error| Box::new(self.explainer().in_file(&error, &name)))?;
                Ok((content, source.clone()))
            }
            Origin::Content(node) => {
                let content = self.text(Some(node))?.unwrap_or_default();
                let (line, _) = node.place.line_column();
                let name = format!("{}:{line} (content)", node.place.source.name);
                let text = match &node.content {
                    Content::Scalar { text, .. } => text.as_str(),
                    _ => "",
                };
                Ok((content, Source::new(name, text)))
            }
        }
    }
}

fn default_path(kind: &ArtifactKind, name: &str) -> String {
    match kind {
        ArtifactKind::Interfaces => "/etc/network/interfaces".to_owned(),
        ArtifactKind::Sysctl => "/etc/sysctl.d/90-rappel.conf".to_owned(),
        ArtifactKind::Nft => "/etc/nftables.d/rappel.nft".to_owned(),
        ArtifactKind::Hook(phase) => format!("/etc/network/{}/{name}", phase.directory()),
        ArtifactKind::File { .. } | ArtifactKind::Object(_) => String::new(),
    }
}

/// Why a path cannot be an artifact's.
fn bad_path(path: &str) -> Option<&'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some("it is not absolute");
    };
    if path.starts_with(object::ROOT) {
        return Some("such paths stand for what is behind a tool; it has a kind of its own");
    }
    if path.chars().any(char::is_control) {
        return Some("it has control characters");
    }
    let mut parts = rest.split('/');
    parts.any(|part| matches!(part, "" | "." | "..")).then_some("it has an empty, `.` or `..` part")
}

fn mistake(node: &Node, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(message).at(node.place.clone())
}
