//! Composes parser events to nodes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::diagnostic::{Diagnostic, Source};

use super::mistake::explain;
use super::redact::redact;
use super::{Content, Entry, Node, merge};
use crate::desired::Vault;

/// How many values aliases may stand for. 10,000 hosts that merge twenty keys each need a
/// fifth of it; an alias bomb ends here.
const MAX_ALIASED: usize = 1_000_000;
/// Nobody nests this deep by hand.
const MAX_DEPTH: usize = 64;

/// Boxed, because a diagnostic is large and every level of the descent returns one.
type Composed<T> = Result<T, Box<Diagnostic>>;

/// A file's text, with and without its secrets.
#[derive(Clone)]
pub(crate) struct Text {
    raw: Arc<str>,
    /// What diagnostics may show.
    pub(crate) shown: Source,
    /// Everything in it is a secret.
    sealed: bool,
    /// Opens encrypted values.
    vault: Option<Vault>,
}

impl Text {
    /// A text under the name that the user knows it by.
    pub(crate) fn new(name: &str, raw: impl Into<Arc<str>>) -> Self {
        let raw = raw.into();
        Self { shown: Source::new(name, redact(&raw)), raw, sealed: false, vault: None }
    }

    /// A text that was encrypted: nothing of it may be shown but how long its lines are, so
    /// that places stay true.
    pub(crate) fn secret(name: &str, raw: impl Into<Arc<str>>) -> Self {
        let raw = raw.into();
        let lines = raw.split('\n').map(|line| "*".repeat(line.len()));
        let shown = lines.collect::<Vec<_>>().join("\n");
        Self { shown: Source::new(name, shown), raw, sealed: true, vault: None }
    }

    /// The same, with what opens its encrypted values.
    pub(crate) fn with(mut self, vault: &Vault) -> Self {
        self.vault = Some(vault.clone());
        self
    }
}

impl Text {
    /// The text with its secrets.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether it has a section, which no YAML inventory has, or does not even begin like
    /// one.
    pub(crate) fn looks_like_ini(&self) -> bool {
        if self.raw.lines().any(|line| line.starts_with('[')) {
            return true;
        }
        let mut lines = self.raw.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
        let yaml = |line: &str| {
            line.starts_with(['{', '-', '%']) || line.ends_with(':') || line.contains(": ")
        };
        first.is_some_and(|line| !yaml(line))
    }
}

/// The one document of a text; nothing for an empty one.
///
/// # Errors
/// The first mistake: not YAML, a key twice, several documents, a tag that is not known.
pub(crate) fn parse(text: &Text) -> Result<Option<Node>, Box<Diagnostic>> {
    let mut composer = Composer {
        parser: Parser::new_from_str(&text.raw),
        text,
        anchors: HashMap::new(),
        nodes: 0,
        aliased: 0,
    };
    composer.document()
}

/// Every value of a file that was encrypted is a secret; the names of vars are not.
fn note(vault: &Vault, node: &Node) {
    match &node.content {
        Content::Scalar { text, .. } => vault.note(text),
        Content::List(items) => items.iter().for_each(|item| note(vault, item)),
        Content::Map(entries) => entries.iter().for_each(|entry| note(vault, &entry.value)),
    }
}

struct Composer<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a Text,
    /// Nodes by anchor, each with how many nodes it stands for.
    anchors: HashMap<usize, (Node, usize)>,
    /// Values so far, those that aliases stand for included.
    nodes: usize,
    /// Values that aliases stand for.
    aliased: usize,
}

