//! The checks alone: no lock, no transaction, nothing changed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::time::timeout;

use super::context::Context;
use super::controller;
use super::fleet::at_most;
use super::link::{Link, Trouble};
use super::patience::{GivenUp, Patience};
use super::way::Found;
use super::witness::Witnesses;
use crate::desired::{CheckSpec, Family, Host, Peer};
use crate::plan::{check_lines, elsewhere, shared};
use crate::remote::wire::WireError;
use crate::remote::{request, scripts};
use crate::rollout::outcome::Outcome;
use crate::rollout::verdict::{Check, CheckResult, with_upstream};

/// How long a host may say nothing in a round: 12 s where everything is dead.
const SILENCE: Duration = Duration::from_secs(25);
/// No slow host needs longer for a round: one that still talks then does so for ever.
const LONGEST: Duration = Duration::from_secs(600);
/// A connection over the other family.
const OTHER_FAMILY: Duration = Duration::from_secs(5);
/// More than any host has: one that sends more is broken or means harm.
const MAX_CHECKS: usize = 2000;

/// A host's checks, or why it could not make them.
pub type Pinged = (String, Result<Vec<Check>, Outcome>);

/// A host whose checks are to be made.
#[derive(Debug, Clone)]
pub struct Pinging {
    /// The host.
    pub host: Host,
    /// Its checks.
    pub checks: Vec<CheckSpec>,
    /// The hosts of the inventory, if a check needs others than this one.
    pub peers: Arc<Vec<Peer>>,
}

/// Makes the checks of all hosts; results come in the order of the hosts.
pub async fn ping_all(context: &Context, hosts: Vec<Pinging>) -> Vec<Pinged> {
    let work = hosts.into_iter().map(|pinging| {
        let context = context.clone();
        async move {
            let result = ping(&context, &pinging).await;
            (pinging.host.name, result)
        }
    });
    at_most(context.forks, work).await
}

async fn ping(context: &Context, pinging: &Pinging) -> Result<Vec<Check>, Outcome> {
    let Pinging { host, checks, peers } = pinging;
    let began = Instant::now();
    let reached = Found::open(context, host).await?;
    let link = &reached.link;
    let mut found = vec![ssh(link.peer().ip(), began.elapsed(), Ok(()))];
    let request = request::ping(&check_lines(checks), &shared(checks))
        .map_err(|error| Trouble::failed(&error.to_string()).outcome())?;
    // Its networks are not known yet; they only tell who can be a witness.
    let alone = elsewhere(host, checks, &[], &[]);
    let (there, here, upstream) = tokio::join!(
        round(link, &request),
        controller::probe(&alone.controller),
        controller::answering(&alone.upstream)
    );
    let (there, nets) = there.map_err(Trouble::outcome)?;
    found.extend(other_family(context, host, &reached, &nets).await);
    let connections = found.len();
    found.extend(there);
    found.extend(here);
    let others = elsewhere(host, checks, peers, &nets).errands;
    found.extend(Witnesses::new(context, &others).round().await);
    with_upstream(&mut found, &upstream);
    // The host's come as they end.
    found.get_mut(connections..).unwrap_or_default().sort();
    Ok(found)
}

/// The host's own checks, and its addresses with their networks. They pass by and are not
/// kept in the reply.
async fn round(link: &Link, request: &[u8]) -> Result<(Vec<Check>, Vec<IpNet>), Trouble> {
    let patience = Patience { silence: SILENCE, end: tokio::time::Instant::now() + LONGEST };
    let given_up = |why: GivenUp| {
        Trouble::lost(match why {
            GivenUp::Silent => "the host's checks fell silent".to_owned(),
            GivenUp::TooLate => "the host's checks do not come to an end".to_owned(),
        })
    };
    let script = scripts::ping();
    let mut conversation =
        patience.hear(link.start(&script, request)).await.map_err(given_up)??;
    patience.hear(conversation.eof()).await.map_err(given_up)??;
    let mut found = Vec::new();
    let mut nets: Vec<IpNet> = Vec::new();
    while let Some((key, value)) = patience.hear(conversation.next()).await.map_err(given_up)?? {
        match key.as_str() {
            "check" => {
                let check = Check::parse(&value).filter(|_| found.len() < MAX_CHECKS);
                let unreadable = || format!("a check that cannot be read: {value:?}");
                found.push(check.ok_or_else(|| Trouble::failed(&unreadable()))?);
            }
            "net" if nets.len() < MAX_CHECKS => nets.extend(value.parse::<IpNet>()),
            _ => {}
        }
    }
    match conversation.reply().complete() {
        Ok(()) => Ok((found, nets)),
        Err(WireError::Refused(reason)) => Err(Trouble::failed(&reason)),
        Err(_) => Err(conversation.post_mortem().await),
    }
}

/// The same over the other family, if the host has an address of it that its vars name,
/// and there is a way to it from here.
async fn other_family(
    context: &Context,
    host: &Host,
    reached: &Found,
    nets: &[IpNet],
) -> Option<Check> {
    let peer = reached.link.peer().ip().to_canonical();
    let address = host.own_addresses().into_iter().find(|address| {
        address.is_ipv4() != peer.is_ipv4() && nets.iter().any(|net| net.addr() == *address)
    })?;
    if !controller::has_way(address) {
        return None;
    }
    let began = Instant::now();
    let way = reached.way.at(address, reached.way.place.port);
    let result = match timeout(OTHER_FAMILY, Link::open(context, host, &way)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    };
    Some(ssh(address, began.elapsed(), result))
}

/// A new connection.
fn ssh(address: IpAddr, took: Duration, result: Result<(), String>) -> Check {
    let address = address.to_canonical();
    let (result, how) = match result {
        Ok(()) => (CheckResult::Pass, "new connection".to_owned()),
        Err(reason) => (CheckResult::Fail, reason),
    };
    Check {
        kind: "ssh".to_owned(),
        family: Family::of(&address).word().to_owned(),
        subject: address.to_string(),
        dev: Check::FROM_CONTROLLER.to_owned(),
        result,
        how,
        took: u32::try_from(took.as_millis() / 10).ok(),
    }
}
