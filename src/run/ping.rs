//! The checks alone: no lock, no transaction, nothing changed.

use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
use super::controller;
use super::fleet::at_most;
use super::link::{Link, Trouble};
use super::way::Found;
use crate::desired::{CheckSpec, Family, Host};
use crate::plan::{check_lines, from_controller};
use crate::remote::wire::WireError;
use crate::remote::{request, scripts};
use crate::rollout::outcome::Outcome;
use crate::rollout::verdict::{Check, CheckResult};

/// One round takes up to 12 s on a host where everything is dead.
const ROUND_LIMIT: Duration = Duration::from_secs(25);
/// More than any host has: one that sends more is broken or means harm.
const MAX_CHECKS: usize = 2000;

/// A host's checks, or why it could not make them.
pub type Pinged = (String, Result<Vec<Check>, Outcome>);

/// Makes the checks of all hosts; results come in the order of the hosts.
pub async fn ping_all(context: &Context, hosts: Vec<(Host, Vec<CheckSpec>)>) -> Vec<Pinged> {
    let work = hosts.into_iter().map(|(host, checks)| {
        let context = context.clone();
        async move {
            let result = ping(&context, &host, &checks).await;
            (host.name, result)
        }
    });
    at_most(context.forks, work).await
}

async fn ping(context: &Context, host: &Host, checks: &[CheckSpec]) -> Result<Vec<Check>, Outcome> {
    let link = Found::open(context, host).await?.link;
    let request = request::ping(&check_lines(checks))
        .map_err(|error| Trouble::failed(&error.to_string()).outcome())?;
    let here = from_controller(checks);
    let there = timeout(ROUND_LIMIT, round(&link, &request));
    let (there, here) = tokio::join!(there, controller::probe(&here));
    let late = || Trouble::lost("the host's checks do not come to an end".to_owned());
    let there = there.unwrap_or_else(|_| Err(late())).map_err(Trouble::outcome)?;
    let mut found = vec![ssh(&link)];
    found.extend(there);
    found.extend(here);
    // The host's come as they end.
    found.get_mut(1..).unwrap_or_default().sort();
    Ok(found)
}

/// The host's own checks. They pass by and are not kept in the reply.
async fn round(link: &Link, request: &[u8]) -> Result<Vec<Check>, Trouble> {
    let mut conversation = link.start(&scripts::ping(), request).await?;
    conversation.eof().await?;
    let mut found = Vec::new();
    while let Some((key, value)) = conversation.next().await? {
        if key == "check" {
            let check = Check::parse(&value).filter(|_| found.len() < MAX_CHECKS);
            let unreadable = || format!("a check that cannot be read: {value:?}");
            found.push(check.ok_or_else(|| Trouble::failed(&unreadable()))?);
        }
    }
    match conversation.reply().complete() {
        Ok(()) => Ok(found),
        Err(WireError::Refused(reason)) => Err(Trouble::failed(&reason)),
        Err(_) => Err(conversation.post_mortem().await),
    }
}

/// That we got here at all.
fn ssh(link: &Link) -> Check {
    let address = link.peer().ip();
    Check {
        kind: "ssh".to_owned(),
        family: Family::of(&address).word().to_owned(),
        subject: address.to_string(),
        dev: Check::FROM_CONTROLLER.to_owned(),
        result: CheckResult::Pass,
        how: "new connection".to_owned(),
    }
}
