//! A YAML value that knows where it stands.

use serde_json::{Map, Value};

use crate::diagnostic::Place;

use super::scalar::typed;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) content: Content,
    /// Where the value (not its key) stands.
    pub(crate) place: Place,
}

/// What a value is.
#[derive(Clone, PartialEq)]
pub(crate) enum Content {
    /// A scalar as written, after unescaping.
    Scalar {
        /// The text.
        text: String,
        /// Neither quoted nor a block: its type follows from its looks.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order written; no key twice.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key as text.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_place: Place,
    /// The value.
    pub(crate) value: Node,
}

impl std::fmt::Debug for Content {
    /// Without the text of scalars: any of them may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scalar { plain, .. } => f.debug_struct("Scalar").field("plain", plain).finish(),
            Self::List(items) => f.debug_tuple("List").field(items).finish(),
            Self::Map(entries) => f.debug_tuple("Map").field(entries).finish(),
        }
    }
}

impl Node {
    /// The value of a key, if this is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// The node at a dotted path of keys and list positions, as in `network.guests.0.ipv4`.
    pub(crate) fn find(&self, path: &str) -> Option<&Node> {
        path.split('.').filter(|step| !step.is_empty()).try_fold(self, |node, step| {
            match &node.content {
                Content::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => node.get(step),
            }
        })
    }

    /// Whether nothing was written, or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if typed(text).is_null())
    }

    /// Text, if it is written as such.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, plain: false } => Some(text),
            _ => None,
        }
    }

    /// A value that was not written as YAML.
    pub(crate) fn of_json(value: Value, place: &Place) -> Self {
        let of = |value| Self::of_json(value, place);
        let content = match value {
            Value::String(text) => Content::Scalar { text, plain: false },
            Value::Array(items) => Content::List(items.into_iter().map(of).collect()),
            Value::Object(map) => Content::Map(
                map.into_iter()
                    .map(|(key, value)| Entry { key, key_place: place.clone(), value: of(value) })
                    .collect(),
            ),
            other => Content::Scalar { text: other.to_string(), plain: true },
        };
        Self { content, place: place.clone() }
    }

    /// The value as JSON.
    pub(crate) fn json(&self) -> Value {
        match &self.content {
            Content::Scalar { text, plain: true } => typed(text),
            Content::Scalar { text, plain: false } => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Content::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// What it is, in the words of an error message.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
            Content::Scalar { .. } => match self.json() {
                Value::Null => "nothing",
                Value::Bool(_) => "true or false",
                Value::Number(_) => "a number",
                _ => "text",
            },
        }
    }
}
