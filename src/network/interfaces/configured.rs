//! What several files mean together: `source` followed, templates copied, an option that
//! is there twice joined, the way ifupdown does it while it reads.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::diagnostic::Place;

use super::address::fold;
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
    /// The file, and the directive's number in it.
    directives: Vec<(&'a str, usize)>,
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
        let at = |(path, number): (&str, usize)| Some(&self.files.get(path)?.directives()[number]);
        self.order().into_iter().filter_map(at).collect()
    }

    /// The same as path and number of the directive in that file.
    pub fn order(&self) -> Vec<(&'a str, usize)> {
        self.walk().directives
    }

    /// The file that reading begins with, if it is there.
    pub(super) fn main(&self) -> Option<&'a Interfaces> {
        self.files.get(self.main).copied()
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
        for (number, directive) in file.directives().iter().enumerate() {
            walk.directives.push((path, number));
            let Directive::Source { path: words, directory, .. } = directive else {
                continue;
            };
            for word in words.split(is_space).filter(|word| !word.is_empty()) {
                self.follow(&absolute(path, word), *directory, file.dialect(), walk);
            }
        }
    }

    fn follow(&self, wanted: &str, directory: bool, dialect: Dialect, walk: &mut Walk<'a>) {
        if !is_plain(wanted) {
            walk.complete = false;
            return;
        }
        let named: Vec<&'a str> = self
            .files
            .keys()
            .copied()
            .filter(|path| names(wanted, directory, dialect, path))
            .collect();
        if named.is_empty() && !directory && !is_pattern(wanted) {
            walk.complete = false;
        }
        for path in named {
            self.visit(path, walk);
        }
    }
}

/// Whether a word means the same wherever it is read: a shell would expand others from its
/// surroundings.
pub(super) fn is_plain(word: &str) -> bool {
    !word.contains(['$', '~', '"', '\'', '`', '{'])
}

/// Whether a `source` or `source-directory` of an absolute word reads a path.
fn names(wanted: &str, directory: bool, dialect: Dialect, path: &str) -> bool {
    match (directory, path.rsplit_once('/')) {
        (true, Some((parent, name))) => {
            let taken = dialect == Dialect::Ifupdown2 || crate::network::hook::runs(name);
            taken && path_matches(wanted.trim_end_matches('/'), parent)
        }
        (true, None) => false,
        (false, _) => path_matches(wanted, path),
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

impl Configured {
    /// The value of a key in exactly this spelling; lines where it was there several times.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// The address that ifupdown's `static` gives, with the prefix that it takes. `None`
    /// where there is no valid one, and where several make a command that fails.
    pub fn address(&self) -> Option<IpNet> {
        let literal = self.value("address")?;
        // Only what stands before the second slash is looked at, and it must be one word.
        let mut parts = literal.split('/');
        let (ip, own) = (parts.next()?, parts.next());
        let own = own.map(|own| own.lines().next().unwrap_or_default());
        fold(ip, self.value("netmask").or(own))
    }

    /// The commands of a phase in order: `pre-up`, `up`, `down`, `post-down`.
    pub fn commands(&self, phase: &str) -> impl Iterator<Item = &str> {
        self.options.iter().filter(move |(key, _)| key == phase).map(|(_, value)| value.as_str())
    }
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

/// What one word of a `source` line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whether it was written relative to the file that it stands in.
    pub relative: bool,
    /// The directory to look in, where no pattern is in its own name.
    pub directory: String,
    pattern: String,
    whole_directory: bool,
    dialect: Dialect,
}

impl Wanted {
    /// Whether a file of that absolute path is read.
    pub fn matches(&self, path: &str) -> bool {
        names(&self.pattern, self.whole_directory, self.dialect, path)
    }
}

/// What the `source` lines of a file at `path` name, as far as that is plain from them.
pub fn sourced(file: &Interfaces, path: &str) -> Vec<Wanted> {
    let mut found = Vec::new();
    for directive in file.directives() {
        let Directive::Source { path: words, directory, .. } = directive else { continue };
        for word in words.split(is_space).filter(|word| !word.is_empty() && is_plain(word)) {
            let pattern = absolute(path, word);
            let parent = match directory {
                true => pattern.trim_end_matches('/'),
                false => pattern.rsplit_once('/').map_or("", |(parent, _)| parent),
            };
            found.push(Wanted {
                relative: !word.starts_with('/'),
                directory: parent.to_owned(),
                pattern: pattern.clone(),
                whole_directory: *directory,
                dialect: file.dialect(),
            });
        }
    }
    found
}
