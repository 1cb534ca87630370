//! A change over a fleet, batch after batch, until it is through or the budget is spent.

use std::collections::HashMap;

use tokio::task::JoinSet;

use super::context::Context;
use super::fleet::{Planned, apply_one};
use super::give_back::give_back;
use super::journal::Claim;
use super::stop::Stop;
use crate::desired::Pause;
use crate::plan::HostPlan;
use crate::rollout::event::Event;
use crate::rollout::order::arrange;
use crate::rollout::outcome::Outcome;
use crate::rollout::pace::Slot;
use crate::rollout::schedule::{Halt, Next, Schedule};
use crate::rollout::terms::Terms;

/// How the rollout went for each host, in the order of the plans.
pub type Results = Vec<(String, Outcome)>;

/// Carries plans out on the terms of their plays. Hosts that have nothing to do, or could
/// not be planned, need no turn and are no canaries; those that could not be planned count
/// as failures before the first turn. A host whose turn never came is as it was.
pub async fn apply_in_batches(context: &Context, planned: Vec<Planned>, terms: &Terms) -> Results {
    let mut rollout = Rollout::new(context, planned, terms);
    rollout.announce().await;
    rollout.run().await;
    rollout.skip_the_others();
    rollout.wait_for_all().await;
    if terms.revert_on_failure && matches!(rollout.schedule.halt(), Some(Halt::Spent { .. })) {
        rollout.give_back().await;
    }
    rollout.results()
}

/// The batches of a rollout, as places in the list of plans.
pub fn batches(context: &Context, planned: &[Planned], terms: &Terms) -> Vec<Vec<usize>> {
    let changing: Vec<(usize, &Planned)> = planned
        .iter()
        .enumerate()
        .filter(|(_, p)| p.plan.as_ref().is_ok_and(|plan| !plan.is_empty()))
        .collect();
    // The run's id is as good a chance as any, and the run can be told again by it.
    let seed = u64::from_str_radix(&context.run, 16).unwrap_or_default();
    let ordered = arrange(changing, terms.order, seed, |(_, planned)| &planned.host.name);
    let slot = |(at, p): (usize, &Planned)| Slot { at, apart: terms.apart(&p.host) };
    terms.pace.batches(ordered.into_iter().map(slot).collect())
}

struct Rollout<'a> {
    context: &'a Context,
    planned: Vec<Planned>,
    terms: &'a Terms,
    batches: Vec<Vec<usize>>,
    schedule: Schedule,
    outcomes: Vec<Option<Outcome>>,
    /// The batches of the whole rollout, by name, where this is one part of it.
    whole: Vec<Vec<String>>,
    /// Why it stopped, if for another reason than failures or the user.
    why: Option<String>,
}

impl<'a> Rollout<'a> {
    fn new(context: &'a Context, planned: Vec<Planned>, terms: &'a Terms) -> Self {
        let batches = batches(context, &planned, terms);
        let schedule = Schedule::new(batches.clone(), context.forks, terms.pace.failure_budget);
        let outcomes = vec![None; planned.len()];
        let (whole, why) = (Vec::new(), None);
        Self { context, planned, terms, batches, schedule, outcomes, whole, why }
    }

    async fn announce(&mut self) {
        if self.context.parts.is_none() {
            self.tell_batches();
        }
        for at in 0..self.planned.len() {
            let known = match &self.planned[at].plan {
                Err(outcome) => outcome.clone(),
                Ok(plan) if plan.is_empty() => Outcome::Unchanged,
                Ok(_) => continue,
            };
            self.schedule.count(&known);
            let seconds = self.planned[at].seconds;
            self.finished(at, known, seconds);
        }
        if let Some(parts) = &self.context.parts {
            let changing = self.names(&self.batches.concat());
            match parts.gather(self.context, self.terms, changing).await {
                Ok(whole) => {
                    self.batches = self.places(&whole);
                    self.schedule.replan(self.batches.clone());
                    self.whole = whole;
                    self.tell_batches();
                }
                Err(stopped) => self.halted(stopped),
            }
        }
    }

    fn tell_batches(&self) {
        let batches = self.batches.iter().map(|batch| self.names(batch)).collect();
        let (run, budget) = (self.context.run.clone(), self.terms.pace.failure_budget);
        self.context.tell(Event::RolloutStarted { run, batches, budget });
    }

    /// Those of each batch's hosts that are in this part.
    fn places(&self, whole: &[Vec<String>]) -> Vec<Vec<usize>> {
        let named = self.planned.iter().enumerate().map(|(at, p)| (p.host.name.as_str(), at));
        let places: HashMap<&str, usize> = named.collect();
        let own = |name: &String| places.get(name.as_str()).copied();
        whole.iter().map(|names| names.iter().filter_map(own).collect()).collect()
    }

    /// The rollout as a whole stops, and why.
    fn halted(&mut self, claim: Claim) {
        match claim {
            Claim::Yes => {}
            Claim::Spent(failed) => self.schedule.count_together(failed),
            Claim::Stopped(why) => {
                self.why = Some(why);
                self.schedule.stop();
            }
        }
    }

    /// Whether a host's turn may come; in a rollout in parts they all have a say.
    async fn may_begin(&mut self, at: usize) -> bool {
        let Some(parts) = &self.context.parts else { return true };
        let host = self.planned[at].host.name.clone();
        let claim = parts.claim(self.context, host, self.terms.pace.failure_budget).await;
        let may = claim == Claim::Yes;
        self.halted(claim);
        may
    }

