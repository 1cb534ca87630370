//! One host's transaction from the first connection to the outcome that it reads back.
//!
//! The decisions are [`Transaction`]'s; here is only what they ask for.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::apply::{apply, check_event};
use super::context::Context;
use super::controller;
use super::kept::Kept;
use super::link::Link;
use super::others::Others;
use super::standing::{Identity, await_end};
use super::verify::{Expectation, Verified, verify};
use super::way::{Found, Way};
use super::witness::Witnesses;
use crate::desired::{Host, Settings};
use crate::plan::HostPlan;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::rollout::transaction::{Action, Input, Transaction};
use crate::rollout::verdict::{Check, Told, with_upstream};

/// How long after its own deadlines a host is given to come back: a revert that restarts
/// networking, or a reboot, takes less than a minute on slow machines.
const GRACE: Duration = Duration::from_secs(90);
/// The same where the way back may end in a reboot: big machines test their memory first.
const REBOOT_GRACE: Duration = Duration::from_secs(600);
/// For finding out beforehand whether another family of a host can be reached at all.
const OTHER_FAMILY: Duration = Duration::from_secs(4);

/// One host's change.
#[derive(Debug)]
pub struct Job<'a> {
    /// The run.
    pub context: &'a Context,
    /// The host.
    pub host: &'a Host,
    /// Its play's settings.
    pub settings: &'a Settings,
    /// What to do.
    pub plan: &'a HostPlan,
    /// The addresses it had when it was planned.
    pub addresses: &'a [IpAddr],
    /// The connection by which it was planned, if it was kept.
    pub kept: &'a Kept<Found>,
}

impl Job<'_> {
    /// Carries the plan out and says how it ended.
    pub async fn run(&self) -> Outcome {
        let found = match self.kept.take() {
            Some(found) => found,
            None => match Found::open(self.context, self.host).await {
                Ok(found) => found,
                Err(outcome) => return outcome,
            },
        };
        let ways = self.ways(&found).await;
        let mut request = self.plan.request.clone();
        request.run.clone_from(&self.context.run);
        request.who.clone_from(&self.context.who);
        request.activation_timeout = self.settings.activation_timeout.as_secs();
        request.confirm_window = self.confirm_window().as_secs();
        request.reboot_as_last_resort = self.settings.reboot_as_last_resort;
        request.without_boot_revert = self.context.without_boot_revert;
        let elsewhere = &self.plan.elsewhere;
        let witnesses = Witnesses::new(self.context, &elsewhere.errands);
        let mut others = Others { witnesses, told: Told::default(), gateways: Vec::new() };
        let (before, upstream) = self.probed_from_elsewhere(&mut others).await;
        let mut applied = apply(self.context, &found.link, self.plan, &request).await;
        applied.baseline.extend(before);
        with_upstream(&mut applied.baseline, &upstream);
        drop(found);
        let mut transaction = Transaction::after(self.plan.generation);
        if applied.armed {
            transaction.next(Input::Armed);
        }
        let first = transaction.next(applied.input);
        self.decide(transaction, first, &ways, &applied.baseline, others).await
    }

    /// The baseline of the checks that are made from here and by others, and which proxied
    /// addresses answer.
    async fn probed_from_elsewhere(&self, others: &mut Others<'_>) -> (Vec<Check>, Vec<String>) {
        let elsewhere = &self.plan.elsewhere;
        let (mut found, upstream, seen) = tokio::join!(
            controller::probe(&elsewhere.controller),
            controller::answering(&elsewhere.upstream),
            others.witnesses.round(),
        );
        found.extend(seen);
        for check in &found {
            self.context.tell(check_event(&self.plan.host, check, true));
        }
        (found, upstream)
    }

    fn confirm_window(&self) -> Duration {
        self.context.confirm_window.map_or(self.settings.confirm_window, Duration::from_secs)
    }

    async fn decide(
        &self,
        mut transaction: Transaction,
        mut action: Action,
        ways: &Ways,
        baseline: &[Check],
        mut others: Others<'_>,
    ) -> Outcome {
        let now = Instant::now();
        let deadline = now + self.settings.activation_timeout + self.confirm_window();
        let mut verified: Option<Verified> = None;
        loop {
            let input = match action {
                Action::Finish(outcome) => return outcome,
                Action::Verify | Action::Continue => {
                    self.say("verifying over new connections");
                    let wanted = self.expectation(ways, baseline, now + self.confirm_window());
                    let (input, way) = verify(self.context, &wanted, &mut others).await;
                    verified = way;
                    input
                }
                Action::Confirm => match verified.take() {
                    Some(way) => self.confirm(way, ways, deadline).await,
                    None => self.read(ways, deadline).await,
                },
                Action::Revert(reason) => {
                    self.say(&format!("reverting: {reason}"));
                    if let Some(way) = verified.take() {
                        way.revert(&reason).await;
                    }
                    self.read(ways, deadline).await
                }
                Action::Read => self.read(ways, deadline).await,
            };
            action = transaction.next(input);
        }
    }

    fn expectation<'a>(
        &'a self,
        ways: &'a Ways,
        baseline: &'a [Check],
        deadline: Instant,
    ) -> Expectation<'a> {
        Expectation {
            host: self.host,
            identity: &ways.identity,
            ways: &ways.after,
            leaving: &self.plan.leaving.gateways,
            elsewhere: &self.plan.elsewhere,
            baseline,
            settle: self.settings.settle,
            deadline,
        }
    }

    async fn confirm(&self, way: Verified, ways: &Ways, deadline: Instant) -> Input {
        match way.confirm().await {
            Some(standing) => Input::Read(standing),
            None => self.read(ways, deadline).await,
        }
    }

    async fn read(&self, ways: &Ways, deadline: Instant) -> Input {
        self.say("waiting for what the host says");
        let reboots = self.settings.reboot_as_last_resort;
        let deadline = deadline + if reboots { REBOOT_GRACE } else { GRACE };
        await_end(self.context, self.host, &ways.identity, &ways.any, deadline).await
    }

    fn say(&self, message: &str) {
        self.context
            .tell(Event::Note { host: self.host.name.clone(), message: message.to_owned() });
    }

    /// The ways to the host: as the inventory says, and over the other family if one of
    /// its addresses can be reached from here now.
    async fn ways(&self, found: &Found) -> Ways {
        let first = found.moves_to.clone().unwrap_or_else(|| found.way.clone());
        let mut after = vec![first.clone()];
        let peer = found.link.peer().ip().to_canonical();
        let stays = |a: &&IpAddr| !self.plan.leaving.addresses.contains(a);
        let other = self.addresses.iter().filter(|a| a.is_ipv4() != peer.is_ipv4()).filter(stays);
        for address in other.take(2) {
            let now = first.at(*address, found.way.place.port);
            if let Ok(Ok(link)) =
                timeout(OTHER_FAMILY, Link::open(self.context, self.host, &now)).await
                && link.host_key() == found.link.host_key()
            {
                after.push(first.at(*address, first.place.port));
                break;
            }
        }
        let mut any = after.clone();
        if found.moves_to.is_some() {
            any.push(found.way.clone());
        }
        let identity = Identity {
            machine_id: self.plan.machine_id.clone(),
            host_key: found.link.host_key().to_owned(),
        };
        Ways { identity, after, any }
    }
}

/// Where the host is looked for once the change has begun.
#[derive(Debug)]
struct Ways {
    /// By what it is known again.
    identity: Identity,
    /// Ways that must work for a confirmation; the first one is where it is decided.
    after: Vec<Way>,
    /// Ways over which what became of it can be read, wherever it is by then.
    any: Vec<Way>,
}
