//! Waiting for what became of a run, on a host that may be gone for a while.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::link::Link;
use super::status;
use super::verify;
use super::way::Way;
use crate::desired::Host;
use crate::rollout::transaction::{Input, Standing};

/// Between two looks: long enough not to be a burden, short enough not to be noticed.
const PAUSE: Duration = Duration::from_millis(700);

/// By what a host is known again.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its machine id.
    pub machine_id: String,
    /// The fingerprint of the key that it showed when the change was made.
    pub host_key: String,
}

/// Asks until the host has decided, or until `deadline`; over any way it may answer.
pub async fn await_end(
    context: &Context,
    host: &Host,
    identity: &Identity,
    ways: &[Way],
    deadline: Instant,
) -> Input {
    let mut hurried = false;
    loop {
        for way in ways {
            match read(context, host, identity, way).await {
                Some(Standing::Pending) if context.interrupted() && !hurried => {
                    // It would revert by itself, but only when its time is over.
                    verify::revert_now(context, host, identity, way, "interrupted by the user")
                        .await;
                    hurried = true;
                    break;
                }
                Some(Standing::Pending | Standing::Reverting) => break,
                Some(decided) => return Input::Read(decided),
                None => {}
            }
        }
        if Instant::now() >= deadline {
            return Input::Silence;
        }
        sleep(PAUSE).await;
    }
}

async fn read(context: &Context, host: &Host, identity: &Identity, way: &Way) -> Option<Standing> {
    let link = Link::open(context, host, way).await.ok()?;
    if link.host_key() != identity.host_key {
        return None;
    }
    status::standing(&link, &context.run, Some(&identity.machine_id)).await.ok()
}
