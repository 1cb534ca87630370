//! Reads a project from disk: the one place of this room that touches the file system.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Diagnostic, Source};

mod lookup;
mod program;
mod sealed;
mod vagrant;

use super::Vault;
use super::extra_vars;
use super::inventory::{Origin, Owner, Printed, Source as Hosts, VarFile, VarFiles, Vars};
use super::nearest;
use super::playbook::template_names;
use super::template::shipped_playbook;
use super::yaml::{Text, parse};

pub(in crate::desired) use lookup::lookup;
use sealed::Opener;

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Inventory files or directories; later ones add to earlier ones.
    pub inventory: Vec<PathBuf>,
    /// The playbook, or the name of a shipped one; none for commands that only need hosts.
    pub playbook: Option<PathBuf>,
    /// `name=value`, `{json}` or `@file`, as for Ansible; they win over every other var.
    pub extra_vars: Vec<String>,
    /// The passwords of Ansible Vault.
    pub vault: Vault,
    /// Files of identities for age.
    pub age_identities: Vec<PathBuf>,
}

/// Everything that was read, nothing of it understood yet but YAML.
#[derive(Default)]
pub(super) struct Read {
    pub(super) inventory: Vec<Hosts>,
    pub(super) files: VarFiles,
    pub(super) playbook: Option<Text>,
    pub(super) templates: BTreeMap<String, Source>,
    pub(super) extra: Vars,
    /// With what it has opened.
    pub(super) vault: Vault,
    /// Where templates were looked for, for error messages.
    pub(super) searched: Vec<PathBuf>,
}

/// Reads everything that the options name.
pub(super) fn read(options: &LoadOptions) -> Result<Read, Vec<Diagnostic>> {
    let mut reader = Reader {
        opener: Opener { vault: options.vault.clone(), identities: options.age_identities.clone() },
        ..Reader::default()
    };
    if options.inventory.is_empty() {
        reader.mistakes.push(
            Diagnostic::error("no inventory is given").remedy("name one with `--inventory FILE`"),
        );
    }
    for path in &options.inventory {
        reader.inventory(path);
    }
    if let Some(path) = &options.playbook {
        reader.playbook(path);
    }
    for text in &options.extra_vars {
        reader.extra(text);
    }
    reader.finish()
}

/// Replaces each `@file` in a pattern of hosts by the names in that file.
pub(super) fn expand_limit(limit: &str) -> Result<String, Box<Diagnostic>> {
    if !limit.contains('@') {
        return Ok(limit.to_owned());
    }
    let mut terms = Vec::new();
    for term in limit.split(',') {
        match term.trim().strip_prefix('@') {
            None => terms.push(term.to_owned()),
            Some(file) => {
                let text = read_text(Path::new(file), "file of hosts")?;
                let lines = text.lines().map(str::trim);
                let names = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                let before = terms.len();
                terms.extend(names.map(str::to_owned));
                if terms.len() == before {
                    return Err(Diagnostic::error(format!("`{file}` names no host"))
                        .remedy("write one host, group or glob per line")
                        .into());
                }
            }
        }
    }
    Ok(terms.join(","))
}

#[derive(Default)]
struct Reader {
    opener: Opener,
    read: Read,
    var_files: Vec<VarFile>,
    mistakes: Vec<Diagnostic>,
}

impl Reader {
    fn inventory(&mut self, path: &Path) {
        if path.is_dir() {
            let before = self.read.inventory.len();
            self.inventory_directory(path);
            if self.read.inventory.len() == before {
                let message = format!("the directory `{}` has no inventory file", path.display());
                let remedy = "put a YAML inventory into it, as in `hosts.yml`";
                self.mistakes.push(Diagnostic::error(message).remedy(remedy));
            }
            self.vars_beside(path, Origin::Inventory);
            return;
        }
        if let Some(directory) = path.to_str().and_then(|path| path.strip_prefix("vagrant:")) {
            self.printed(vagrant::inventory(directory));
            self.vars_beside(
                Path::new(if directory.is_empty() { "." } else { directory }),
                Origin::Inventory,
            );
            return;
        }
        self.inventory_file(path);
        self.vars_beside(parent(path), Origin::Inventory);
    }

    fn inventory_file(&mut self, path: &Path) {
        if program::is_program(path) {
            self.printed(program::run(path));
            return;
        }
        let Some(text) = self.text(path, "inventory") else {
            return;
        };
        let name = file_name(path);
        self.read.inventory.push(match name.rsplit_once('.') {
            Some((_, "yml" | "yaml" | "json")) => Hosts::Yaml(text),
            None => Hosts::Any(text),
            Some(_) => Hosts::Ini(text),
        });
    }

