//! One host's transaction from the first connection to the outcome that it reads back.
//!
//! The decisions are [`Transaction`]'s; here is only what they ask for.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::apply::{apply, check_event};
use super::context::Context;
use super::controller;
use super::link::{Elsewhere, Link, not_connected};
use super::standing::await_end;
use super::verify::{Expectation, Verified, verify};
use crate::desired::{Host, Settings};
use crate::plan::HostPlan;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::rollout::transaction::{Action, Input, Transaction};
use crate::rollout::verdict::Check;

/// How long after its own deadlines a host is given to come back: a revert that restarts
/// networking, or a reboot, takes less than a minute on slow machines.
const GRACE: Duration = Duration::from_secs(90);
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
}

impl Job<'_> {
    /// Carries the plan out and says how it ended.
    pub async fn run(&self) -> Outcome {
        let link = match Link::open(self.context, self.host, &Elsewhere::default()).await {
            Ok(link) => link,
            Err(error) => return not_connected(&error),
        };
        let ways = self.ways(&link).await;
        let mut request = self.plan.request.clone();
        request.run.clone_from(&self.context.run);
        request.who.clone_from(&self.context.who);
        request.activation_timeout = self.settings.activation_timeout.as_secs();
        request.confirm_window = self.confirm_window().as_secs();
        request.without_boot_revert = self.context.without_boot_revert;
        let before = self.probed_from_here().await;
        let mut applied = apply(self.context, &link, self.plan, &request).await;
        applied.baseline.extend(before);
        drop(link);
        let mut transaction = Transaction::default();
        if applied.armed {
            transaction.next(Input::Armed);
        }
        let first = transaction.next(applied.input);
        self.decide(transaction, first, &ways, &applied.baseline).await
    }

    /// The baseline of the checks that are made from here.
    async fn probed_from_here(&self) -> Vec<Check> {
        let found = controller::probe(&self.plan.from_controller).await;
        for check in &found {
            self.context.tell(check_event(&self.plan.host, check, true));
        }
        found
    }

    fn confirm_window(&self) -> Duration {
        self.context.confirm_window.map_or(self.settings.confirm_window, Duration::from_secs)
    }

    async fn decide(
        &self,
        mut transaction: Transaction,
        mut action: Action,
        ways: &[Elsewhere],
        baseline: &[Check],
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
                    let (input, way) = verify(self.context, &wanted).await;
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
        ways: &'a [Elsewhere],
        baseline: &'a [Check],
        deadline: Instant,
    ) -> Expectation<'a> {
        Expectation {
            host: self.host,
            machine_id: &self.plan.machine_id,
            ways,
            leaving: &self.plan.leaving.gateways,
            from_controller: &self.plan.from_controller,
            baseline,
            settle: self.settings.settle,
            deadline,
        }
    }

    async fn confirm(&self, way: Verified, ways: &[Elsewhere], deadline: Instant) -> Input {
        match way.confirm().await {
            Some(standing) => Input::Read(standing),
            None => self.read(ways, deadline).await,
        }
    }

    async fn read(&self, ways: &[Elsewhere], deadline: Instant) -> Input {
        self.say("waiting for what the host says");
        await_end(self.context, self.host, ways, deadline + GRACE).await
    }

    fn say(&self, message: &str) {
        self.context
            .tell(Event::Note { host: self.host.name.clone(), message: message.to_owned() });
    }

    /// The ways to the host that work before the change: as the inventory says, and over
    /// the other family if one of its addresses can be reached from here.
    async fn ways(&self, link: &Link) -> Vec<Elsewhere> {
        let mut ways = vec![Elsewhere::default()];
        let peer = link.peer().ip();
        let stays = |a: &&IpAddr| !self.plan.leaving.addresses.contains(a);
        let other = self.addresses.iter().filter(|a| a.is_ipv4() != peer.is_ipv4()).filter(stays);
        for address in other.take(2) {
            let way = Elsewhere { address: Some(address.to_string()) };
            if let Ok(Ok(found)) =
                timeout(OTHER_FAMILY, Link::open(self.context, self.host, &way)).await
                && found.host_key() == link.host_key()
            {
                ways.push(way);
                break;
            }
        }
        ways
    }
}