impl<'a> Composer<'a> {
    fn document(&mut self) -> Composed<Option<Node>> {
        let mut root = None;
        let mut documents = 0;
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => {
                    if let (true, Some(vault), Some(root)) =
                        (self.text.sealed, &self.text.vault, &root)
                    {
                        note(vault, root);
                    }
                    return Ok(root);
                }
                (Event::DocumentStart(..), span) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self
                            .error("a second document begins here", self.range(span))
                            .remedy("keep one document per file: remove this `---`")
                            .into());
                    }
                }
                (event, span) => root = Some(self.node(event, span, 0)?),
            }
        }
    }

    /// The next event that is not a comment.
    fn next(&mut self) -> Composed<(Event<'a>, Span)> {
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => {
                    return Err(Box::new(explain(&error, &self.text.raw, &self.text.shown)));
                }
                None => return Ok((Event::StreamEnd, Span::default())),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Composed<Node> {
        let before = self.nodes;
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(self
                .error(format!("nested more than {MAX_DEPTH} deep"), self.range(span))
                .into());
        }
        let (content, range, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(text, style, tag, &span)?, self.range(span), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.known_tag(tag.as_deref(), &span)?;
                let (items, end) = self.list(depth)?;
                (Content::List(items), self.stretch(span, end), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.known_tag(tag.as_deref(), &span)?;
                let (entries, end) = self.map(depth)?;
                (Content::Map(entries), self.stretch(span, end), anchor)
            }
            _ => {
                return Err(self.error("this is not valid YAML", self.range(span)).into());
            }
        };
        let node = Node { content, place: self.text.shown.place(range) };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Composed<Node> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(self
                .error("this alias refers to the value it is part of", self.range(*span))
                .remedy("write the value out")
                .into());
        };
        self.nodes += size;
        self.aliased += size;
        if self.aliased > MAX_ALIASED {
            return Err(self
                .error(
                    format!("aliases stand for more than {MAX_ALIASED} values"),
                    self.range(*span),
                )
                .because("aliases of aliases multiply")
                .remedy("split the file, or use fewer aliases")
                .into());
        }
        Ok(node.clone())
    }

    fn scalar(
        &self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        tag: Option<Cow<'a, Tag>>,
        span: &Span,
    ) -> Composed<Content> {
        let sealed =
            |tag: &Cow<'a, Tag>| matches!(tag.original().as_str(), "!vault" | "!vault-encrypted");
        if tag.as_ref().is_some_and(sealed) {
            return self.opened(&text, span);
        }
        self.known_tag(tag.as_deref(), span)?;
        let forced = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
        Ok(Content::Scalar {
            text: text.into_owned(),
            plain: style == ScalarStyle::Plain && !forced,
        })
    }

    /// The text of an encrypted value.
    fn opened(&self, text: &str, span: &Span) -> Composed<Content> {
        let vault = self.text.vault.clone().unwrap_or_default();
        let opened = vault.open(text.trim()).map_err(|reason| {
            self.error(reason, self.range(*span))
                .remedy("give the password by --vault-password-file or --ask-vault-pass")
        })?;
        vault.note(&opened);
        Ok(Content::Scalar { text: opened, plain: false })
    }

    fn list(&mut self, depth: usize) -> Composed<(Vec<Node>, Span)> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, span) => return Ok((items, span)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Composed<(Vec<Entry>, Span)> {
        let mut entries: Vec<Entry> = Vec::new();
        // Only built for large mappings, such as 10,000 hosts in one group.
        let mut seen: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok((merge::expand(entries)?, span));
            }
            let key = self.node(event, span, depth + 1)?;
            let Content::Scalar { text, .. } = key.content else {
                return Err(self.bad_key(&key).into());
            };
            if let Some(first) = seen.get(&text).filter(|_| text != "<<") {
                let (line, _) = entries[*first].key_place.line_column();
                return Err(Box::new(
                    Diagnostic::error(format!("the key `{text}` is here twice"))
                        .at(key.place)
                        .because(format!("it is on line {line} already, and only one can count"))
                        .remedy("keep one of them"),
                ));
            }
            seen.insert(text.clone(), entries.len());
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            entries.push(Entry { key: text, key_place: key.place, value });
        }
    }

    fn bad_key(&self, key: &Node) -> Diagnostic {
        let start = key.place.span.start.saturating_sub(1);
        let before = self.text.raw.get(start..).unwrap_or_default();
        if before.starts_with("{{") {
            return Diagnostic::error("an expression that begins a value must be quoted")
                .at(self.text.shown.place(start..key.place.span.end))
                .because("YAML reads `{` as the beginning of a mapping")
                .remedy("write it as \"{{ … }}\"");
        }
        Diagnostic::error(format!("a key is {}, not a name", key.kind()))
            .at(key.place.clone())
            .remedy("use a plain name as the key")
    }

    fn known_tag(&self, tag: Option<&Tag>, span: &Span) -> Composed<()> {
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else {
            return Ok(());
        };
        let name = tag.original();
        let diagnostic = match name.as_str() {
            "!" => return Ok(()),
            "!unsafe" => self
                .error("the tag `!unsafe` is not known", self.range(*span))
                .remedy("remove the tag, and write `{% raw %}…{% endraw %}` around braces"),
            _ => self
                .error(format!("the tag `{name}` is not known"), self.range(*span))
                .remedy("remove the tag"),
        };
        Err(diagnostic.into())
    }

    fn error(&self, message: impl Into<String>, range: Range<usize>) -> Diagnostic {
        Diagnostic::error(message).at(self.text.shown.place(range))
    }

    fn range(&self, span: Span) -> Range<usize> {
        let range = span.byte_range().unwrap_or(0..0);
        let text = self.text.raw.get(range.clone()).unwrap_or_default();
        range.start..range.start + text.trim_end().len()
    }

    fn stretch(&self, start: Span, end: Span) -> Range<usize> {
        let start = start.byte_range().unwrap_or(0..0).start;
        let end = end.byte_range().map_or(start, |range| range.end);
        let text = self.text.raw.get(start..end).unwrap_or_default();
        start..start + text.trim_end().len()
    }
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
