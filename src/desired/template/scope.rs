//! The vars that a host's templates see, resolved when they are used.
//!
//! Vars may refer to other vars in any order, so a value is evaluated at its first use and
//! kept. A var that cannot be evaluated harms nobody who does not use it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use minijinja::value::{Enumerator, Object, Serde};
use minijinja::{ErrorKind, Value};

use crate::desired::inventory::{Inventory, VarFiles, Vars};
use crate::desired::yaml::{Content, Node};
use crate::diagnostic::Diagnostic;

use super::engine::is_template;
use super::explain::Carried;
use super::{Engine, Explainer};

/// Vars that refer to vars that refer to vars …: deeper than this is a mistake.
const MAX_CHAIN: usize = 40;

/// `rappel_managed`: what files say of themselves.
pub(super) const MANAGED: &str = "managed by rappel; edits are overwritten";

/// All hosts' vars, for `hostvars`.
#[derive(Debug)]
pub(crate) struct Fleet {
    inventory: Arc<Inventory>,
    files: Arc<VarFiles>,
    extra: Arc<Vars>,
    engine: Arc<Engine>,
    groups: Value,
    scopes: Mutex<BTreeMap<String, Arc<Scope>>>,
}

impl Fleet {
    /// The fleet of an inventory.
    pub(crate) fn new(
        inventory: Arc<Inventory>,
        files: Arc<VarFiles>,
        extra: Arc<Vars>,
        engine: Arc<Engine>,
    ) -> Arc<Self> {
        let groups: BTreeMap<&str, Vec<&str>> =
            inventory.groups.keys().map(|name| (name.as_str(), inventory.members(name))).collect();
        let groups = Value::from(Serde(&groups));
        Arc::new(Self { inventory, files, extra, engine, groups, scopes: Mutex::default() })
    }

    /// Vars in files beside inventory and playbook.
    pub(crate) fn files(&self) -> &VarFiles {
        &self.files
    }

    /// Vars that win over all others.
    pub(crate) fn extra(&self) -> &Vars {
        &self.extra
    }

    /// The scope of a host with a play's vars on top of its own.
    pub(crate) fn scope(self: &Arc<Self>, host: &str, play: &Vars) -> Option<Arc<Scope>> {
        let entry = self.inventory.host(host)?;
        let mut vars = self.inventory.vars_of(entry, &self.files);
        vars.extend(play.clone());
        vars.extend((*self.extra).clone());
        let groups: Vec<&str> = self.inventory.groups_of(entry);
        let names: Vec<&str> = groups.into_iter().filter(|name| *name != "all").collect();
        let short = host.split('.').next().unwrap_or(host);
        let managed = Value::from(MANAGED);
        let magic = BTreeMap::from([
            ("inventory_hostname", Value::from(host)),
            ("inventory_hostname_short", Value::from(short)),
            ("group_names", Value::from(Serde(&names))),
            ("groups", self.groups.clone()),
            ("hostvars", Value::from_object(HostVars(Arc::downgrade(self)))),
            ("rappel_managed", managed.clone()),
            ("ansible_managed", managed),
        ]);
        Some(Arc::new(Scope {
            host: host.to_owned(),
            vars,
            magic,
            engine: Arc::clone(&self.engine),
            state: Mutex::default(),
        }))
    }

    /// The scope of a host without any play's vars, kept for the next time.
    fn plain_scope(self: &Arc<Self>, host: &str) -> Option<Arc<Scope>> {
        let known = lock(&self.scopes).get(host).cloned();
        known.or_else(|| {
            let scope = self.scope(host, &Vars::new())?;
            lock(&self.scopes).insert(host.to_owned(), Arc::clone(&scope));
            Some(scope)
        })
    }
}

/// `hostvars`: the fleet owns the scopes that own this, hence the weak reference.
#[derive(Debug)]
struct HostVars(Weak<Fleet>);

impl Object for HostVars {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let scope = self.0.upgrade()?.plain_scope(key.as_str()?)?;
        Some(Value::from_dyn_object(scope))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.0.upgrade().map_or_else(Vec::new, |fleet| {
            let hosts = fleet.inventory.hosts.iter();
            hosts.map(|host| Value::from(host.name.as_str())).collect()
        });
        Enumerator::Values(names)
    }
}

