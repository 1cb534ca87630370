//! Several files read as one: what every `source` line brings in at its place, patterns of
//! names written out, and stanzas whole, with what they take over from a template.

use std::collections::BTreeSet;

use crate::diagnostic::Place;

use super::configured::{Tree, absolute, is_plain};
use super::lines::is_space;
use super::pattern::{is_pattern, matches};
use super::{Dialect, Directive, Interfaces, Stanza};

/// One word of a `source` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced {
    /// As written, `source` in front.
    pub line: String,
    /// The absolute path or pattern.
    pub path: String,
    /// Whether it names a directory, whose files are read.
    pub directory: bool,
    /// Whether what it names depends on where, or by whom, it is read.
    pub obscure: bool,
    /// The `source` line.
    pub place: Place,
}

impl Sourced {
    /// The one file that it names, if it does.
    pub fn file(&self) -> Option<&str> {
        let one = !self.directory && !self.obscure && !is_pattern(&self.path);
        one.then_some(self.path.as_str())
    }

    /// The one directory that it looks into, if it does.
    pub fn within(&self) -> Option<&str> {
        let directory = match self.directory {
            true => self.path.trim_end_matches('/'),
            false => self.path.rsplit_once('/')?.0,
        };
        (!self.obscure && !is_pattern(directory)).then_some(directory)
    }
}

/// The words of the `source` lines of a file at `path`.
pub fn sources(file: &Interfaces, path: &str) -> Vec<Sourced> {
    let mut found = Vec::new();
    for directive in file.directives() {
        let Directive::Source { path: words, directory, place } = directive else { continue };
        let keyword = if *directory { "source-directory" } else { "source" };
        for word in words.split(is_space).filter(|word| !word.is_empty()) {
            found.push(Sourced {
                line: format!("{keyword} {word}"),
                path: absolute(path, word),
                directory: *directory,
                // ifupdown2 of Debian reads a relative one from where it was started.
                obscure: !is_plain(word)
                    || file.dialect() == Dialect::Ifupdown2 && !word.starts_with('/'),
                place: place.clone(),
            });
        }
    }
    found
}

impl Tree<'_> {
    /// All files as one, on a host with these links. Its text is the main file's.
    pub fn joined(&self, links: &BTreeSet<String>) -> Option<Interfaces> {
        let main = self.main()?;
        let directives = self.directives().into_iter().map(|directive| match directive {
            Directive::Boot { class, names, place } if main.dialect != Dialect::Ifupdown2 => {
                let names = names.iter().flat_map(|word| written_out(word, links)).collect();
                Directive::Boot { class: class.clone(), names, place: place.clone() }
            }
            other => other.clone(),
        });
        Some(Interfaces { directives: directives.collect(), ..main.clone() })
    }
}

/// The links that a pattern of ifupdown stands for: `/eth*`, or `/eth*=work`. One that asks
/// for more than the name stays as it is.
fn written_out(word: &str, links: &BTreeSet<String>) -> Vec<String> {
    let (pattern, logical) = word.split_once('=').map_or((word, None), |(p, l)| (p, Some(l)));
    let Some(pattern) = pattern.strip_prefix('/').filter(|rest| !rest.contains('/')) else {
        return vec![word.to_owned()];
    };
    let named = links.iter().filter(|name| matches(pattern, name));
    named
        .map(|name| logical.map_or_else(|| name.clone(), |logical| format!("{name}={logical}")))
        .collect()
}

impl Interfaces {
    /// The stanzas of one logical interface with what they inherit, in order.
    pub fn whole_stanzas_of(&self, name: &str) -> Vec<Stanza> {
        let all: Vec<&Stanza> = self.stanzas().collect();
        let own = (0..all.len()).filter(|at| all[*at].name == name);
        own.map(|at| whole(&all, at)).collect()
    }

    /// The same without what stands from a place on: ifupdown stops reading a sourced file at
    /// its first mistake.
    #[must_use]
    pub fn until(mut self, end: usize) -> Self {
        self.directives.retain(|directive| directive.place().span.start < end);
        for directive in &mut self.directives {
            if let Directive::Stanza(stanza) | Directive::Vlan(stanza) = directive {
                stanza.options.retain(|opt| opt.place.span.start < end);
            }
        }
        self
    }
}

/// A stanza with a copy of its template, the first one of that name above it.
fn whole(all: &[&Stanza], at: usize) -> Stanza {
    let mut stanza = all[at].clone();
    let template = stanza.inherits.as_deref().and_then(|name| {
        (0..at).find(|above| {
            let other = all[*above];
            other.name == name && (stanza.family.is_empty() || other.family == stanza.family)
        })
    });
    if let Some(template) = template.map(|at| whole(all, at)) {
        stanza.options.splice(0..0, template.options);
        if stanza.family.is_empty() {
            stanza.family = template.family;
        }
        if stanza.method.is_empty() {
            stanza.method = template.method;
        }
    }
    stanza
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Sourced, sources};
    use crate::diagnostic::Source;
    use crate::network::interfaces::{Dialect, Interfaces, Tree};

    const MAIN: &str = "/etc/network/interfaces";

    fn read(path: &str, text: &str) -> Interfaces {
        Interfaces::read_as(&Source::new(path, text), Dialect::Ifupdown).0
    }

    #[test]
    fn files_are_joined_where_they_are_sourced() {
        let main = read(MAIN, "auto /eth*=work lo\nsource conf/*.cfg\niface b inet manual\n");
        let conf = read("/etc/network/conf/a.cfg", "iface a inet manual\n");
        let tree = Tree::new([(MAIN, &main), ("/etc/network/conf/a.cfg", &conf)], MAIN);
        let links: BTreeSet<String> = ["lo", "eth0", "eth1"].map(str::to_owned).into();
        let joined = tree.joined(&links).expect("a main file");
        assert_eq!(joined.auto(), ["eth0=work", "eth1=work", "lo"]);
        assert_eq!(joined.logical_names(), ["a", "b"]);
    }

    #[test]
    fn a_stanza_takes_over_what_stands_above_it() {
        let file = read(
            MAIN,
            "iface base inet static\n mtu 1400\niface mid inherits base\n gateway 10.0.0.1\n\
             iface eth0 inherits mid\n address 10.0.0.2/24\niface late inherits below\n\
             iface below inet manual\n",
        );
        let stanza = &file.whole_stanzas_of("eth0")[0];
        let keys: Vec<&str> = stanza.options.iter().map(|opt| opt.key.as_str()).collect();
        assert_eq!(keys, ["mtu", "gateway", "address"]);
        assert_eq!((stanza.family.as_str(), stanza.method.as_str()), ("inet", "static"));
        assert_eq!(file.whole_stanzas_of("late")[0].method, "");
    }

    #[test]
    fn a_word_tells_what_it_names() {
        let file = read(
            MAIN,
            "source a $HOME/b\nsource interfaces.d/*.cfg\nsource-directory /etc/network/more/\nsource */c\n",
        );
        let found = sources(&file, MAIN);
        let files: Vec<Option<&str>> = found.iter().map(Sourced::file).collect();
        let directories: Vec<Option<&str>> = found.iter().map(Sourced::within).collect();
        assert_eq!(files, [Some("/etc/network/a"), None, None, None, None]);
        assert_eq!(
            directories,
            [
                Some("/etc/network"),
                None,
                Some("/etc/network/interfaces.d"),
                Some("/etc/network/more"),
                None
            ]
        );
    }
}
