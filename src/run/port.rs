//! Switches the port that a NIC is plugged into: found and looked at first, the provider's
//! task followed to its end, the port's policy read back. What was not read back is not
//! claimed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::Context;
use super::fleet::at_most;
use super::stop::Stop;
use crate::desired::WantedPort;
use crate::observed::{PortPolicy, PortSetting, SeenPort};
use crate::plan::port_is;
use crate::provider::{Policy, Port, Ports, Progress, ProviderError, Setting, Task};
use crate::rollout::event::Event;

/// How long a call is repeated while the provider is only busy or does not answer.
const CALL_PATIENCE: Duration = Duration::from_secs(120);
/// The first pause between two attempts; each one is twice as long, up to the longest.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two looks at a task, or at a policy that is not there yet.
const LOOK: Duration = Duration::from_secs(2);
/// How often a policy is read back before it is believed not to hold.
const READ_BACKS: u32 = 5;

/// A NIC whose port is to be looked at or switched.
#[derive(Clone)]
pub struct PortWish {
    /// The host that the NIC belongs to.
    pub host: String,
    /// What the inventory says of it.
    pub wanted: WantedPort,
    /// Who switches it.
    pub ports: Arc<dyn Ports>,
    /// How long a task may take.
    pub patience: Duration,
}

/// Why a port is not known to be as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortTrouble {
    /// It was refused before anything was asked for.
    Refused(String),
    /// Something was asked for, or could have been.
    Failed(String),
    /// The user wants it to end.
    Interrupted(String),
}

/// A port that was switched, or needed no switching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// As it was found.
    pub before: SeenPort,
    /// As it was read back; none if it was as wanted before.
    pub after: Option<SeenPort>,
}

/// Looks at ports; results come in the order of the wishes.
pub async fn look_at_ports(
    context: &Context,
    wishes: Vec<PortWish>,
) -> Vec<(PortWish, Result<SeenPort, String>)> {
    let work = wishes.into_iter().map(|wish| {
        let context = context.clone();
        async move {
            let found = find(&context, &wish).await;
            let found = found.map(|port| seen(&port)).map_err(PortTrouble::words);
            (wish, found)
        }
    });
    at_most(context.forks, work).await
}

/// What switching a port would ask of the provider; none if it is as wanted.
///
/// # Errors
/// The port cannot be found, or not switched by these credentials.
pub async fn port_steps(
    context: &Context,
    wish: &PortWish,
    on: bool,
) -> Result<(SeenPort, Option<String>), PortTrouble> {
    let port = find(context, wish).await?;
    let seen = seen(&port);
    if port_is(&seen, on) {
        return Ok((seen, None));
    }
    let asked = port.clone();
    call(context, wish, move |ports| ports.check(&asked)).await?;
    Ok((seen, Some(wish.ports.call(&port, on))))
}

/// Switches a port and reads it back.
///
/// # Errors
/// It is not known to be as wanted; the text says where it stands.
pub async fn switch_port(
    context: &Context,
    wish: &PortWish,
    on: bool,
) -> Result<Switched, PortTrouble> {
    let port = find(context, wish).await?;
    let before = seen(&port);
    if port_is(&before, on) {
        return Ok(Switched { before, after: None });
    }
    let checked = port.clone();
    call(context, wish, move |ports| ports.check(&checked)).await?;
    if let Some(task) = set(context, wish, &port, on).await? {
        finished(context, wish, &task).await.map_err(PortTrouble::asked)?;
    }
    let after = read_back(context, wish, on).await.map_err(PortTrouble::asked)?;
    Ok(Switched { before, after: Some(after) })
}

/// Asks for the change, once. An answer that was lost is not asked for again before a look:
/// the first call may have got through.
async fn set(
    context: &Context,
    wish: &PortWish,
    port: &Port,
    on: bool,
) -> Result<Option<Task>, PortTrouble> {
    let end = Instant::now() + CALL_PATIENCE;
    let mut wait = PAUSE;
    loop {
        let asked = port.clone();
        let error = match once(wish, move |ports| ports.set(&asked, on)).await {
            Ok(task) => return Ok(Some(task)),
            Err(error) => error,
        };
        let next = error.after().unwrap_or(wait);
        if !error.is_passing() || Instant::now() + next > end {
            return Err(PortTrouble::Failed(words(&error)));
        }
        note(context, wish, format!("{error}; looking again in {} s", next.as_secs()));
        pause(context, next).await?;
        if port_is(&seen(&find(context, wish).await?), on) {
            return Ok(None);
        }
        wait = (wait * 2).min(LONGEST_PAUSE);
    }
}

