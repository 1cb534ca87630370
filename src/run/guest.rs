//! Restarts a guest through its hypervisor, and waits until it answers.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::link::Trouble;
use super::way::Found;
use crate::desired::{Guest, Host, Manager};
use crate::remote::{request, scripts};
use crate::rollout::outcome::Outcome;

/// Between two attempts to log in to a guest.
const PAUSE: Duration = Duration::from_millis(500);

/// What is to be restarted.
#[derive(Debug, Clone)]
pub struct Restart {
    /// The hypervisor.
    pub host: Host,
    /// Its guest.
    pub guest: Guest,
    /// What runs it.
    pub manager: Manager,
    /// The guest as a host of the inventory, if it is one: it must take a login again.
    pub itself: Option<Host>,
    /// How long it may take to stop, and to come back.
    pub patience: Duration,
}

/// How it went.
#[derive(Debug, Clone)]
pub struct Restarted {
    /// The guest did not stop when it was asked to.
    pub forced: bool,
    /// `ADDRESS DEV`: proxied neighbour entries that were away meanwhile.
    pub parted: Vec<String>,
    /// Addresses that did not answer the hypervisor in time.
    pub silent: Vec<String>,
    /// Where it takes a login again, or why not in time, if the inventory has the guest.
    pub login: Option<Result<IpAddr, Outcome>>,
}

/// Restarts one.
///
/// # Errors
/// The hypervisor is not reached, or what runs the guest refuses.
pub async fn restart(context: &Context, wish: &Restart) -> Result<Restarted, Outcome> {
    let reached = Found::open(context, &wish.host).await?;
    let request = request::Guest {
        name: wish.guest.name.clone(),
        manager: wish.manager.word(),
        id: wish.guest.id.clone(),
        command: match &wish.manager {
            Manager::Command(command) => Some(command.clone()),
            _ => None,
        },
        bridge: wish.guest.bridge.clone(),
        addresses: wish.guest.addresses.iter().map(ToString::to_string).collect(),
        patience: wish.patience.as_secs(),
    };
    let failed = |error: &dyn std::fmt::Display| Trouble::failed(&error.to_string()).outcome();
    let bytes = request.encode().map_err(|error| failed(&error))?;
    // Stop, start, come back, each within its patience.
    let limit = wish.patience * 4 + Duration::from_secs(60);
    let reply = reached.link.ask(&scripts::guest(), &bytes, limit).await;
    let reply = reply.map_err(Trouble::outcome)?;
    let all = |key: &str| reply.all(key).map(str::to_owned).collect::<Vec<_>>();
    let login = match &wish.itself {
        None => None,
        Some(guest) => Some(login(context, guest, wish.patience).await),
    };
    Ok(Restarted {
        forced: reply.first("forced").is_some(),
        parted: all("parted"),
        silent: all("silent"),
        login,
    })
}

async fn login(context: &Context, guest: &Host, patience: Duration) -> Result<IpAddr, Outcome> {
    let end = Instant::now() + patience;
    loop {
        match Found::open(context, guest).await {
            Ok(found) => return Ok(found.link.peer().ip().to_canonical()),
            Err(outcome) if Instant::now() >= end || context.interrupted() => {
                return Err(outcome);
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}
