//! Hosts that are done go back to the generation before, because the rollout failed on
//! others. Each is a rollback like any other, and read once more when it is confirmed.

use std::time::Instant;

use super::context::Context;
use super::fleet::{Planned, Read, at_most, rollback_one};
use super::host::Job;
use crate::plan::HostPlan;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

const REASON: &str = "the rollout failed on other hosts";

/// Returns these hosts, each from the generation that the run has made. Outcomes come in
/// the order of the hosts.
pub async fn give_back(context: &Context, hosts: Vec<(Planned, u32)>) -> Vec<Outcome> {
    let work = hosts.into_iter().map(|(planned, generation)| {
        // A run of its own for the host: nothing it says of this one must pass for an
        // answer about the first.
        let context = Context { run: format!("{:016x}", rand::random::<u64>()), ..context.clone() };
        async move {
            let started = Instant::now();
            let outcome = one(&context, &planned, generation).await;
            let seconds = started.elapsed().as_secs_f64();
            let host = planned.host.name.clone();
            context.tell(Event::HostFinished { host, outcome: outcome.clone(), seconds });
            outcome
        }
    });
    at_most(context.forks, work).await
}

async fn one(context: &Context, planned: &Planned, generation: u32) -> Outcome {
    if context.interrupted() {
        return Outcome::Confirmed { generation };
    }
    let to = generation.saturating_sub(1);
    let host = planned.host.name.clone();
    let message = format!("going back to generation {to} (run {}): {REASON}", context.run);
    context.tell(Event::Note { host: host.clone(), message });
    let mut read = Read::default();
    let plan = rollback_one(context, &planned.host, Some(to), &mut read).await;
    let plan = match plan {
        Ok(plan) => plan,
        Err(outcome) => return still_there(&outcome, generation),
    };
    if plan.is_empty() {
        return Outcome::RolledBack { reason: REASON.to_owned() };
    }
    context.tell(Event::ChangeStarted { host });
    let Planned { host, settings, .. } = planned;
    let Read { addresses, kept, .. } = &read;
    let outcome = Job { context, host, settings, plan: &plan, addresses, kept }.run().await;
    match outcome {
        Outcome::Confirmed { .. } => read_back(context, planned, to, generation).await,
        other => still_there(&other, generation),
    }
}

/// The same rollback once more has to find nothing to do.
async fn read_back(context: &Context, planned: &Planned, to: u32, generation: u32) -> Outcome {
    match rollback_one(context, &planned.host, Some(to), &mut Read::default()).await {
        Ok(plan) if plan.is_empty() => {
            Outcome::RolledBack { reason: format!("{REASON}; it is as generation {to} was") }
        }
        Ok(plan) => Outcome::RevertIncomplete { reason: REASON.to_owned(), residue: rest(&plan) },
        Err(outcome) => Outcome::Unknown {
            reason: format!(
                "it went back from generation {generation}, but could not be read after that: {}",
                outcome.reason().unwrap_or_default()
            ),
        },
    }
}

fn rest(plan: &HostPlan) -> Vec<String> {
    let files = plan.files.iter().map(|change| format!("file {}", change.path));
    files.chain(plan.live.iter().map(|_| "live state".to_owned())).collect()
}

/// The host has the change that it was to give back.
fn still_there(outcome: &Outcome, generation: u32) -> Outcome {
    let why = outcome.reason().unwrap_or_default();
    if let Outcome::Unknown { reason } = outcome {
        return Outcome::Unknown { reason: format!("on the way back: {reason}") };
    }
    Outcome::RevertIncomplete {
        reason: format!("{REASON}, and it could not go back: {why}"),
        residue: vec![format!("generation {generation}, the change of this run, is in force")],
    }
}
