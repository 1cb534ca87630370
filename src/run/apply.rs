//! The apply exec: sends the request, follows the host's events, says how far it came.

use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
use super::link::{Conversation, Link, Trouble};
use super::stop::Stop;
use crate::plan::HostPlan;
use crate::remote::request::Apply;
use crate::remote::scripts;
use crate::remote::wire::WireError;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::rollout::transaction::Input;
use crate::rollout::verdict::Check;

/// The longest silence before the watchdog is armed: a dead gateway's baseline takes 8 s,
/// the proof of a timer on a loaded host up to 10 s.
const PREPARE_SILENCE: Duration = Duration::from_secs(30);
/// While it follows the worker the host speaks every 2 s; after 7 s of silence the change
/// has taken the connection with it.
const FOLLOW_SILENCE: Duration = Duration::from_secs(7);

/// More to tell than any apply has: 20 steps, 200 lines of output, a few checks. What a
/// host says beyond that would only fill the screen.
const MAX_TOLD: usize = 1000;

/// How far an apply came, and the checks before it.
#[derive(Debug)]
pub struct Applied {
    /// What the transaction is told.
    pub input: Input,
    /// The host's checks before the change.
    pub baseline: Vec<Check>,
    /// Whether the watchdog was armed.
    pub armed: bool,
}

/// Sends the change and follows it to the end of activation.
pub async fn apply(context: &Context, link: &Link, plan: &HostPlan, request: &Apply) -> Applied {
    let mut applied = Applied { input: Input::Interrupted, baseline: Vec::new(), armed: false };
    let bytes = match request.encode() {
        Ok(bytes) => bytes,
        Err(error) => {
            applied.input = gave_up(Trouble::failed(&error.to_string()));
            return applied;
        }
    };
    let begun = async {
        let mut conversation = link.start(&scripts::receive(), &bytes).await?;
        conversation.eof().await?;
        Ok::<_, Trouble>(conversation)
    };
    let begun = timeout(PREPARE_SILENCE, begun).await;
    match begun.unwrap_or_else(|_| Err(Trouble::lost("the host takes no request".to_owned()))) {
        Ok(conversation) => follow(context, plan, conversation, &mut applied).await,
        // The request may have arrived: what the host says of it counts.
        Err(trouble) => {
            applied.input = if trouble.lost { Input::Interrupted } else { gave_up(trouble) }
        }
    }
    applied
}

async fn follow(
    context: &Context,
    plan: &HostPlan,
    mut conversation: Conversation,
    applied: &mut Applied,
) {
    let mut told = 0;
    loop {
        let patience = if applied.armed { FOLLOW_SILENCE } else { PREPARE_SILENCE };
        let next = tokio::select! {
            next = timeout(patience, conversation.next()) => next,
            // Dropping the connection stops the host as long as nothing was changed.
            () = context.stopped(Stop::Finish), if !applied.armed => return,
        };
        let record = match next {
            Ok(Ok(Some(record))) => record,
            Ok(Ok(None)) => {
                applied.input = ended(conversation, applied.armed).await;
                return;
            }
            Ok(Err(trouble)) if !trouble.lost && !applied.armed => {
                applied.input = gave_up(trouble);
                return;
            }
            Ok(Err(_)) | Err(_) => return,
        };
        told += usize::from(record.0 != "alive");
        if told > MAX_TOLD {
            if !applied.armed {
                applied.input = gave_up(Trouble::failed("the host says more than an apply has to"));
            }
            return;
        }
        if let Some(input) = take(context, plan, &record, applied) {
            applied.input = input;
            return;
        }
    }
}

/// Works off one record; an answer ends the following.
fn take(
    context: &Context,
    plan: &HostPlan,
    record: &(String, String),
    applied: &mut Applied,
) -> Option<Input> {
    let (key, value) = (record.0.as_str(), record.1.as_str());
    let host = plan.host.clone();
    match key {
        "step" => {
            applied.armed |= value == "arm";
            context.tell(Event::Step { host, step: value.to_owned() });
        }
        "baseline" => {
            if let Some(check) = Check::parse(value) {
                context.tell(check_event(&plan.host, &check, true));
                applied.baseline.push(check);
            }
        }
        "failed" => context.tell(Event::Note { host, message: value.to_owned() }),
        "output" | "detail" => context.tell(Event::Note { host, message: format!("| {value}") }),
        "end" if value == "activated" && applied.armed => return Some(Input::Activated),
        "end" if applied.armed => return Some(Input::GaveUp(unknown_end())),
        _ => {}
    }
    None
}

/// An event of a check.
pub fn check_event(host: &str, check: &Check, baseline: bool) -> Event {
    Event::Check {
        host: host.to_owned(),
        baseline,
        title: check.title(),
        result: check.result.word(),
        how: check.how.clone(),
    }
}

/// Standard output ended without `activated`.
async fn ended(conversation: Conversation, armed: bool) -> Input {
    if armed {
        return Input::Interrupted;
    }
    let reply = conversation.reply();
    if let Some(held) = reply.first("lock").filter(|_| reply.first("error") == Some("locked")) {
        let lock = crate::observed::Lock::parse(held);
        let refusal = crate::plan::Refusal::Locked(lock);
        return Input::GaveUp(Outcome::Refused {
            reason: refusal.to_string(),
            remedy: refusal.remedy(),
        });
    }
    if let Some(taken) = reply.first("taken") {
        let (address, mac) = taken.split_once(' ').unwrap_or((taken, "another machine"));
        return Input::GaveUp(Outcome::Refused {
            reason: format!("{address} is taken: {mac} answers for it"),
            remedy: Some("find the other machine, or give this host another address".to_owned()),
        });
    }
    if reply.first("error") == Some("stale") {
        return Input::GaveUp(Outcome::Refused {
            reason: "the host has changed since it was planned".to_owned(),
            remedy: Some("plan again and look at the difference".to_owned()),
        });
    }
    match reply.complete() {
        Err(WireError::Refused(reason)) => gave_up(Trouble::failed(&reason)),
        _ => gave_up(conversation.post_mortem().await),
    }
}

fn gave_up(trouble: Trouble) -> Input {
    if trouble.lost { Input::Interrupted } else { Input::GaveUp(trouble.outcome()) }
}

/// Never shown: once armed, the transaction reads the outcome from the host.
fn unknown_end() -> Outcome {
    Outcome::Unknown { reason: "the change ended early".to_owned() }
}
