//! A change over a fleet, batch after batch, until it is through or the budget is spent.

use super::context::Context;
use super::fleet::{Planned, apply_all};
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::rollout::pace::Pace;

/// Carries plans out at a pace. Hosts with nothing to do come first and are no canaries.
/// A host whose turn never came is as it was, and says so.
pub async fn apply_in_batches(
    context: &Context,
    planned: Vec<Planned>,
    pace: Pace,
) -> Vec<(String, Outcome)> {
    let (idle, mut waiting): (Vec<Planned>, Vec<Planned>) = planned
        .into_iter()
        .partition(|p| p.plan.as_ref().is_ok_and(crate::plan::HostPlan::is_empty));
    let mut results = apply_all(context, idle).await;
    for batch in pace.batches(waiting.len()) {
        let rest = waiting.split_off(batch.len());
        let now = std::mem::replace(&mut waiting, rest);
        if pace.is_spent(results.iter().map(|(_, outcome)| outcome)) || context.interrupted() {
            results.extend(now.into_iter().map(|planned| skip(context, planned)));
        } else {
            results.extend(apply_all(context, now).await);
        }
    }
    results
}

fn skip(context: &Context, planned: Planned) -> (String, Outcome) {
    let outcome = match planned.plan {
        Err(outcome) => outcome,
        Ok(_) if context.interrupted() => Outcome::Skipped { reason: "interrupted".to_owned() },
        Ok(_) => Outcome::Skipped {
            reason: "the rollout stopped after failures on other hosts".to_owned(),
        },
    };
    let host = planned.host.name;
    context.tell(Event::HostFinished {
        host: host.clone(),
        outcome: outcome.clone(),
        seconds: 0.0,
    });
    (host, outcome)
}
