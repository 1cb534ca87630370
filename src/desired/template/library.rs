//! Every template that may be named, already read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diagnostic::Source;

use super::shipped::shipped_templates;

/// Templates by name. Reading them all beforehand keeps rendering free of the file system.
#[derive(Debug, Clone)]
pub(crate) struct Library(BTreeMap<String, Source>);

impl Library {
    /// The shipped templates, each replaced by the user's one of the same name.
    pub(crate) fn new(own: BTreeMap<String, Source>) -> Self {
        let mut all: BTreeMap<String, Source> = shipped_templates()
            .iter()
            .map(|(name, text)| {
                let source = Source::new(format!("(shipped) templates/{name}"), *text);
                ((*name).to_owned(), source)
            })
            .collect();
        all.extend(own);
        Self(all)
    }

    /// A template by name; a leading `templates/` or `./` is as good as none.
    pub(crate) fn get(&self, name: &str) -> Option<&Source> {
        self.0.get(name).or_else(|| self.0.get(plain(name)))
    }

    /// All names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The name that an `include` in `parent` means: a neighbour if there is one.
    pub(crate) fn join<'a>(&self, name: &'a str, parent: &str) -> Cow<'a, str> {
        let Some((directory, _)) = plain(parent).rsplit_once('/') else {
            return Cow::Borrowed(name);
        };
        let neighbour = format!("{directory}/{}", plain(name));
        if self.0.contains_key(&neighbour) { Cow::Owned(neighbour) } else { Cow::Borrowed(name) }
    }
}

fn plain(name: &str) -> &str {
    let name = name.strip_prefix("./").unwrap_or(name);
    name.strip_prefix("templates/").unwrap_or(name)
}
