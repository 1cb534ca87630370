//! The interfaces files and hooks of a host at one moment, as its own ifupdown reads them.

use std::collections::{BTreeMap, BTreeSet};

use super::file::FileChange;
use super::subject::INTERFACES;
use crate::diagnostic::{Diagnostic, Source};
use crate::network::effect::{Files, Hook};
use crate::network::interfaces::{Dialect, Interfaces, Sourced, Tree, sourced, sources};
use crate::observed::{FileState, Ifupdown, Observation};

/// The one directory whose files are all read, whoever sources them.
const LISTED: &str = "/etc/network/interfaces.d";

/// What the files of one moment mean.
pub(super) struct Moment {
    /// The main file with what it sources; empty where it is not understood.
    pub(super) interfaces: Interfaces,
    /// The files that are read, in order.
    pub(super) read: Vec<String>,
    /// All their texts, for the names in them.
    pub(super) texts: Vec<String>,
    /// The hooks that ifupdown runs.
    pub(super) hooks: Vec<Hook>,
    /// What is not known of them, a phrase each.
    pub(super) unforeseen: Vec<String>,
    /// Why ifupdown refuses the main file, if it does.
    pub(super) broken: Option<Broken>,
}

/// A file that ifupdown refuses.
pub(super) struct Broken {
    /// The first mistake in it.
    pub(super) mistake: Diagnostic,
    /// What can be made out of it nevertheless.
    pub(super) remains: Interfaces,
}

/// Which language the host's ifupdown reads.
pub(super) fn dialect(observed: &Observation) -> Dialect {
    match observed.ifupdown {
        Ifupdown::Ifupdown => Dialect::Ifupdown,
        Ifupdown::Ifupdown2 => Dialect::Ifupdown2,
        Ifupdown::None => Dialect::Any,
    }
}

impl Moment {
    /// The files as they stand, with changes laid over them.
    pub(super) fn of(observed: &Observation, changes: &[FileChange]) -> Self {
        let mut found = Reading::new(observed, changes);
        found.file(INTERFACES);
        let files = found.files.iter().map(|(path, file)| (path.as_str(), file));
        let tree = Tree::new(files, INTERFACES);
        let empty = || Interfaces::read_as(&Source::new(INTERFACES, ""), dialect(observed)).0;
        Self {
            interfaces: tree.joined(&observed.links).unwrap_or_else(empty),
            read: tree.paths().into_iter().map(str::to_owned).collect(),
            texts: found.files.values().map(|file| file.source().text.to_string()).collect(),
            hooks: hooks(observed, changes),
            unforeseen: found.unforeseen,
            broken: found.broken,
        }
    }

    /// For the effect's reader.
    pub(super) fn files(&self) -> Files<'_> {
        Files {
            interfaces: &self.interfaces,
            hooks: &self.hooks,
            partial: !self.unforeseen.is_empty() || self.broken.is_some(),
        }
    }
}

/// What has been read so far.
struct Reading<'a> {
    observed: &'a Observation,
    changes: &'a [FileChange],
    dialect: Dialect,
    known: BTreeSet<&'a str>,
    files: BTreeMap<String, Interfaces>,
    unforeseen: Vec<String>,
    broken: Option<Broken>,
}

impl<'a> Reading<'a> {
    fn new(observed: &'a Observation, changes: &'a [FileChange]) -> Self {
        let known = observed.files.keys().map(String::as_str);
        let known = known.chain(changes.iter().map(|change| change.path.as_str())).collect();
        Self {
            observed,
            changes,
            dialect: dialect(observed),
            known,
            files: BTreeMap::new(),
            unforeseen: Vec::new(),
            broken: None,
        }
    }

