//! Waiting for what became of a run, on a host that may be gone for a while.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::link::{Elsewhere, Link};
use super::status;
use crate::desired::Host;
use crate::rollout::transaction::{Input, Standing};

/// Between two looks: long enough not to be a burden, short enough not to be noticed.
const PAUSE: Duration = Duration::from_millis(700);

/// Asks until the host has decided, or until `deadline`; over any address it had.
pub async fn await_end(
    context: &Context,
    host: &Host,
    ways: &[Elsewhere],
    deadline: Instant,
) -> Input {
    loop {
        for way in ways {
            match read(context, host, way).await {
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

async fn read(context: &Context, host: &Host, way: &Elsewhere) -> Option<Standing> {
    let link = Link::open(context, host, way).await.ok()?;
    status::standing(&link, &context.run).await.ok()
}
