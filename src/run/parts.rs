//! A rollout in parts: who waits for whom, by the journal that they share.
//!
//! Batches are those of the whole rollout, and each part carries out its own hosts of them.
//! So a canary is one host of the fleet, not one of each part, and hosts that are to be kept
//! apart are so wherever they are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::context::Context;
use super::journal::{Claim, HostState, Snapshot};
use super::stop::Stop;
use crate::rollout::event::Event;
use crate::rollout::order::arrange;
use crate::rollout::pace::Slot;
use crate::rollout::shard::Shard;
use crate::rollout::terms::Terms;

/// Between two looks at how the others are.
const POLL: Duration = Duration::from_millis(500);

/// What a part knows of its rollout.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Which part it is.
    pub shard: Shard,
    /// How long it waits for parts that have not begun.
    pub patience: Duration,
    /// What each host of the rollout must not share with others of its batch.
    pub apart: BTreeMap<String, Vec<String>>,
}

impl Parts {
    /// Says which hosts of this part are to be changed and waits until all parts have said
    /// so. Gives the batches of the whole rollout.
    ///
    /// # Errors
    /// Why nothing is to begin.
    pub(super) async fn gather(
        &self,
        context: &Context,
        terms: &Terms,
        changing: Vec<String>,
    ) -> Result<Vec<Vec<String>>, Claim> {
        let run = context.run.clone();
        ask(context, move |journal| journal.ready(&run, &changing)).await?;
        let budget = terms.pace.failure_budget;
        let started = Instant::now();
        let mut told = Vec::new();
        loop {
            let missing = self.stands(context, budget).await?.missing();
            if missing.is_empty() {
                break;
            }
            let names: Vec<String> =
                missing.iter().map(|part| format!("{part}/{}", self.shard.of)).collect();
            if started.elapsed() >= self.patience {
                let seconds = self.patience.as_secs();
                let names = names.join(", ");
                return Err(Claim::Stopped(format!("not ready within {seconds} s: part {names}")));
            }
            if told != names {
                context.tell(Event::PartsAwaited { parts: names.clone() });
                told = names;
            }
            self.pause(context).await?;
        }
        let run = context.run.clone();
        let turns = ask(context, move |journal| journal.turns(&run)).await?;
        Ok(self.batches(context, terms, turns.into_iter().map(|(host, _)| host).collect()))
    }

    /// The batches of the whole rollout: the same in each part, which all have the same run.
    fn batches(&self, context: &Context, terms: &Terms, hosts: Vec<String>) -> Vec<Vec<String>> {
        let seed = u64::from_str_radix(&context.run, 16).unwrap_or_default();
        let hosts = arrange(hosts, terms.order, seed, |host| host);
        let slot = |(at, host): (usize, &String)| Slot {
            at,
            apart: self.apart.get(host).cloned().unwrap_or_default(),
        };
        let batches = terms.pace.batches(hosts.iter().enumerate().map(slot).collect());
        let names = |batch: Vec<usize>| batch.into_iter().map(|at| hosts[at].clone()).collect();
        batches.into_iter().map(names).collect()
    }

    /// Waits until all these hosts, of whichever part, are through.
    ///
    /// # Errors
    /// Why nothing more is to begin.
    pub(super) async fn through(
        &self,
        context: &Context,
        budget: usize,
        hosts: &BTreeSet<&str>,
    ) -> Result<(), Claim> {
        while !hosts.is_empty() {
            self.stands(context, budget).await?;
            let run = context.run.clone();
            let turns = ask(context, move |journal| journal.turns(&run)).await?;
            let open = |(host, state): &(String, HostState)| {
                *state != HostState::Finished && hosts.contains(host.as_str())
            };
            if !turns.iter().any(open) {
                break;
            }
            self.pause(context).await?;
        }
        Ok(())
    }

    /// Takes the turn of a host of this part. A journal that cannot be reached gives none.
    pub(super) async fn claim(&self, context: &Context, host: String, budget: usize) -> Claim {
        let run = context.run.clone();
        let claim =
            move |journal: &mut dyn super::journal::Journal| journal.claim(&run, &host, budget);
        ask(context, claim).await.unwrap_or_else(|stopped| stopped)
    }

    async fn stands(&self, context: &Context, budget: usize) -> Result<Snapshot, Claim> {
        let run = context.run.clone();
        let snapshot = ask(context, move |journal| journal.snapshot(&run)).await?;
        match snapshot.stands(self.shard.number, budget) {
            Claim::Yes => Ok(snapshot),
            stopped => Err(stopped),
        }
    }

    async fn pause(&self, context: &Context) -> Result<(), Claim> {
        tokio::select! {
            () = context.stopped(Stop::Finish) => Err(Claim::Stopped("interrupted".to_owned())),
            () = sleep(POLL) => Ok(()),
        }
    }
}

/// An answer of the journal; an interruption does not wait for it.
async fn ask<T: Send + 'static>(
    context: &Context,
    question: impl FnMut(&mut dyn super::journal::Journal) -> Result<T, super::journal::JournalError>
    + Send
    + 'static,
) -> Result<T, Claim> {
    let lost = || Claim::Stopped("the journal cannot be reached".to_owned());
    let Some(journal) = &context.journal else { return Err(lost()) };
    tokio::select! {
        biased;
        () = context.stopped(Stop::Finish) => Err(Claim::Stopped("interrupted".to_owned())),
        answer = journal.ask(question) => answer.ok_or_else(lost),
    }
}
