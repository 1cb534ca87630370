//! Verification: new connections over every family that worked before, the host's own
//! checks against the baseline, then the decision, made on the host and read back.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::answer;
use super::apply::check_event;
use super::context::Context;
use super::controller;
use super::link::{Conversation, Link};
use super::others::Others;
use super::patience::{GivenUp, Patience};
use super::standing::Identity;
use super::status::ANOTHER_MACHINE;
use super::way::Way;
use crate::desired::Host;
use crate::plan::Elsewhere;
use crate::remote::{request, scripts};
use crate::rollout::event::Event;
use crate::rollout::transaction::{Input, Standing};
use crate::rollout::verdict::{Check, Verdict, judge, with_upstream};

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);
/// How long nothing may come from one address, while it is connected to and in between two
/// lines of its checks; then it is connected to anew. A command of the user's own says
/// nothing for 11 s, activation that still runs is waited for by the host. It is no limit of
/// a whole round: a slow host with many checks takes what it takes.
const SILENCE: Duration = Duration::from_secs(15);
/// The same over another family than the one where it is decided: it worked within less
/// before the change.
const OTHER_FAMILY: Duration = Duration::from_secs(5);
/// How long checks that fail over a working connection are repeated before the change is
/// given up, if the window is that long: a bridge port with short STP timers, a slow link.
const PATIENCE: Duration = Duration::from_secs(20);

/// More checks than any host has gateways, addresses and settings.
const MAX_CHECKS: usize = 2000;

/// What is verified, and against what.
#[derive(Debug)]
pub struct Expectation<'a> {
    /// The host.
    pub host: &'a Host,
    /// By what it is known again.
    pub identity: &'a Identity,
    /// Ways that must work after the change. The first one is where it is decided.
    pub ways: &'a [Way],
    /// Families whose default gateway goes on purpose.
    pub leaving: &'a [&'static str],
    /// Checks made from elsewhere.
    pub elsewhere: &'a Elsewhere,
    /// Checks before the change.
    pub baseline: &'a [Check],
    /// How long everything must go on passing.
    pub settle: Duration,
    /// When the host's own patience is over.
    pub deadline: Instant,
}

impl Expectation<'_> {
    /// Never beyond the deadline: what comes then would be confirmed too late.
    fn patience(&self, silence: Duration) -> Patience {
        Patience { silence, end: self.deadline }
    }
}

/// A verified host that waits for the decision.
#[derive(Debug)]
pub struct Verified {
    link: Link,
    conversation: Conversation,
}

enum Attempt {
    /// Everything passed.
    Good(Verified),
    /// The host was reached, but this does not pass.
    Bad(String, Option<Verified>),
    /// The host has decided already.
    Decided(Standing),
    /// Not reached.
    Unreachable(String),
}

/// Verifies until it is good, hopeless, or too late. A way to tell the host the decision
/// comes with it, if there is one.
pub async fn verify(
    context: &Context,
    wanted: &Expectation<'_>,
    others: &mut Others<'_>,
) -> (Input, Option<Verified>) {
    let mut last: Option<String> = None;
    let mut failing_since: Option<Instant> = None;
    let patience = PATIENCE.min(wanted.deadline.saturating_duration_since(Instant::now()) / 2);
    while Instant::now() < wanted.deadline {
        if context.reverting() {
            let way = attempt(context, wanted, others).await.into_verified();
            return (Input::Bad("interrupted by the user".to_owned()), way);
        }
        match attempt(context, wanted, others).await {
            // Asked to stop while it was verified: then it is not confirmed.
            Attempt::Good(verified) if context.reverting() => {
                return (Input::Bad("interrupted by the user".to_owned()), Some(verified));
            }
            Attempt::Good(verified) => return (Input::Good, Some(verified)),
            Attempt::Decided(standing) => {
                return (Input::Read(explained(standing, last)), None);
            }
            Attempt::Bad(reason, way) => {
                let since = *failing_since.get_or_insert_with(Instant::now);
                // The host is told as long as it can be: its own deadline needs no help.
                let hopeless =
                    since.elapsed() > patience || Instant::now() + OTHER_FAMILY > wanted.deadline;
                if hopeless {
                    return (Input::Bad(reason), way);
                }
                not_yet(context, wanted, &mut last, reason);
            }
            Attempt::Unreachable(reason) => not_yet(context, wanted, &mut last, reason),
        }
        sleep(PAUSE).await;
    }
    let last = last.unwrap_or_else(|| "no time was left to verify".to_owned());
    (Input::Unreachable(last), None)
}