/// The vars of one host.
pub(crate) struct Scope {
    /// `inventory_hostname`.
    pub(crate) host: String,
    /// As written, strongest layer only.
    pub(crate) vars: Vars,
    magic: BTreeMap<&'static str, Value>,
    engine: Arc<Engine>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    slots: BTreeMap<String, Slot>,
    /// Names being evaluated right now, outermost first.
    chain: Vec<String>,
    /// Why a var is not defined although somebody wrote it.
    broken: BTreeMap<String, Diagnostic>,
}

#[derive(Clone)]
enum Slot {
    Known(Value),
    /// It refers to something undefined, and so is undefined itself.
    Undefined,
}

impl std::fmt::Debug for Scope {
    /// Without values: they may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Scope {
    /// The scope as a template's context.
    pub(crate) fn context(self: &Arc<Self>) -> Value {
        Value::from_dyn_object(Arc::clone(self))
    }

    /// The scope with a loop's `item` on top.
    pub(crate) fn with_item(self: &Arc<Self>, item: Value) -> Value {
        minijinja::context! { item => item, ..self.context() }
    }

    /// Why a var that somebody wrote has no value.
    pub(crate) fn broken(&self, name: &str) -> Option<Diagnostic> {
        lock(&self.state).broken.get(name).cloned()
    }

    /// Every name that a template may use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.vars.keys().map(String::as_str);
        own.chain(self.magic.keys().copied())
    }

    /// All hosts of the inventory.
    pub(super) fn hosts(&self) -> Vec<String> {
        let hostvars = self.magic.get("hostvars").map(Value::try_iter);
        let names = hostvars.into_iter().flatten().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// A var's value, evaluated; nothing if it is not there.
    ///
    /// # Errors
    /// Why it cannot be evaluated.
    pub(crate) fn get(self: &Arc<Self>, name: &str) -> Result<Option<Value>, Box<Diagnostic>> {
        if let Some(value) = self.magic.get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(node) = self.vars.get(name) else {
            return Ok(None);
        };
        match lock(&self.state).slots.get(name) {
            Some(Slot::Known(value)) => return Ok(Some(value.clone())),
            Some(Slot::Undefined) => return Ok(None),
            None => {}
        }
        self.enter(name, node)?;
        let outcome = self.evaluate(node);
        let mut state = lock(&self.state);
        state.chain.pop();
        match outcome {
            Ok(value) => {
                state.slots.insert(name.to_owned(), Slot::Known(value.clone()));
                Ok(Some(value))
            }
            Err((ErrorKind::UndefinedError, why)) => {
                state.broken.insert(name.to_owned(), *why);
                state.slots.insert(name.to_owned(), Slot::Undefined);
                Ok(None)
            }
            Err((_, why)) => Err(why),
        }
    }

    fn enter(&self, name: &str, node: &Node) -> Result<(), Box<Diagnostic>> {
        let mut state = lock(&self.state);
        let looped = state.chain.iter().any(|outer| outer == name);
        if !looped && state.chain.len() < MAX_CHAIN {
            state.chain.push(name.to_owned());
            return Ok(());
        }
        let way = format!("{} > {name}", state.chain.join(" > "));
        let message = if looped {
            format!("the var `{name}` refers to itself: {way}")
        } else {
            format!("the var `{name}` is {MAX_CHAIN} references away from its first use")
        };
        Err(Diagnostic::error(message)
            .at(node.place.clone())
            .remedy("give one of them a value of its own")
            .into())
    }

    /// A node with everything in it evaluated.
    pub(crate) fn evaluate(
        self: &Arc<Self>,
        node: &Node,
    ) -> Result<Value, (ErrorKind, Box<Diagnostic>)> {
        match &node.content {
            Content::Scalar { text, .. } if is_template(text) => {
                let result = self.engine.value(text, &self.context());
                result.map_err(|error| {
                    let explainer = Explainer::new(&self.engine.library, Some(self));
                    let kind = explainer.root_kind(&error);
                    (kind, Box::new(explainer.in_node(&error, node, text)))
                })
            }
            Content::Scalar { .. } => Ok(Value::from(Serde(node.json()))),
            Content::List(items) => items
                .iter()
                .map(|item| self.evaluate(item))
                .collect::<Result<Vec<Value>, _>>()
                .map(Value::from),
            Content::Map(entries) => {
                let pairs = entries
                    .iter()
                    .map(|entry| Ok((entry.key.clone(), self.evaluate(&entry.value)?)))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Value::from_pairs(pairs))
            }
        }
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.get(key.as_str()?) {
            Ok(value) => value,
            Err(why) => Some(Value::from(Carried::error(*why))),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().map(Value::from).collect())
    }
}

/// A panic elsewhere leaves nothing half-done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
