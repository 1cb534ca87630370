//! A first look at hosts that a broken-off run may have left half-way: what became of it is
//! the host's to say.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::fleet::at_most;
use super::link::Found;
use super::status;
use super::stop::Stop;
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
    /// The run that may have left something there.
    pub run: String,
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
                    reason: format!("interrupted before it could be asked about run {}", look.run),
                }),
                seen = one(&context, &look) => seen,
            }
        }
    });
    at_most(context.forks, work).await
}

async fn one(context: &Context, look: &Look) -> Option<Outcome> {
    let Settings { activation_timeout, confirm_window, .. } = look.settings;
    let deadline = Instant::now() + activation_timeout + confirm_window + GRACE;
    context.tell(Event::HostStarted { host: look.host.name.clone() });
    let mut waited = false;
    loop {
        match read(context, look).await {
            Ok(Standing::Pending | Standing::Reverting) => {
                if !waited {
                    say(context, look, "is still open there: waiting for its end");
                }
                waited = true;
            }
            // It was there a moment ago: a revert may take the network down.
            Err(_) if waited => {}
            Ok(standing) => return ended(context, look, standing),
            Err(outcome) => return Some(outcome),
        }
        if Instant::now() >= deadline {
            let reason = format!("run {} is still open there", look.run);
            return Some(Outcome::Unknown { reason });
        }
        sleep(PAUSE).await;
    }
}

async fn read(context: &Context, look: &Look) -> Result<Standing, Outcome> {
    let found = Found::open(context, &look.host).await?;
    let standing = status::standing(&found.link, &look.run, look.machine_id.as_deref()).await;
    standing.map_err(super::link::Trouble::outcome)
}

fn ended(context: &Context, look: &Look, standing: Standing) -> Option<Outcome> {
    match standing {
        Standing::Confirmed(generation) => {
            say(context, look, &format!("was confirmed there as generation {generation}"));
            Some(Outcome::Confirmed { generation })
        }
        Standing::Reverted { reason, residue } if residue.is_empty() => {
            say(context, look, &format!("was reverted there: {reason}"));
            None
        }
        Standing::Reverted { reason, residue } => {
            Some(Outcome::RevertIncomplete { reason, residue })
        }
        Standing::None | Standing::Pending | Standing::Reverting => {
            say(context, look, "had begun nothing there");
            None
        }
    }
}

fn say(context: &Context, look: &Look, what: &str) {
    let message = format!("run {} {what}", look.run);
    context.tell(Event::Note { host: look.host.name.clone(), message });
}