/// Why it is not good yet, told once.
fn not_yet(context: &Context, wanted: &Expectation<'_>, last: &mut Option<String>, reason: String) {
    if last.as_ref() != Some(&reason) {
        let host = wanted.host.name.clone();
        context.tell(Event::Note { host, message: format!("not good yet: {reason}") });
    }
    *last = Some(reason);
}

/// A host that reverted because it waited in vain cannot know why: what stood in the way
/// was seen from here.
fn explained(standing: Standing, seen: Option<String>) -> Standing {
    match (standing, seen) {
        (Standing::Reverted { reason, residue }, Some(seen)) => {
            Standing::Reverted { reason: format!("{seen} ({reason})"), residue }
        }
        (standing, _) => standing,
    }
}

impl Attempt {
    fn into_verified(self) -> Option<Verified> {
        match self {
            Self::Good(verified) => Some(verified),
            Self::Bad(_, verified) => verified,
            Self::Decided(_) | Self::Unreachable(_) => None,
        }
    }
}

async fn attempt(context: &Context, wanted: &Expectation<'_>, others: &mut Others<'_>) -> Attempt {
    let Some((first, further)) = wanted.ways.split_first() else {
        return Attempt::Unreachable("there is no way to the host".to_owned());
    };
    let reached = reach(context, wanted.host, wanted.identity, first, wanted.patience(SILENCE));
    let verified = match reached.await {
        Attempt::Good(verified) => verified,
        other => return other,
    };
    let mut missed = Vec::new();
    for way in further {
        let address = &way.place.address;
        let patience = wanted.patience(OTHER_FAMILY);
        match reach(context, wanted.host, wanted.identity, way, patience).await {
            Attempt::Good(_) => {}
            Attempt::Decided(standing) => return Attempt::Decided(standing),
            Attempt::Bad(reason, _) | Attempt::Unreachable(reason) => {
                missed.push(format!("no SSH to {address} any more: {reason}"));
            }
        }
    }
    match checks(context, wanted, others, verified).await {
        Attempt::Good(verified) if missed.is_empty() => Attempt::Good(verified),
        Attempt::Good(verified) => Attempt::Bad(missed.join("; "), Some(verified)),
        Attempt::Bad(reason, way) => {
            missed.insert(0, reason);
            Attempt::Bad(missed.join("; "), way)
        }
        other => other,
    }
}

/// A new connection on which this very machine says that this very run is pending.
async fn reach(
    context: &Context,
    host: &Host,
    identity: &Identity,
    way: &Way,
    patience: Patience,
) -> Attempt {
    let link = match patience.hear(Link::open(context, host, way)).await {
        Ok(Ok(link)) => link,
        Ok(Err(error)) => return Attempt::Unreachable(error.to_string()),
        Err(_) => return late(),
    };
    if link.host_key() != identity.host_key {
        return Attempt::Unreachable(format!(
            "the host key is {} now, and was {} before the change",
            link.host_key(),
            identity.host_key
        ));
    }
    let (script, request) = (scripts::verify(), request::verify(&context.run));
    let conversation = match patience.hear(link.start(&script, &request)).await {
        Ok(Ok(conversation)) => conversation,
        Ok(Err(trouble)) => return Attempt::Unreachable(trouble.reason),
        Err(_) => return late(),
    };
    welcomed(context, identity, Verified { link, conversation }, patience).await
}

fn late() -> Attempt {
    Attempt::Unreachable("the host does not answer in time".to_owned())
}

/// What the script on the other end says of machine and run.
async fn welcomed(
    context: &Context,
    identity: &Identity,
    mut verified: Verified,
    patience: Patience,
) -> Attempt {
    let mut known = false;
    loop {
        let Ok(next) = patience.hear(verified.conversation.next()).await else { return late() };
        match next {
            Ok(Some((key, value))) => match key.as_str() {
                "machine-id" if value != identity.machine_id => {
                    return Attempt::Unreachable(ANOTHER_MACHINE.to_owned());
                }
                "machine-id" => known = true,
                "open" if value == context.run && known => return Attempt::Good(verified),
                "error" => return Attempt::Unreachable(value),
                "end" if known => return decided(&verified.conversation),
                "end" => return Attempt::Unreachable(ANOTHER_MACHINE.to_owned()),
                _ => {}
            },
            Ok(None) => {
                return Attempt::Unreachable(verified.conversation.post_mortem().await.reason);
            }
            Err(trouble) => return Attempt::Unreachable(trouble.reason),
        }
    }
}