/// Follows a task to its end.
async fn finished(context: &Context, wish: &PortWish, task: &Task) -> Result<(), PortTrouble> {
    let end = Instant::now() + wish.patience;
    let mut last = String::new();
    // The last part is its number; the rest is where it is asked for.
    let number = task.0.rsplit('/').next().unwrap_or_default();
    loop {
        let asked = task.clone();
        match call(context, wish, move |ports| ports.progress(&asked)).await? {
            Progress::Done => return Ok(()),
            Progress::Failed(why) => {
                return Err(PortTrouble::Failed(format!("task {number} failed: {why}")));
            }
            Progress::Running(word) => {
                if word != last {
                    note(context, wish, format!("task {number} is {word}"));
                    last = word;
                }
            }
        }
        if Instant::now() > end {
            let seconds = wish.patience.as_secs();
            return Err(PortTrouble::Failed(format!(
                "task {number} is still {last} after {seconds} s, and goes on without us"
            )));
        }
        pause(context, LOOK).await?;
    }
}

async fn read_back(context: &Context, wish: &PortWish, on: bool) -> Result<SeenPort, PortTrouble> {
    let mut last = None;
    for round in 0..READ_BACKS {
        if round > 0 {
            pause(context, LOOK).await?;
        }
        let port = seen(&find(context, wish).await?);
        if port_is(&port, on) {
            return Ok(port);
        }
        last = port.policy;
    }
    let it_is = last.map_or("it does not tell the port's policy".to_owned(), |policy| {
        format!("the port has {}", policy_words(&policy))
    });
    Err(PortTrouble::Failed(format!("the provider says that it is done, and {it_is}")))
}

/// A policy in words, in the order in which it is shown everywhere.
pub fn policy_words(policy: &PortPolicy) -> String {
    let all = [
        ("promiscuous mode", policy.promiscuous),
        ("forged transmits", policy.forged_transmits),
        ("MAC changes", policy.mac_changes),
    ];
    let word = |(name, setting): (&str, PortSetting)| {
        let verb = if setting.accepted { "accepted" } else { "rejected" };
        let from = if setting.inherited { " (from its port group)" } else { "" };
        format!("{name} {verb}{from}")
    };
    all.map(word).join(", ")
}

fn seen(port: &Port) -> SeenPort {
    let setting = |s: Setting| PortSetting { accepted: s.accepted, inherited: s.inherited };
    let policy = |policy: Policy| PortPolicy {
        promiscuous: setting(policy.promiscuous),
        forged_transmits: setting(policy.forged_transmits),
        mac_changes: setting(policy.mac_changes),
    };
    SeenPort {
        vm: port.vm.clone(),
        moref: port.moref.clone(),
        mac: port.mac.clone(),
        place: port.place.clone(),
        policy: port.policy.map(policy),
        notes: port.notes.clone(),
    }
}

async fn find(context: &Context, wish: &PortWish) -> Result<Port, PortTrouble> {
    let (vm, mac) = (wish.wanted.vm.clone(), wish.wanted.mac.clone());
    call(context, wish, move |ports| ports.find(&vm, &mac)).await
}

/// One call that changes nothing, repeated while the provider is only busy.
async fn call<T: Send + 'static>(
    context: &Context,
    wish: &PortWish,
    work: impl Fn(&dyn Ports) -> Result<T, ProviderError> + Clone + Send + 'static,
) -> Result<T, PortTrouble> {
    let end = Instant::now() + CALL_PATIENCE;
    let mut wait = PAUSE;
    loop {
        let error = match once(wish, work.clone()).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let next = error.after().unwrap_or(wait);
        if matches!(error, ProviderError::Refused { .. }) {
            return Err(PortTrouble::Refused(words(&error)));
        }
        if !error.is_passing() || Instant::now() + next > end {
            return Err(PortTrouble::Failed(words(&error)));
        }
        note(context, wish, format!("{error}; asking again in {} s", next.as_secs()));
        pause(context, next).await?;
        wait = (wait * 2).min(LONGEST_PAUSE);
    }
}

async fn once<T: Send + 'static>(
    wish: &PortWish,
    work: impl FnOnce(&dyn Ports) -> Result<T, ProviderError> + Send + 'static,
) -> Result<T, ProviderError> {
    let ports = Arc::clone(&wish.ports);
    match tokio::task::spawn_blocking(move || work(ports.as_ref())).await {
        Ok(result) => result,
        // A bug in a driver must not pass for an answer.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Waits, unless the user wants it to end.
async fn pause(context: &Context, time: Duration) -> Result<(), PortTrouble> {
    let mut stop = context.interrupt.clone();
    tokio::select! {
        Ok(_) = stop.wait_for(|stop| *stop >= Stop::Finish) => Err(PortTrouble::Interrupted(
            "interrupted; what was asked of the provider goes on without us".to_owned(),
        )),
        () = sleep(time) => Ok(()),
    }
}

fn note(context: &Context, wish: &PortWish, message: String) {
    context.tell(Event::Note { host: wish.host.clone(), message });
}

fn words(error: &ProviderError) -> String {
    match error.remedy() {
        Some(remedy) => format!("{error}: {remedy}"),
        None => error.to_string(),
    }
}

impl PortTrouble {
    /// The same after something was asked for: that was no refusal any more.
    fn asked(self) -> Self {
        match self {
            Self::Refused(words) => Self::Failed(words),
            other => other,
        }
    }

    /// Its words.
    pub fn words(self) -> String {
        match self {
            Self::Refused(words) | Self::Failed(words) | Self::Interrupted(words) => words,
        }
    }
}
