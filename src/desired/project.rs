//! A loaded project: its hosts, its plays, and what they come to.

mod windows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::diagnostic::{Diagnostic, Place};

use super::inventory::{Inventory, Pattern, VarFiles, Vars};
use super::load::{LoadOptions, Read, expand_limit, lookup, read};
use super::playbook::{Play, parse};
use super::template::{Engine, Fleet, Library, Scope};
use super::{
    CheckSpec, Desired, Host, Masks, Peer, Settings, Vault, check, connection, render, yaml,
};
use windows::settings;

/// What is wanted of one host, by its name, or why that cannot be said.
pub type Rendered = (String, Result<Desired, Vec<Diagnostic>>);

/// An inventory, and a playbook unless only hosts were asked for.
#[derive(Debug)]
pub struct Project {
    inventory: Arc<Inventory>,
    hosts: Vec<Host>,
    plays: Vec<Play>,
    fleet: Arc<Fleet>,
    engine: Arc<Engine>,
    warnings: Vec<Diagnostic>,
    excluded: BTreeSet<usize>,
    /// Made when the first host needs them.
    peers: OnceLock<Arc<Vec<Peer>>>,
    /// Whether any host has a provider; found out when the first host asks.
    rescues: OnceLock<bool>,
    /// With what has been opened or looked up so far.
    opened: Vault,
}

impl Project {
    /// Reads a project from disk and resolves every host's connection.
    ///
    /// # Errors
    /// Every mistake found, each with its place.
    pub fn load(options: &LoadOptions) -> Result<Self, Vec<Diagnostic>> {
        Self::understand(read(options)?)
    }

