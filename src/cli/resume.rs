//! `rappel apply --resume`: what a broken-off run has left to do, by the journal.

use std::collections::BTreeMap;

use super::args::Apply;
use super::driver::Driver;
use super::failure::Failure;
use super::project::{Rendered, some};
use super::{history, keep};
use crate::desired::Desired;
use crate::diagnostic::Diagnostic;
use crate::run::journal::{Filter, HostRecord, Journal, RunRecord};
use crate::run::{Look, Planned, look_all};

/// What is left of a run.
#[derive(Debug)]
pub struct Rest {
    /// The run in which it began.
    pub first: String,
    /// Hosts that may have been left half-way, by runs of which no end is known there.
    looks: BTreeMap<String, (Vec<String>, Option<String>)>,
}

/// Leaves of the rendered hosts only those that the run has left to do.
pub fn rest(args: &Apply, named: &str, rendered: &mut Rendered) -> Result<Rest, Failure> {
    let journal = keep::open(&args.plan.reach)?;
    let first = first(journal.as_ref(), named, &rendered.playbook)?;
    let left = left(journal.as_ref(), &first)?;
    let limited = {
        let inventory = &args.plan.render.inventory;
        inventory.limit.is_some() || inventory.exclude.is_some()
    };
    let known: Vec<&str> = rendered.hosts.iter().map(|d| d.host.name.as_str()).collect();
    let missing: Vec<&str> =
        left.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if !limited && !missing.is_empty() {
        return Err(refused(
            format!("hosts of run {first} are in no play now: {}", some(&missing)),
            "put them back, or leave them out with --exclude",
        ));
    }
    rendered.hosts.retain(|desired| left.contains_key(&desired.host.name));
    let changed: Vec<&str> = rendered
        .hosts
        .iter()
        .filter(|desired| left.get(&desired.host.name).is_some_and(|l| l.differs(desired)))
        .map(|desired| desired.host.name.as_str())
        .collect();
    if !args.accept_changes && !changed.is_empty() {
        return Err(refused(
            format!("what is rendered has changed since run {first}: {}", some(&changed)),
            "the hosts that are done have the old files; go on with --accept-changes, or apply anew",
        ));
    }
    let looks = left.into_iter().filter(|(_, left)| !left.looks.is_empty());
    let looks = looks.map(|(host, left)| (host, (left.looks, left.record.machine_id))).collect();
    Ok(Rest { first, looks })
}

impl Rest {
    /// Asks the hosts that may have been left half-way; those for which that is an answer
    /// are taken out of what is to be planned.
    pub fn look(
        &self,
        driver: &mut Driver,
        hosts: &mut Vec<Desired>,
    ) -> Result<Vec<Planned>, Failure> {
        let asked = |desired: &Desired| {
            let (runs, machine_id) = self.looks.get(&desired.host.name)?.clone();
            let (host, settings) = (desired.host.clone(), desired.settings.clone());
            Some(Look { host, runs, machine_id, settings })
        };
        let looks: Vec<Look> = hosts.iter().filter_map(asked).collect();
        let context = driver.context().clone();
        let all = looks.clone();
        let seen = driver.run(async move { look_all(&context, all).await })?;
        let mut ended = Vec::new();
        for (look, outcome) in looks.into_iter().zip(seen) {
            if let Some(outcome) = outcome {
                hosts.retain(|desired| desired.host.name != look.host.name);
                let Look { host, settings, .. } = look;
                ended.push(Planned::ended(host, settings, outcome));
            }
        }
        Ok(ended)
    }

    /// How much there is to do, for people.
    pub fn words(&self, hosts: usize) -> String {
        let looks = match self.looks.len() {
            0 => String::new(),
            looks => format!(", {looks} of them to be asked how they are first"),
        };
        format!("Taking up run {}: {hosts} host(s) are left{looks}.\n", self.first)
    }
}

/// A host that is left, and what the journal knows of it.
struct Left {
    record: HostRecord,
    looks: Vec<String>,
}

impl Left {
    /// After one more run. A host of which no end is known stays so until it has told one:
    /// that it could not be reached, or was refused, later on says nothing of that.
    fn after(before: Option<Self>, run: &str, mut record: HostRecord) -> Self {
        let mut looks = Vec::new();
        if let Some(before) = before {
            record.machine_id = record.machine_id.or(before.record.machine_id);
            looks = before.looks;
        }
        match record.outcome.as_deref() {
            Some("rolled_back" | "revert_incomplete" | "rescued" | "confirmed" | "unchanged") => {
                looks.clear()
            }
            None | Some("unknown") => looks.push(run.to_owned()),
            Some(_) => {}
        }
        Self { record, looks }
    }

    fn differs(&self, desired: &Desired) -> bool {
        self.record.digest.as_ref().is_some_and(|digest| *digest != desired.digest())
    }
}

/// The run in which it all began: the one that is named, or the last of this playbook.
fn first(journal: &dyn Journal, named: &str, playbook: &str) -> Result<String, Failure> {
    let run =
        if named.is_empty() { last(journal, playbook)? } else { history::find(journal, named)? };
    if run.command != "apply" {
        return Err(refused(
            format!("run {} is a {}, and only an apply can be taken up", run.run, run.command),
            "`rappel history --runs` lists them",
        ));
    }
    Ok(run.resumes.unwrap_or(run.run))
}

fn last(journal: &dyn Journal, playbook: &str) -> Result<RunRecord, Failure> {
    let filter = Filter {
        command: Some("apply".to_owned()),
        playbook: Some(playbook.to_owned()),
        ..Filter::default()
    };
    let runs = journal.runs(&filter).map_err(|error| keep::failure(&error))?;
    // One that was read and then said no to has begun nothing.
    runs.into_iter().find(|run| run.changing).ok_or_else(|| {
        refused(
            format!("the journal has no apply of {playbook} that changed hosts"),
            "`rappel history --runs` lists all runs",
        )
    })
}

/// Of each host of the first run what is known last, if the change is not in force there.
fn left(journal: &dyn Journal, first: &str) -> Result<BTreeMap<String, Left>, Failure> {
    let failed = |error| keep::failure(&error);
    let filter = Filter { chain: Some(first.to_owned()), ..Filter::default() };
    let mut chain = journal.runs(&filter).map_err(failed)?;
    chain.retain(|run| run.changing || run.run == first);
    chain.sort_by_key(|run| (run.run != first, run.started));
    let mut known: BTreeMap<String, Left> = BTreeMap::new();
    for run in chain {
        for record in journal.hosts(&run.run).map_err(failed)? {
            let before = known.remove(&record.host);
            known.insert(record.host.clone(), Left::after(before, &run.run, record));
        }
    }
    known.retain(|_, left| {
        !matches!(left.record.outcome.as_deref(), Some("confirmed" | "unchanged"))
    });
    Ok(known)
}

fn refused(message: String, remedy: &str) -> Failure {
    Failure::refused(vec![Diagnostic::error(message).remedy(remedy)])
}
