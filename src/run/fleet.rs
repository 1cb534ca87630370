//! Many hosts at once, no more than `forks` at a time.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::context::Context;
use super::host::Job;
use super::kept::Kept;
use super::link::Trouble;
use super::observe::observe;
use super::provided::provided;
use super::rehearse::rehearse;
use super::status::{self, Status};
use super::stop::Stop;
use super::way::Found;
use crate::desired::{Desired, Host, Settings};
use crate::network::live::Live;
use crate::observed::Observation;
use crate::plan::{
    HostPlan, Refusal, Saved, States, consider_peer, hide_secrets, peer_risks, plan, plan_rollback,
    subject, undone,
};
use crate::remote::request::Observe;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

/// A host that was read and planned.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The host.
    pub host: Host,
    /// Its play's settings.
    pub settings: Settings,
    /// What to do, or how its turn ended without a plan.
    pub plan: Result<HostPlan, Outcome>,
    /// Its addresses when it was read.
    pub addresses: Vec<IpAddr>,
    /// The plan as it can be kept in a file, if that was asked for.
    pub saved: Option<Box<Saved>>,
    /// The live state, if that was asked for.
    pub live: Option<Box<Live>>,
    /// The connection by which it was read, if a change may follow at once.
    pub kept: Kept<Found>,
    /// How long reading and planning took.
    pub seconds: f64,
}

/// Reads and plans hosts; results come in the order of the hosts.
pub async fn plan_all(context: &Context, wanted: Vec<Desired>) -> Vec<Planned> {
    let work = wanted.into_iter().map(|desired| {
        let context = context.clone();
        async move {
            let started = Instant::now();
            let mut read = Read::default();
            let mut plan = unless_stopped(&context, plan_one(&context, &desired, &mut read)).await;
            if let Ok(plan) = &mut plan {
                plan.beside(&provided(&context, &desired.host).await);
            }
            told(&context, Planned::of(desired.host, desired.settings, plan, read, started))
        }
    });
    at_most(context.forks, work).await
}

/// Plans the return of hosts to a generation.
pub async fn plan_rollbacks(context: &Context, hosts: Vec<Host>, to: Option<u32>) -> Vec<Planned> {
    let work = hosts.into_iter().map(|host| {
        let context = context.clone();
        async move {
            let started = Instant::now();
            let mut read = Read::default();
            let plan = unless_stopped(&context, rollback_one(&context, &host, to, &mut read)).await;
            told(&context, Planned::of(host, Settings::default(), plan, read, started))
        }
    });
    at_most(context.forks, work).await
}

/// Reads hosts again and takes up the plans that were made for them earlier, where these
/// still hold.
pub async fn resume_all(context: &Context, kept: Vec<(Host, Saved)>) -> Vec<Planned> {
    let work = kept.into_iter().map(|(host, saved)| {
        let context = context.clone();
        async move {
            let started = Instant::now();
            let mut read = Read { addresses: saved.addresses().to_vec(), ..Read::default() };
            let plan =
                unless_stopped(&context, resume_one(&context, &host, &saved, &mut read)).await;
            read.saved = Some(Box::new(saved.clone()));
            told(&context, Planned::of(host, saved.settings(), plan, read, started))
        }
    });
    at_most(context.forks, work).await
}

/// What was read of a host beside its plan.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Its addresses.
    pub(super) addresses: Vec<IpAddr>,
    saved: Option<Box<Saved>>,
    live: Option<Box<Live>>,
    pub(super) kept: Kept<Found>,
}

impl Read {
    fn keep(&mut self, context: &Context, plan: &HostPlan, found: Found) {
        if !plan.is_empty() {
            self.kept = Kept::keep(context.keeping.as_ref(), found);
        }
    }
}

impl Planned {
    /// A host whose turn is over without a plan.
    pub fn ended(host: Host, settings: Settings, outcome: Outcome) -> Self {
        Self::of(host, settings, Err(outcome), Read::default(), Instant::now())
    }

    fn of(
        host: Host,
        settings: Settings,
        plan: Result<HostPlan, Outcome>,
        read: Read,
        started: Instant,
    ) -> Self {
        let Read { addresses, saved, live, kept } = read;
        let seconds = started.elapsed().as_secs_f64();
        Self { host, settings, plan, addresses, saved, live, kept, seconds }
    }
}

/// Reads what rappel knows on hosts.
pub async fn status_all(
    context: &Context,
    hosts: Vec<Host>,
) -> Vec<(String, Result<Status, Outcome>)> {
    let work = hosts.into_iter().map(|host| {
        let context = context.clone();
        async move {
            let read = async {
                let found = Found::open(&context, &host).await?;
                status::read(&found.link).await.map_err(Trouble::outcome)
            };
            let result = tokio::select! {
                biased;
                () = context.stopped(Stop::Finish) => Err(interrupted()),
                done = read => done,
            };
            (host.name, result)
        }
    });
    at_most(context.forks, work).await
}

/// Reading a host can be stopped at any point: it changes nothing.
async fn unless_stopped(
    context: &Context,
    work: impl Future<Output = Result<HostPlan, Outcome>>,
) -> Result<HostPlan, Outcome> {
    tokio::select! {
        biased;
        () = context.stopped(Stop::Finish) => Err(interrupted()),
        done = work => done,
    }
}

pub(super) fn interrupted() -> Outcome {
    Outcome::Failed {
        reason: "interrupted before this host's turn; it is as it was".to_owned(),
        remedy: None,
    }
}