    fn printed(&mut self, printed: Result<Printed, Box<Diagnostic>>) {
        match printed {
            Ok(printed) => self.read.inventory.push(Hosts::Program(Box::new(printed))),
            Err(mistake) => self.mistakes.push(*mistake),
        }
    }

    fn inventory_directory(&mut self, directory: &Path) {
        for entry in self.entries(directory) {
            let name = file_name(&entry);
            if entry.is_dir() {
                if !["group_vars", "host_vars"].contains(&name.as_str()) {
                    self.inventory_directory(&entry);
                }
            } else if is_inventory(&name) {
                self.inventory_file(&entry);
            }
        }
    }

    fn vars_beside(&mut self, directory: &Path, origin: Origin) {
        for (name, owner) in
            [("group_vars", Owner::Group as fn(String) -> Owner), ("host_vars", Owner::Host)]
        {
            let directory = directory.join(name);
            if !directory.is_dir() {
                continue;
            }
            for entry in self.entries(&directory) {
                let name = file_name(&entry);
                if entry.is_dir() {
                    self.vars_directory(&entry, &owner(name), origin);
                } else if has_vars_extension(&name) {
                    self.vars_file(&entry, owner(stem(&name).to_owned()), origin);
                }
            }
        }
    }

    fn vars_directory(&mut self, directory: &Path, owner: &Owner, origin: Origin) {
        for entry in self.entries(directory) {
            if entry.is_dir() {
                self.vars_directory(&entry, owner, origin);
            } else if has_vars_extension(&file_name(&entry)) {
                self.vars_file(&entry, owner.clone(), origin);
            }
        }
    }

    fn vars_file(&mut self, path: &Path, owner: Owner, origin: Origin) {
        let Some(text) = self.text(path, "file of vars") else {
            return;
        };
        let file = parse(&text).and_then(|root| VarFile::new(owner, origin, root));
        match file {
            Ok(file) => self.var_files.push(file),
            Err(mistake) => self.mistakes.push(*mistake),
        }
    }

    fn playbook(&mut self, path: &Path) {
        let directory = parent(path);
        if path.exists() {
            self.read.playbook = self.text(path, "playbook");
            self.vars_beside(directory, Origin::Playbook);
        } else if let Some(text) = shipped(path) {
            let name = format!("(shipped) playbooks/{}", file_name(path));
            self.read.playbook = Some(Text::new(&name, text));
        } else {
            self.mistakes.push(missing(path, "playbook"));
            return;
        }
        // The nearer directory is read last and wins.
        for directory in [directory.join(".."), directory.to_owned()] {
            let templates = directory.join("templates");
            if templates.is_dir() {
                self.templates(&templates, "");
            }
            self.read.searched.push(templates);
        }
        self.named_templates(directory);
    }

    fn templates(&mut self, directory: &Path, prefix: &str) {
        for entry in self.entries(directory) {
            let name = format!("{prefix}{}", file_name(&entry));
            if entry.is_dir() {
                self.templates(&entry, &format!("{name}/"));
            } else if let Ok(text) = fs::read_to_string(&entry) {
                // Not every file below `templates/` need be a template: what is not text
                // is missed only when it is named.
                let source = Source::new(shown(&entry), text);
                self.read.templates.insert(name, source);
            }
        }
    }

    /// Templates that the playbook names by a path relative to itself.
    fn named_templates(&mut self, directory: &Path) {
        let Some(text) = &self.read.playbook else {
            return;
        };
        // A playbook with mistakes is reported when it is understood, not here.
        let Ok(Some(root)) = parse(text) else { return };
        for name in template_names(&root) {
            let path = directory.join(&name);
            if !self.read.templates.contains_key(&name)
                && path.is_file()
                && let Ok(text) = fs::read_to_string(&path)
            {
                let source = Source::new(shown(&path), text);
                self.read.templates.insert(name, source);
            }
        }
    }

    fn extra(&mut self, text: &str) {
        let vars = match text.strip_prefix('@') {
            Some(file) => match self.text(Path::new(file), "file of extra vars") {
                Some(text) => extra_vars::document(&text),
                None => return,
            },
            None => extra_vars::argument(text),
        };
        match vars {
            Ok(vars) => self.read.extra.extend(vars),
            Err(mistake) => self.mistakes.push(*mistake),
        }
    }

    fn text(&mut self, path: &Path, what: &str) -> Option<Text> {
        match self.opened(path, what) {
            Ok(text) => Some(text),
            Err(mistake) => {
                self.mistakes.push(*mistake);
                None
            }
        }
    }