    fn understand(read: Read) -> Result<Self, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let inventory = Inventory::read(&read.inventory).unwrap_or_else(|found| {
            mistakes.extend(found);
            Inventory::default()
        });
        let plays = match read.playbook.as_ref().map(yaml::parse) {
            None => Vec::new(),
            Some(Ok(None)) => {
                let empty = Diagnostic::error("the playbook is empty");
                let source = read.playbook.as_ref().map(|text| text.shown.line(1));
                let remedy = "begin with `- hosts: …`";
                mistakes.push(Diagnostic { place: source, ..empty }.remedy(remedy));
                Vec::new()
            }
            Some(Ok(Some(root))) => parse(&root).unwrap_or_else(|found| {
                mistakes.extend(found);
                Vec::new()
            }),
            Some(Err(mistake)) => {
                mistakes.push(*mistake);
                Vec::new()
            }
        };
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let warnings = read.files.strangers(&inventory);
        let library = Library::new(read.templates);
        Self::assemble(inventory, plays, read.files, read.extra, library, warnings, read.vault)
    }

    fn assemble(
        inventory: Inventory,
        plays: Vec<Play>,
        files: VarFiles,
        extra: Vars,
        library: Library,
        mut warnings: Vec<Diagnostic>,
        opened: Vault,
    ) -> Result<Self, Vec<Diagnostic>> {
        let inventory = Arc::new(inventory);
        let noted = opened.clone();
        let from_outside =
            move |plugin: &str, term: &str| lookup(plugin, term).inspect(|value| noted.note(value));
        let engine = Arc::new(Engine::new(library, Arc::new(from_outside)));
        let fleet = Fleet::new(
            Arc::clone(&inventory),
            Arc::new(files),
            Arc::new(extra),
            Arc::clone(&engine),
        );
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        let mut hosts = Vec::with_capacity(inventory.hosts.len());
        for entry in &inventory.hosts {
            let Some(scope) = fleet.scope(&entry.name, &Vars::new()) else {
                continue;
            };
            for warning in connection::ignored(&scope) {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            match host(&inventory, &scope, &opened) {
                Ok(host) => hosts.push(host),
                Err(found) => {
                    for mistake in found {
                        if !mistakes.contains(&mistake) {
                            mistakes.push(mistake);
                        }
                    }
                }
            }
        }
        for play in &plays {
            if let Err(mistake) = play.pattern.select(&inventory) {
                mistakes.push(*mistake);
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let (peers, excluded) = (OnceLock::new(), BTreeSet::new());
        let rescues = OnceLock::new();
        Ok(Self {
            inventory,
            hosts,
            plays,
            fleet,
            engine,
            warnings,
            excluded,
            peers,
            rescues,
            opened,
        })
    }

    /// What is odd but does no harm: vars for hosts that do not exist, vars without effect.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    pub(super) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    pub(super) fn all_hosts(&self) -> &[Host] {
        &self.hosts
    }

    pub(super) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The plays of the playbook, in its order.
    pub fn plays(&self) -> &[Play] {
        &self.plays
    }

    /// The hosts that a pattern chooses, in inventory order; all of them without one.
    ///
    /// # Errors
    /// A name that is neither a host nor a group, or an `@file` that cannot be read.
    #[expect(clippy::result_large_err, reason = "called once per run, never in a loop")]
    pub fn hosts(&self, limit: Option<&str>) -> Result<Vec<&Host>, Diagnostic> {
        let chosen = self.choose(limit).map_err(|mistake| *mistake)?;
        let hosts: Vec<&Host> = chosen.into_iter().filter_map(|at| self.hosts.get(at)).collect();
        match hosts.iter().find_map(|host| host.connection.other.as_deref()) {
            Some(mistake) => Err(mistake.clone()),
            None => Ok(hosts),
        }
    }

    /// The names of the hosts that a pattern chooses, however they are reached.
    ///
    /// # Errors
    /// As [`Project::hosts`].
    #[expect(clippy::result_large_err, reason = "called once per run, never in a loop")]
    pub fn names(&self, limit: Option<&str>) -> Result<Vec<&str>, Diagnostic> {
        let chosen = self.choose(limit).map_err(|mistake| *mistake)?;
        let hosts = chosen.into_iter().filter_map(|at| self.hosts.get(at));
        Ok(hosts.map(|host| host.name.as_str()).collect())
    }

    /// Leaves the hosts of a pattern out of everything that comes after.
    ///
    /// # Errors
    /// As for [`Project::hosts`].
    #[expect(clippy::result_large_err, reason = "called once per run, never in a loop")]
    pub fn exclude(&mut self, pattern: Option<&str>) -> Result<(), Diagnostic> {
        if let Some(pattern) = pattern {
            let found = self.select(pattern).map_err(|mistake| *mistake)?;
            self.excluded.extend(found);
        }
        Ok(())
    }

    fn choose(&self, limit: Option<&str>) -> Result<BTreeSet<usize>, Box<Diagnostic>> {
        let chosen = match limit {
            None => (0..self.hosts.len()).collect(),
            Some(limit) => self.select(limit)?,
        };
        Ok(chosen.difference(&self.excluded).copied().collect())
    }

    fn select(&self, pattern: &str) -> Result<BTreeSet<usize>, Box<Diagnostic>> {
        Pattern::parse(&expand_limit(pattern)?, None)?.select(&self.inventory)
    }

    /// Whether any host's lost network can be restored through its provider.
    pub(super) fn rescues(&self, has_provider: fn(&Host) -> bool) -> bool {
        *self.rescues.get_or_init(|| self.hosts.iter().any(has_provider))
    }

    /// The plays that a host is in, in their order.
    pub(super) fn plays_of(&self, host: &str) -> Vec<&Play> {
        let at = self.inventory.hosts.iter().position(|entry| entry.name == host);
        let mine = |play: &&Play| {
            let matched = play.pattern.select(&self.inventory).ok();
            at.is_some_and(|at| matched.is_some_and(|matched| matched.contains(&at)))
        };
        self.plays.iter().filter(mine).collect()
    }

    /// Where the value of a host's var stands, by a dotted path, as in
    /// `network.uplink.ipv4.address`; the nearest parent's place if the path goes deeper
    /// than what is written, and the host's own for an empty path. Nothing for vars that
    /// nobody wrote.
    pub fn place_of(&self, host: &str, path: &str) -> Option<Place> {
        if path.is_empty() {
            return self.inventory.host(host).map(|entry| entry.place.clone());
        }
        self.places(host)(path)
    }

    /// Where the values of a host's vars stand; for many of them at once.
    pub(super) fn places(&self, host: &str) -> impl Fn(&str) -> Option<Place> + use<> {
        let scope = self.fleet.scope(host, &Vars::new());
        move |path| {
            let (name, rest) = path.split_once('.').unwrap_or((path, ""));
            let mut node = scope.as_ref()?.vars.get(name)?.as_ref();
            for step in rest.split('.').filter(|step| !step.is_empty()) {
                match node.find(step) {
                    Some(inner) => node = inner,
                    None => break,
                }
            }
            Some(node.place.clone())
        }
    }

    /// What is wanted of each chosen host that a play matches, in inventory order.
    ///
    /// # Errors
    /// A pattern as for [`Project::hosts`]; a mistake in a template is one host's, and
    /// stands beside its name.
    #[expect(clippy::result_large_err, reason = "called once per run, never in a loop")]
    pub fn render(&self, limit: Option<&str>) -> Result<Vec<Rendered>, Diagnostic> {
        let chosen = self.choose(limit).map_err(|mistake| *mistake)?;
        let mut plays = Vec::new();
        for play in &self.plays {
            let matched = play.pattern.select(&self.inventory);
            plays.push((play, matched.map_err(|mistake| *mistake)?));
        }
        let mut rendered = Vec::new();
        for (at, host) in self.hosts.iter().enumerate() {
            let mine: Vec<&Play> = plays
                .iter()
                .filter(|(_, matched)| matched.contains(&at))
                .map(|(play, _)| *play)
                .collect();
            if chosen.contains(&at) && !mine.is_empty() {
                rendered.push((host.name.clone(), self.desired(host, &mine)));
            }
        }
        Ok(rendered)
    }

    fn desired(&self, host: &Host, plays: &[&Play]) -> Result<Desired, Vec<Diagnostic>> {
        if let Some(mistake) = &host.connection.other {
            return Err(vec![(**mistake).clone()]);
        }
        let mut artifacts = Vec::new();
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        let mut checks: Vec<CheckSpec> = Vec::new();
        for play in plays {
            let Some(scope) = self.fleet.scope(&host.name, &play.vars) else {
                continue;
            };
            match declared(play, &scope, &host.connection.address) {
                Ok(found) => checks.extend(found),
                Err(found) => mistakes.extend(found),
            }
            for spec in &play.artifacts {
                match render::artifacts(spec, &scope, &self.engine) {
                    Ok(placed) => {
                        for one in placed {
                            let path = one.artifact.path.clone();
                            if let Some(first) = places.get(&path) {
                                mistakes.push(twice(&path, &host.name, first, &one.place));
                                continue;
                            }
                            places.insert(path, one.place);
                            artifacts.push(one.artifact);
                        }
                    }
                    Err(found) => mistakes.extend(found),
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mut unique: Vec<CheckSpec> = Vec::new();
        for check in checks {
            if !unique.contains(&check) {
                unique.push(check);
            }
        }
        let peers = match unique.iter().any(CheckSpec::needs_others) {
            true => Arc::clone(self.peers.get_or_init(|| Arc::new(peers(&self.hosts)))),
            false => Arc::default(),
        };
        let (mut host, settings) = (host.clone(), settings(plays));
        // A template may have looked up what no var did.
        host.secrets = host.secrets.and_opened(&self.opened.secrets());
        Ok(Desired { host, artifacts, settings, checks: unique, peers })
    }
}

/// Every host that has an address, as others may look for it.
fn peers(hosts: &[Host]) -> Vec<Peer> {
    let peer = |host: &Host| Peer { host: host.clone(), addresses: host.own_addresses() };
    hosts.iter().map(peer).collect()
}

/// What a play declares, or the usual checks if it says nothing of them.
fn declared(
    play: &Play,
    scope: &Arc<Scope>,
    reached_at: &str,
) -> Result<Vec<CheckSpec>, Vec<Diagnostic>> {
    match &play.checks {
        Some(drafts) => check::checks(drafts, scope, reached_at),
        None => Ok(CheckSpec::usual()),
    }
}

fn twice(path: &str, host: &str, first: &Place, second: &Place) -> Diagnostic {
    Diagnostic::error(format!("two artifacts want `{path}` on host `{host}`"))
        .at(second.clone())
        .because(format!("the other one is at {first}"))
        .remedy("give one of them another `path`, or narrow its `hosts` or `when`")
}

/// A host with its vars evaluated; a var that cannot be evaluated is left out and reported
/// when a template uses it.
fn host(
    inventory: &Inventory,
    scope: &Arc<Scope>,
    opened: &Vault,
) -> Result<Host, Vec<Diagnostic>> {
    let connection = connection::connection(scope)?;
    let mut vars = serde_json::Map::new();
    for name in scope.vars.keys() {
        if let Ok(Some(value)) = scope.get(name)
            && let Ok(json) = serde_json::to_value(&value)
        {
            vars.insert(name.clone(), json);
        }
    }
    let groups = inventory.host(&scope.host).map_or_else(Vec::new, |entry| {
        let groups = inventory.groups_of(entry).into_iter();
        groups.filter(|name| *name != "all").map(str::to_owned).collect()
    });
    let secrets = Masks::new(&opened.secrets(), &vars, &connection);
    Ok(Host { name: scope.host.clone(), groups, vars, connection, secrets })
}

#[cfg(test)]
mod tests;
