//! After the last restart: the host itself, over a new connection, with its own key and
//! machine id, nothing open on it, and its checks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::journal::Journal;
use super::machine::Machine;
use super::stuck::Stuck;
use super::wish::Wish;
use crate::remote::{request, scripts};
use crate::rollout::verdict::CheckResult;
use crate::run::ping::{Pinging, ping_all};
use crate::run::way::Found;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(2);
/// Reading a host takes well under a second; a host that is booting is busy.
const STATUS_LIMIT: Duration = Duration::from_secs(30);

/// Waits for the host and makes its checks; gives those that do not pass.
pub(super) async fn await_host(
    machine: &Machine<'_>,
    wish: &Wish,
    journal: &Journal,
    patience: Duration,
) -> Result<Vec<String>, Stuck> {
    let end = Instant::now() + patience;
    loop {
        let reason = match is_back(machine, wish, journal).await {
            Ok(()) => break,
            Err(reason) => reason,
        };
        if Instant::now() > end {
            return Err(Stuck::because(format!(
                "the host did not come back within {} s: {reason}",
                patience.as_secs()
            )));
        }
        machine.pause(PAUSE).await?;
    }
    machine.note("the host is back over a new connection; making its checks".to_owned());
    let (host, checks) = (wish.host.clone(), wish.checks.clone());
    let pinging = Pinging { host, checks, peers: Arc::default() };
    let made = ping_all(machine.context, vec![pinging]).await;
    let mut failing = Vec::new();
    for (_, result) in made {
        match result {
            Ok(checks) => failing.extend(
                checks
                    .iter()
                    .filter(|check| check.result == CheckResult::Fail)
                    .map(|check| format!("{} ({})", check.title(), check.how)),
            ),
            Err(outcome) => failing.push(format!("the checks could not be made: {outcome:?}")),
        }
    }
    Ok(failing)
}

/// Whether this is the host: known key, the machine id from its disk.
async fn is_back(machine: &Machine<'_>, wish: &Wish, journal: &Journal) -> Result<(), String> {
    let found = Found::open(machine.context, &wish.host).await;
    let found = found.map_err(|outcome| match outcome {
        crate::rollout::outcome::Outcome::Unreachable { reason, .. }
        | crate::rollout::outcome::Outcome::Failed { reason, .. } => reason,
        other => format!("{other:?}"),
    })?;
    let reply = found.link.ask(&scripts::status(), &request::status(None), STATUS_LIMIT).await;
    let reply = reply.map_err(|trouble| trouble.reason)?;
    match (&journal.state.machine_id, reply.first("machine-id")) {
        (Some(wanted), Some(id)) if wanted != id => {
            Err("another machine answers at the host's address".to_owned())
        }
        _ => Ok(()),
    }
}