    /// A file's text, decrypted if need be.
    fn opened(&self, path: &Path, what: &str) -> Result<Text, Box<Diagnostic>> {
        let bytes = read_bytes(path, what)?;
        let vault = &self.opener.vault;
        match self.opener.open(&bytes) {
            Ok(None) => Ok(Text::new(&shown(path), utf8(bytes, path, what)?).with(vault)),
            Ok(Some(text)) => Ok(Text::secret(&shown(path), text).with(vault)),
            Err((reason, remedy)) => {
                let message = format!("cannot open the {what} `{}`: {reason}", path.display());
                Err(Diagnostic::error(message).remedy(remedy).into())
            }
        }
    }

    /// Visible entries, by name.
    fn entries(&mut self, directory: &Path) -> Vec<PathBuf> {
        match fs::read_dir(directory) {
            Ok(entries) => {
                let mut paths: Vec<PathBuf> = entries
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .filter(|path| {
                        let name = file_name(path);
                        !name.starts_with('.') && !name.ends_with('~')
                    })
                    .collect();
                paths.sort();
                paths
            }
            Err(error) => {
                let message =
                    format!("cannot read the directory `{}`: {error}", directory.display());
                self.mistakes.push(Diagnostic::error(message).remedy("check its owner and mode"));
                Vec::new()
            }
        }
    }

    fn finish(mut self) -> Result<Read, Vec<Diagnostic>> {
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        self.read.files = VarFiles::new(self.var_files);
        self.read.vault = self.opener.vault;
        Ok(self.read)
    }
}

fn read_text(path: &Path, what: &str) -> Result<String, Box<Diagnostic>> {
    utf8(read_bytes(path, what)?, path, what)
}

fn read_bytes(path: &Path, what: &str) -> Result<Vec<u8>, Box<Diagnostic>> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(missing(path, what).into())
        }
        Err(error) => {
            let message = format!("cannot read the {what} `{}`: {error}", path.display());
            Err(Diagnostic::error(message).remedy("check its owner and mode").into())
        }
    }
}

fn utf8(bytes: Vec<u8>, path: &Path, what: &str) -> Result<String, Box<Diagnostic>> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("the {what} `{}` is not UTF-8 in line {line}", path.display());
        let remedy = "convert it with `iconv -t UTF-8`; a program has to be executable";
        Diagnostic::error(message).remedy(remedy).into()
    })
}

fn missing(path: &Path, what: &str) -> Diagnostic {
    let message = format!("there is no {what} `{}`", path.display());
    let directory = parent(path);
    let siblings: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let near = nearest(&file_name(path), siblings.iter().map(String::as_str));
    Diagnostic::error(message).remedy(match near {
        Some(near) => format!("did you mean `{}`?", shown(&directory.join(near))),
        None => "check the path".to_owned(),
    })
}

/// A playbook that comes with rappel: `t3`, `t3.yml` or `playbooks/t3.yml`.
fn shipped(path: &Path) -> Option<&'static str> {
    let directory = path.parent()?;
    let plain = directory.as_os_str().is_empty() || directory == Path::new("playbooks");
    let name = file_name(path);
    let found = shipped_playbook(&name).or_else(|| shipped_playbook(&format!("{name}.yml")));
    found.filter(|_| plain)
}

/// The directory that a file stands in; `.` for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn shown(path: &Path) -> String {
    let shown = without_detour(path).display().to_string();
    shown.strip_prefix("./").map_or(shown.clone(), str::to_owned)
}

/// The same file without `playbooks/../` in its name. Where `playbooks` is a symbolic link
/// the short name would be another file's, and the long one stays.
fn without_detour(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        let goes_in = matches!(short.components().next_back(), Some(Component::Normal(_)));
        if part == Component::ParentDir && goes_in {
            short.pop();
        } else {
            short.push(part);
        }
    }
    let real = |path: &Path| fs::canonicalize(path).ok();
    if short != path && real(&short).is_some() && real(&short) == real(path) {
        short
    } else {
        path.to_owned()
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The extensions that Ansible reads vars and YAML inventories from; none is one of them.
fn has_vars_extension(name: &str) -> bool {
    let name = name.strip_suffix(".age").unwrap_or(name);
    [".yml", ".yaml", ".json"].iter().any(|end| name.ends_with(end)) || !name.contains('.')
}

/// What Ansible reads in a directory of inventories: all but what editors and packagers
/// leave behind, and notes.
fn is_inventory(name: &str) -> bool {
    let others = ["pyc", "pyo", "swp", "bak", "rpm", "md", "txt", "rst", "orig", "cfg", "retry"];
    !name.rsplit_once('.').is_some_and(|(_, end)| others.contains(&end))
}

/// A host's name may have dots, so only the known extensions are cut.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix(".age").unwrap_or(name);
    [".yml", ".yaml", ".json"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}
