//! A first look at hosts that a broken-off run may have left half-way: what became of it is
//! the host's to say.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::fleet::at_most;
use super::status;
use super::stop::Stop;
use super::way::Found;
use crate::desired::{Host, Settings};
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::rollout::transaction::Standing;

/// Between two looks at a transaction that is still open.
const PAUSE: Duration = Duration::from_secs(2);
/// How long after its own deadlines a host is given for its revert.
const GRACE: Duration = Duration::from_secs(90);

/// A host that is to be looked at.
#[derive(Debug, Clone)]
pub struct Look {
    /// Which.
    pub host: Host,
    /// The runs that may have left something there, the first one first.
    pub runs: Vec<String>,
    /// The machine that it was left on, if that is known.
    pub machine_id: Option<String>,
    /// The windows of its transaction.
    pub settings: Settings,
}

/// Looks at all of them; none means that a host is as if the run had not been, and gives
/// the order of the hosts.
pub async fn look_all(context: &Context, looks: Vec<Look>) -> Vec<Option<Outcome>> {
    let work = looks.into_iter().map(|look| {
        let context = context.clone();
        async move {
            tokio::select! {
                biased;
                () = context.stopped(Stop::Finish) => Some(Outcome::Unknown {
                    reason: "interrupted before it could be asked about earlier runs".to_owned(),
                }),
                seen = all(&context, &look) => seen,
            }
        }
    });
    at_most(context.forks, work).await
}

async fn all(context: &Context, look: &Look) -> Option<Outcome> {
    context.tell(Event::HostStarted { host: look.host.name.clone() });
    for run in &look.runs {
        if let Some(outcome) = one(context, look, run).await {
            return Some(outcome);
        }
    }
    None
}

async fn one(context: &Context, look: &Look, run: &str) -> Option<Outcome> {
    let Settings { activation_timeout, confirm_window, .. } = look.settings;
    let deadline = Instant::now() + activation_timeout + confirm_window + GRACE;
    let mut waited = false;
    loop {
        match read(context, look, run).await {
            Ok(Standing::Pending | Standing::Reverting) => {
                if !waited {
                    say(context, look, run, "is still open there: waiting for its end");
                }
                waited = true;
            }
            // It was there a moment ago: a revert may take the network down.
            Err(_) if waited => {}
            Ok(standing) => return ended(context, look, run, standing),
            Err(outcome) => return Some(outcome),
        }
        if Instant::now() >= deadline {
            let reason = format!("run {run} is still open there");
            return Some(Outcome::Unknown { reason });
        }
        sleep(PAUSE).await;
    }
}

/// What became of a run there, by the host's own word.
pub(super) async fn read(context: &Context, look: &Look, run: &str) -> Result<Standing, Outcome> {
    let found = Found::open(context, &look.host).await?;
    let standing = status::standing(&found.link, run, look.machine_id.as_deref()).await;
    standing.map_err(super::link::Trouble::outcome)
}

fn ended(context: &Context, look: &Look, run: &str, standing: Standing) -> Option<Outcome> {
    match standing {
        Standing::Confirmed(generation) => {
            say(context, look, run, &format!("was confirmed there as generation {generation}"));
            Some(Outcome::Confirmed { generation })
        }
        Standing::Reverted { reason, residue } if residue.is_empty() => {
            say(context, look, run, &format!("was reverted there: {reason}"));
            None
        }
        Standing::Reverted { reason, residue } => {
            Some(Outcome::RevertIncomplete { reason, residue })
        }
        Standing::None | Standing::Pending | Standing::Reverting => {
            say(context, look, run, "had begun nothing there");
            None
        }
    }
}

fn say(context: &Context, look: &Look, run: &str, what: &str) {
    let message = format!("run {run} {what}");
    context.tell(Event::Note { host: look.host.name.clone(), message });
}