fn told(context: &Context, planned: Planned) -> Planned {
    let host = planned.host.name.clone();
    context.tell(match &planned.plan {
        Ok(plan) => Event::HostPlanned { host, plan: Box::new(plan.clone()) },
        Err(outcome) => Event::HostUnplanned { host, outcome: outcome.clone() },
    });
    planned
}

async fn plan_one(
    context: &Context,
    desired: &Desired,
    read: &mut Read,
) -> Result<HostPlan, Outcome> {
    context.tell(Event::HostStarted { host: desired.host.name.clone() });
    let wanted = subject(desired).map_err(|r| refused(&r))?;
    let found = Found::open(context, &desired.host).await?;
    let observed = observe(&found.link, &wanted).await.map_err(Trouble::outcome)?;
    read.addresses.clone_from(&observed.addresses);
    let plan = plan(desired, &observed).map_err(|r| refused(&r))?;
    let mut plan = considered(&found, plan, &observed)?;
    if context.rehearse {
        let live = &observed.live;
        rehearse(&found.link, &mut plan, live).await.map_err(Trouble::outcome)?;
    }
    hide_secrets(&mut plan, &desired.host);
    if context.keep_plans {
        read.saved = Some(Box::new(Saved::of(&plan, &desired.settings, &observed)));
    }
    if context.keep_live {
        read.live = Some(Box::new(observed.live));
    }
    // Two states of each of thousands of hosts would fill the memory.
    plan.states = States::default();
    read.keep(context, &plan, found);
    Ok(plan)
}

async fn resume_one(
    context: &Context,
    host: &Host,
    saved: &Saved,
    read: &mut Read,
) -> Result<HostPlan, Outcome> {
    context.tell(Event::HostStarted { host: host.name.clone() });
    let found = Found::open(context, host).await?;
    let observed = observe(&found.link, saved.subject()).await.map_err(Trouble::outcome)?;
    let changed = saved.stale(&observed);
    if changed.is_empty() {
        let plan = saved.plan();
        // Risks were named when it was made; what is refused may depend on the way in.
        considered(&found, plan.clone(), &observed)?;
        read.keep(context, &plan, found);
        return Ok(plan);
    }
    Err(Outcome::Refused {
        reason: format!("the plan is stale:\n{}", changed.join("\n")),
        remedy: Some("plan again and look at the difference".to_owned()),
    })
}

/// Plans the return of one host to a generation.
pub(super) async fn rollback_one(
    context: &Context,
    host: &Host,
    to: Option<u32>,
    read: &mut Read,
) -> Result<HostPlan, Outcome> {
    context.tell(Event::HostStarted { host: host.name.clone() });
    let here = Found::open(context, host).await?;
    let link = &here.link;
    let trouble = Trouble::outcome;
    let known = status::read(link).await.map_err(trouble)?;
    let undo = undone(known.generation, to).map_err(|r| refused(&r))?;
    // First what those generations had found, then the same files as they are now.
    let found = Observe { generations: undo.clone(), ..Observe::default() };
    let found = observe(link, &found).await.map_err(trouble)?;
    let wanted = crate::plan::rollback_subject(&undo, &found).map_err(|r| refused(&r))?;
    let observed = observe(link, &wanted).await.map_err(trouble)?;
    read.addresses.clone_from(&observed.addresses);
    let plan = plan_rollback(&host.name, &undo, &observed, wanted).map_err(|r| refused(&r))?;
    let mut plan = considered(&here, plan, &observed)?;
    hide_secrets(&mut plan, host);
    plan.states = States::default();
    read.keep(context, &plan, here);
    Ok(plan)
}

/// Carries one host's plan out. A host with nothing to do, or without a plan, keeps its
/// outcome.
pub(super) async fn apply_one(context: &Context, planned: Planned) -> (String, Outcome) {
    let started = Instant::now();
    let name = planned.host.name.clone();
    let outcome = match &planned.plan {
        Err(outcome) => outcome.clone(),
        Ok(plan) if plan.is_empty() && plan.has_drifted() => Outcome::Drifted,
        Ok(plan) if plan.is_empty() => Outcome::Unchanged,
        Ok(_) if context.interrupted() => interrupted(),
        Ok(plan) => {
            context.tell(Event::ChangeStarted { host: name.clone() });
            let Planned { host, settings, addresses, kept, .. } = &planned;
            Job { context, host, settings, plan, addresses, kept }.run().await
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    context.tell(Event::HostFinished { host: name.clone(), outcome: outcome.clone(), seconds });
    (name, outcome)
}

/// The plan, with where the host was reached taken into account.
fn considered(
    found: &Found,
    mut plan: HostPlan,
    observed: &Observation,
) -> Result<HostPlan, Outcome> {
    if !plan.is_empty() {
        let new_place = found.moves_to.as_ref().map(|way| way.place.to_string());
        let peer = found.link.peer().ip().to_canonical();
        peer_risks(&mut plan, peer, found.link.peer().port(), observed);
        consider_peer(&mut plan, peer, new_place.as_deref()).map_err(|r| refused(&r))?;
    }
    Ok(plan)
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused { reason: refusal.to_string(), remedy: refusal.remedy() }
}

/// Runs all of it, so many at a time, and gives the results in the order of the work.
pub async fn at_most<T, F>(forks: usize, work: impl Iterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(forks.max(1)));
    let mut tasks = JoinSet::new();
    for (index, item) in work.enumerate() {
        let permits = Arc::clone(&permits);
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            (index, item.await)
        });
    }
    let mut results = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(result) => results.push(result),
            // A bug in one host's turn must not pass for a host without an outcome.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
