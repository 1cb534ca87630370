//! What rappel knows on a host, and what became of a run.

use std::time::Duration;

use serde::Serialize;

use super::answer;
use super::link::{Link, Trouble};
use crate::observed::Lock;
use crate::remote::wire::Reply;
use crate::remote::{request, scripts};
use crate::rollout::transaction::Standing;

/// Reading takes well under a second; 20 s is for a host that is very busy.
const STATUS_LIMIT: Duration = Duration::from_secs(20);

/// What is said of a host whose machine id is not the one from the plan.
pub const ANOTHER_MACHINE: &str = "another machine answers at the host's address";

/// One line of the host's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Seconds since 1970, by the host's clock.
    pub time: u64,
    /// The run.
    pub run: String,
    /// Who started it.
    pub who: String,
    /// `confirmed` or `reverted`.
    pub outcome: String,
    /// The generation, or the reason.
    pub detail: String,
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, '\t');
        Some(Self {
            time: fields.next()?.parse().ok()?,
            run: fields.next()?.to_owned(),
            who: fields.next()?.to_owned(),
            outcome: fields.next()?.to_owned(),
            detail: fields.next()?.to_owned(),
        })
    }
}

/// What rappel knows on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The last generation, 0 for none.
    pub generation: u32,
    /// State, run and owner of an open transaction.
    pub transaction: Option<String>,
    /// `active` while a timer (or process) would revert the open transaction.
    pub watchdog: Option<String>,
    /// Who holds the lock.
    pub lock: Option<Lock>,
    /// What was done, oldest first.
    pub log: Vec<Entry>,
}

/// Reads it.
pub async fn read(link: &Link) -> Result<Status, Trouble> {
    let reply = ask(link, None).await?;
    let generation = reply.need("generation").map_err(|e| Trouble::failed(&e.to_string()))?;
    Ok(Status {
        generation: generation
            .parse()
            .map_err(|_| Trouble::failed("the host names no generation"))?,
        transaction: reply.first("transaction").map(str::to_owned),
        watchdog: reply.first("watchdog").map(str::to_owned),
        lock: reply.first("lock").map(Lock::parse),
        log: reply.all("log").filter_map(Entry::parse).collect(),
    })
}

/// Reads what became of a run, on the machine with that id if it is known.
pub async fn standing(
    link: &Link,
    run: &str,
    machine_id: Option<&str>,
) -> Result<Standing, Trouble> {
    let reply = ask(link, Some(run)).await?;
    // Another machine at the host's address knows nothing of the run, which must not pass
    // for the host's own word.
    if machine_id.is_some() && reply.first("machine-id") != machine_id {
        return Err(Trouble::failed(ANOTHER_MACHINE));
    }
    answer::standing(&reply).map_err(|e| Trouble::failed(&e.to_string()))
}

async fn ask(link: &Link, run: Option<&str>) -> Result<Reply, Trouble> {
    link.ask(&scripts::status(), &request::status(run), STATUS_LIMIT).await
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn a_log_line_has_five_fields() {
        let entry =
            Entry::parse("1700000000\tab12\tada@laptop\treverted\tno\tway").expect("an entry");
        assert_eq!((entry.outcome.as_str(), entry.detail.as_str()), ("reverted", "no\tway"));
        assert_eq!(Entry::parse("yesterday\tab12"), None);
    }
}