    /// Waits until the hosts of a batch, by its number, are through in all parts; 0 is none.
    /// Those before it were waited for when it came up.
    async fn through(&self, number: usize) -> Result<(), Claim> {
        let Some(parts) = &self.context.parts else { return Ok(()) };
        let batch = number.checked_sub(1).and_then(|at| self.whole.get(at));
        let hosts = batch.into_iter().flatten().map(String::as_str).collect();
        parts.through(self.context, self.terms.pace.failure_budget, &hosts).await
    }

    /// Hosts that are done go back when the rollout stops, also if that is in another part
    /// and later.
    async fn wait_for_all(&mut self) {
        if self.terms.revert_on_failure
            && self.schedule.halt().is_none()
            && let Err(stopped) = self.through(self.whole.len()).await
        {
            self.halted(stopped);
        }
    }

    async fn run(&mut self) {
        let mut working: JoinSet<(usize, Outcome)> = JoinSet::new();
        loop {
            if self.context.interrupted() {
                self.schedule.stop();
            }
            match self.schedule.turn() {
                Next::Batch { number, hosts } => {
                    if let Err(stopped) = self.through(number - 1).await {
                        self.halted(stopped);
                        continue;
                    }
                    if number > 1 && !self.goes_on(number, hosts.len()).await {
                        self.schedule.stop();
                        continue;
                    }
                    let hosts = self.names(&hosts);
                    let of = self.batches.len();
                    self.context.tell(Event::BatchStarted { batch: number, of, hosts });
                }
                Next::Begin(at) if !self.may_begin(at).await => self.schedule.give_back(at),
                Next::Begin(at) => {
                    let (context, planned) = (self.context.clone(), self.planned[at].clone());
                    working.spawn(async move { (at, apply_one(&context, planned).await.1) });
                }
                Next::Wait => match working.join_next().await {
                    Some(Ok((at, outcome))) => {
                        self.schedule.ended(&outcome);
                        self.outcomes[at] = Some(outcome);
                    }
                    // A bug in one host's turn must not pass for a host without an outcome.
                    Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
                    None => return,
                },
                Next::Over => return,
            }
        }
    }

    /// What happens between two batches; whether the next one may come.
    async fn goes_on(&self, number: usize, hosts: usize) -> bool {
        match self.terms.pause {
            None => true,
            Some(Pause::For(duration)) => {
                self.context.tell(Event::Paused { seconds: Some(duration.as_secs()) });
                tokio::select! {
                    () = self.context.stopped(Stop::Finish) => false,
                    () = tokio::time::sleep(duration) => true,
                }
            }
            Some(Pause::Prompt) => {
                self.context.tell(Event::Paused { seconds: None });
                let of = self.batches.len();
                let question = format!("Go on with batch {number} of {of}, {hosts} host(s)?");
                tokio::select! {
                    () = self.context.stopped(Stop::Finish) => false,
                    answer = self.context.ask(question) => answer,
                }
            }
        }
    }

    fn skip_the_others(&mut self) {
        let reason = match self.schedule.halt() {
            Some(Halt::Spent { failed, budget }) => {
                let hosts =
                    if failed == 1 { "1 host".to_owned() } else { format!("{failed} hosts") };
                format!("{hosts} failed, and the failure budget is {budget}")
            }
            _ if self.context.interrupted() => "interrupted".to_owned(),
            _ if self.why.is_some() => self.why.clone().unwrap_or_default(),
            _ => "somebody said no to the next batch".to_owned(),
        };
        for at in self.schedule.left() {
            self.finished(at, Outcome::Skipped { reason: reason.clone() }, 0.0);
        }
    }

    async fn give_back(&mut self) {
        // Batch by batch again: what must not change together must not go back together.
        for batch in self.batches.clone() {
            let (places, hosts): (Vec<usize>, Vec<_>) =
                batch.into_iter().filter_map(|at| self.done(at)).unzip();
            let outcomes = give_back(self.context, hosts).await;
            for (at, outcome) in places.into_iter().zip(outcomes) {
                self.outcomes[at] = Some(outcome);
            }
        }
    }

    /// A host that has the change, with the generation that it became.
    fn done(&self, at: usize) -> Option<(usize, (Planned, u32))> {
        let generation = self.outcomes[at].as_ref()?.generation()?;
        Some((at, (self.planned[at].clone(), generation)))
    }

    fn finished(&mut self, at: usize, outcome: Outcome, seconds: f64) {
        let host = self.planned[at].host.name.clone();
        self.context.tell(Event::HostFinished { host, outcome: outcome.clone(), seconds });
        self.outcomes[at] = Some(outcome);
    }

    fn names(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|at| self.planned[*at].host.name.clone()).collect()
    }

    fn results(self) -> Results {
        let ended = |outcome: Option<Outcome>| {
            outcome.unwrap_or(Outcome::Skipped { reason: "its turn never came".to_owned() })
        };
        let names = self.planned.into_iter().map(|planned| planned.host.name);
        names.zip(self.outcomes.into_iter().map(ended)).collect()
    }
}

/// How many of these plans change something.
pub fn changing(planned: &[Planned]) -> usize {
    let changes = |plan: &HostPlan| !plan.is_empty();
    planned.iter().filter(|p| p.plan.as_ref().is_ok_and(changes)).count()
}
