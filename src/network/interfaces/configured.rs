//! What several files mean together: `source` followed, templates copied, an option that
//! is there twice joined, the way ifupdown does it while it reads.

use std::collections::BTreeMap;

use crate::diagnostic::Place;

use super::lines::is_space;
use super::pattern::{is_pattern, matches};
use super::{Dialect, Directive, Interfaces, Stanza};

/// The files of a host below one root file.
#[derive(Debug, Clone)]
pub struct Tree<'a> {
    files: BTreeMap<&'a str, &'a Interfaces>,
    main: &'a str,
}

/// What reading a tree met, in the order in which a program reads it.
struct Walk<'a> {
    directives: Vec<&'a Directive>,
    seen: Vec<&'a str>,
    complete: bool,
}

impl<'a> Tree<'a> {
    /// A tree of files by their absolute paths, read from `main` on.
    pub fn new(files: impl IntoIterator<Item = (&'a str, &'a Interfaces)>, main: &'a str) -> Self {
        Self { files: files.into_iter().collect(), main }
    }

    /// Every directive in the order in which it is read: a `source` line is followed by
    /// what it names. A file is read once, however often it is named.
    pub fn directives(&self) -> Vec<&'a Directive> {
        self.walk().directives
    }

    /// The paths that are read, in order.
    pub fn paths(&self) -> Vec<&'a str> {
        self.walk().seen
    }

    /// Whether every `source` line was understood and every plain file that one names is
    /// at hand. What a pattern would match beside the files at hand is not known.
    pub fn is_complete(&self) -> bool {
        self.walk().complete
    }

    fn walk(&self) -> Walk<'a> {
        let mut walk = Walk { directives: Vec::new(), seen: Vec::new(), complete: true };
        self.visit(self.main, &mut walk);
        walk
    }

    fn visit(&self, path: &str, walk: &mut Walk<'a>) {
        let Some((path, file)) = self.files.get_key_value(path) else {
            walk.complete = false;
            return;
        };
        if walk.seen.contains(path) {
            return;
        }
        walk.seen.push(path);
        for directive in file.directives() {
            walk.directives.push(directive);
            let Directive::Source { path: words, directory, .. } = directive else {
                continue;
            };
            for word in words.split(is_space).filter(|word| !word.is_empty()) {
                self.follow(&absolute(path, word), *directory, file.dialect(), walk);
            }
        }
    }

    fn follow(&self, wanted: &str, directory: bool, dialect: Dialect, walk: &mut Walk<'a>) {
        // What a shell would expand from its surroundings is not known here.
        if wanted.contains(['$', '~', '"', '\'', '`', '{']) {
            walk.complete = false;
            return;
        }
        let named: Vec<&'a str> = self
            .files
            .keys()
            .copied()
            .filter(|path| match (directory, path.rsplit_once('/')) {
                (true, Some((parent, name))) => {
                    let taken = dialect == Dialect::Ifupdown2 || crate::network::hook::runs(name);
                    taken && path_matches(wanted.trim_end_matches('/'), parent)
                }
                (true, None) => false,
                (false, _) => path_matches(wanted, path),
            })
            .collect();
        if named.is_empty() && !directory && !is_pattern(wanted) {
            walk.complete = false;
        }
        for path in named {
            self.visit(path, walk);
        }
    }
}

/// A word of a `source` line, from the directory of the file that it stands in.
pub(super) fn absolute(file: &str, word: &str) -> String {
    match (word.starts_with('/'), file.rsplit_once('/')) {
        (false, Some((directory, _))) => format!("{directory}/{word}"),
        _ => word.to_owned(),
    }
}

/// Component by component, because no star reaches over a slash. A name that begins with
/// a dot is matched by a pattern that does too.
fn path_matches(pattern: &str, path: &str) -> bool {
    let (patterns, parts) = (pattern.split('/'), path.split('/'));
    let mut pairs = patterns.clone().zip(parts.clone());
    patterns.count() == parts.count()
        && pairs.all(|(pattern, part)| {
            matches(pattern, part) && (!part.starts_with('.') || pattern.starts_with('.'))
        })
}

/// One `iface` stanza as ifupdown holds it after reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The logical interface.
    pub name: String,
    /// The family, its template's where it has none of its own.
    pub family: String,
    /// The method, its template's where it has none of its own.
    pub method: String,
    /// Key and value, in order, each key once but for commands. The keys are as written,
    /// with `up` for `post-up` and `down` for `pre-down`. A second value of a key is
    /// joined to the first by a newline, also to the value of the template.
    pub options: Vec<(String, String)>,
    /// The `iface` line.
    pub place: Place,
}

/// The stanzas of a tree as ifupdown holds them, in order.
pub fn configured(tree: &Tree<'_>) -> Vec<Configured> {
    let mut found: Vec<Configured> = Vec::new();
    for directive in tree.directives() {
        if let Directive::Stanza(stanza) = directive {
            found.push(one(stanza, &found));
        }
    }
    found
}

fn one(stanza: &Stanza, above: &[Configured]) -> Configured {
    let template = stanza.inherits.as_deref().and_then(|name| {
        above.iter().find(|other| {
            other.name == name && (stanza.family.is_empty() || other.family == stanza.family)
        })
    });
    let or_else = |own: &str, inherited: Option<&String>| match own {
        "" => inherited.cloned().unwrap_or_default(),
        own => own.to_owned(),
    };
    let mut configured = Configured {
        name: stanza.name.clone(),
        family: or_else(&stanza.family, template.map(|template| &template.family)),
        method: or_else(&stanza.method, template.map(|template| &template.method)),
        options: template.map(|template| template.options.clone()).unwrap_or_default(),
        place: stanza.place.clone(),
    };
    for opt in &stanza.options {
        let key = match opt.key.as_str() {
            "post-up" => "up",
            "pre-down" => "down",
            key => key,
        };
        let command = matches!(key, "pre-up" | "up" | "down" | "post-down");
        let same = configured.options.iter_mut().find(|(own, _)| own == key && !command);
        match same {
            Some((_, value)) => {
                value.push('\n');
                value.push_str(&opt.value);
            }
            None => configured.options.push((key.to_owned(), opt.value.clone())),
        }
    }
    configured
}