    /// Reads a file and what it sources; each once.
    fn file(&mut self, path: &str) {
        let Some(text) = text(self.observed, self.changes, path) else { return };
        if self.files.contains_key(path) {
            return;
        }
        let (mut file, mistakes) = Interfaces::read_as(&Source::new(path, text), self.dialect);
        let start = |mistake: &Diagnostic| mistake.place.as_ref().map_or(0, |at| at.span.start);
        if let Some(first) = mistakes.into_iter().min_by_key(start) {
            match self.dialect {
                Dialect::Ifupdown2 => self.mistaken(&first),
                _ if path == INTERFACES => {
                    self.broken = Some(Broken { mistake: first, remains: file });
                    return;
                }
                _ => {
                    self.mistaken(&first);
                    file = file.until(start(&first));
                }
            }
        }
        for named in sources(&file, path) {
            self.look_for(&named);
        }
        let wanted = sourced(&file, path);
        self.files.insert(path.to_owned(), file);
        let known: Vec<&str> = self.known.iter().copied().collect();
        for path in known.into_iter().filter(|path| wanted.iter().any(|w| w.matches(path))) {
            self.file(path);
        }
    }

    fn mistaken(&mut self, mistake: &Diagnostic) {
        let place = mistake.place.as_ref().map(ToString::to_string).unwrap_or_default();
        self.not_foreseen(format!("what {place} is to mean: {}", mistake.message));
    }

    /// Says what a `source` word may bring in that was not read.
    fn look_for(&mut self, named: &Sourced) {
        if let Some(path) = named.file() {
            let listed = named.within() == Some(LISTED);
            match self.observed.files.get(path) {
                Some(FileState::File { .. } | FileState::Absent) => {}
                Some(FileState::Link { target }) => {
                    self.not_read(path, &format!(" (a link to {target})"));
                }
                Some(FileState::Other) => self.not_read(path, " (no regular file)"),
                None if listed || self.known.contains(path) => {}
                None => self.not_read(path, ""),
            }
            return;
        }
        if named.within() != Some(LISTED) {
            self.not_foreseen(format!("what else `{}` brings in, which was not read", named.line));
        }
        let links = self.observed.files.iter().filter_map(|(path, state)| match state {
            FileState::Link { target } if path.starts_with(LISTED) => Some((path, target)),
            _ => None,
        });
        for (path, target) in links.collect::<Vec<_>>() {
            self.not_read(path, &format!(" (a link to {target})"));
        }
    }

    fn not_read(&mut self, path: &str, why: &str) {
        self.not_foreseen(format!("sourced file {path} was not read{why}"));
    }

    fn not_foreseen(&mut self, what: String) {
        if !self.unforeseen.contains(&what) {
            self.unforeseen.push(what);
        }
    }
}

/// The text of a file after the changes.
fn text(observed: &Observation, changes: &[FileChange], path: &str) -> Option<String> {
    if let Some(change) = changes.iter().find(|c| c.path == path) {
        let kept = change.file.kind != "remove";
        return kept.then(|| String::from_utf8_lossy(&change.file.content).into_owned());
    }
    match observed.files.get(path) {
        Some(FileState::File { content, .. }) => {
            Some(String::from_utf8_lossy(content).into_owned())
        }
        _ => None,
    }
}

/// The hooks of the host; of those that are managed, the texts are known.
fn hooks(observed: &Observation, changes: &[FileChange]) -> Vec<Hook> {
    let path = |name: &str| format!("/etc/network/{name}");
    let of_changes = changes.iter().filter_map(|c| c.path.strip_prefix("/etc/network/"));
    let mut names: Vec<&str> = observed.hooks.iter().map(String::as_str).collect();
    names.extend(of_changes.filter(|name| name.starts_with("if-")));
    names.sort_unstable();
    names.dedup();
    let gone = |name: &str| changes.iter().any(|c| c.path == path(name) && c.file.kind == "remove");
    names
        .into_iter()
        .filter(|name| !gone(name))
        .filter_map(|full| {
            let (directory, name) = full.split_once('/')?;
            Some(Hook {
                directory: directory.to_owned(),
                name: name.to_owned(),
                text: text(observed, changes, &path(full)),
            })
        })
        .collect()
}