fn decided(conversation: &Conversation) -> Attempt {
    match answer::standing(conversation.reply()) {
        Ok(standing) => Attempt::Decided(standing),
        Err(error) => Attempt::Unreachable(error.to_string()),
    }
}

/// Rounds of checks until they have passed for the settle time.
async fn checks(
    context: &Context,
    wanted: &Expectation<'_>,
    others: &mut Others<'_>,
    mut verified: Verified,
) -> Attempt {
    let mut good_since: Option<Instant> = None;
    loop {
        let here = controller::probe(&wanted.elsewhere.controller);
        let upstream = controller::answering(&wanted.elsewhere.upstream);
        let there = round(&mut verified.conversation, wanted.patience(SILENCE));
        let (there, here, upstream, seen) =
            tokio::join!(there, here, upstream, others.witnesses.round());
        let mut round = match there {
            Ok(round) => round,
            Err(attempt) => return attempt,
        };
        round.extend(here);
        round.extend(seen);
        with_upstream(&mut round, &upstream);
        // Also those that fail: whoever watches sees what is waited for, and what flaps.
        let name = &wanted.host.name;
        let news = others.told.news(&round);
        news.iter().for_each(|check| context.tell(check_event(name, check, false)));
        let judged = judge(&others.expected(wanted.baseline), &round, wanted.leaving);
        others.remember(&round);
        if let Verdict::Bad(complaints) = judged {
            return Attempt::Bad(complaints.join("; "), Some(verified));
        }
        let since = *good_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= wanted.settle || context.reverting() {
            return Attempt::Good(verified);
        }
        sleep(PAUSE.min(wanted.settle)).await;
    }
}

/// One round of the host's own checks. As long as lines come it goes on.
async fn round(conversation: &mut Conversation, patience: Patience) -> Result<Vec<Check>, Attempt> {
    let given_up = |why: GivenUp| {
        Attempt::Unreachable(match why {
            GivenUp::Silent => "the host's checks fell silent".to_owned(),
            GivenUp::TooLate => "the host's checks did not end in time".to_owned(),
        })
    };
    let said = patience.hear(conversation.say("check")).await.map_err(given_up)?;
    said.map_err(|t| Attempt::Unreachable(t.reason))?;
    let mut round = Vec::new();
    loop {
        match patience.hear(conversation.next()).await.map_err(given_up)? {
            Ok(Some((key, value))) => match key.as_str() {
                "check" => match Check::parse(&value) {
                    Some(_) if round.len() >= MAX_CHECKS => {
                        let reason = format!("more than {MAX_CHECKS} checks in one round");
                        return Err(Attempt::Bad(reason, None));
                    }
                    Some(check) => round.push(check),
                    None => {
                        return Err(Attempt::Bad(
                            format!("a check that cannot be read: {value:?}"),
                            None,
                        ));
                    }
                },
                "checked" => return Ok(round),
                "end" => return Err(decided(conversation)),
                _ => {}
            },
            Ok(None) => return Err(Attempt::Unreachable("the host's checks broke off".to_owned())),
            Err(trouble) => return Err(Attempt::Unreachable(trouble.reason)),
        }
    }
}

/// Asks a host for the revert of a change that nobody is going to confirm.
pub async fn revert_now(
    context: &Context,
    host: &Host,
    identity: &Identity,
    way: &Way,
    reason: &str,
) {
    let patience = Patience::within(SILENCE);
    if let Attempt::Good(verified) = reach(context, host, identity, way, patience).await {
        verified.revert(reason).await;
    }
}

impl Verified {
    /// Asks for the confirmation; what the host then says counts.
    pub async fn confirm(mut self) -> Option<Standing> {
        timeout(SILENCE, self.conversation.say("confirm")).await.ok()?.ok()?;
        self.hear_out().await
    }

    /// Asks for the revert. It goes on without us.
    pub async fn revert(mut self, reason: &str) {
        let reason: String = reason.chars().filter(|c| !c.is_control()).take(300).collect();
        // Not heard is not lost: the watchdog reverts as well.
        let said = timeout(SILENCE, self.conversation.say(&format!("revert {reason}"))).await;
        if matches!(said, Ok(Ok(()))) {
            let _ = self.hear_out().await;
        }
    }

    async fn hear_out(mut self) -> Option<Standing> {
        let all = async {
            while let Ok(Some((key, _))) = self.conversation.next().await {
                if key == "end" {
                    break;
                }
            }
        };
        timeout(SILENCE, all).await.ok()?;
        // The connection stays until the answer is in.
        let _ = self.link.peer();
        answer::standing(self.conversation.reply()).ok()
    }
}
