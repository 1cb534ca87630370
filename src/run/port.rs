//! Switches the port that a NIC is plugged into: found and looked at first, the provider's
//! task followed to its end, the port's policy read back. What was not read back is not
//! claimed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::asking::{Asking, CALL_PATIENCE, LONGEST_PAUSE, LOOK, PATIENCE, PAUSE, Trouble, words};
use super::context::Context;
use super::fleet::at_most;
use crate::desired::{Host, PortSwitch, WantedPort};
use crate::observed::{PortPolicy, PortSetting, SeenPort};
use crate::plan::port_is;
use crate::provider::{Policy, Port, Ports, Setting, Switch, Task, port_driver};

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
    /// Whether all ports of its port group are meant.
    pub whole_group: bool,
    /// How long a task may take.
    pub patience: Duration,
}

impl PortWish {
    /// A host's NIC, with whoever switches its port.
    ///
    /// # Errors
    /// The host's vars do not say who that is; the text repeats no value of theirs.
    pub fn of(host: &Host, wanted: WantedPort) -> Result<Self, String> {
        let switch = match wanted.switch {
            PortSwitch::Public => Switch::Public,
            PortSwitch::Vrack => Switch::Vrack,
        };
        let ports = Arc::from(port_driver(&host.vars, switch)?);
        let (host, patience) = (host.name.clone(), PATIENCE);
        Ok(Self { host, wanted, ports, whole_group: false, patience })
    }

    fn asking<'a>(&'a self, context: &'a Context) -> Asking<'a> {
        Asking { context, host: &self.host }
    }
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
            let found = found.map(|port| seen(&port)).map_err(Trouble::words);
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
) -> Result<(SeenPort, Option<String>), Trouble> {
    let port = find(context, wish).await?;
    let seen = seen(&port);
    if port_is(&seen, on) {
        return Ok((seen, None));
    }
    let asked = port.clone();
    wish.asking(context).call(&wish.ports, move |ports| ports.check(&asked)).await?;
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
) -> Result<Switched, Trouble> {
    let port = find(context, wish).await?;
    let before = seen(&port);
    if port_is(&before, on) {
        return Ok(Switched { before, after: None });
    }
    let checked = port.clone();
    wish.asking(context).call(&wish.ports, move |ports| ports.check(&checked)).await?;
    if let Some(task) = set(context, wish, &port, on).await? {
        finished(context, wish, task).await.map_err(Trouble::asked)?;
    }
    let after = read_back(context, wish, on).await.map_err(Trouble::asked)?;
    Ok(Switched { before, after: Some(after) })
}

/// Asks for the change, once. An answer that was lost is not asked for again before a look:
/// the first call may have got through.
async fn set(
    context: &Context,
    wish: &PortWish,
    port: &Port,
    on: bool,
) -> Result<Option<Task>, Trouble> {
    let asking = wish.asking(context);
    let end = Instant::now() + CALL_PATIENCE;
    let mut wait = PAUSE;
    loop {
        let asked = port.clone();
        let error = match asking.once(&wish.ports, move |ports| ports.set(&asked, on)).await {
            Ok(task) => return Ok(Some(task)),
            Err(error) => error,
        };
        let next = error.after().unwrap_or(wait);
        if !error.is_passing() || Instant::now() + next > end {
            return Err(Trouble::Failed(words(&error)));
        }
        asking.note(format!("{error}; looking again in {} s", next.as_secs()));
        asking.pause(next).await?;
        if port_is(&seen(&find(context, wish).await?), on) {
            return Ok(None);
        }
        wait = (wait * 2).min(LONGEST_PAUSE);
    }
}

/// The last part of a task is its number; the rest is where it is asked for.
async fn finished(context: &Context, wish: &PortWish, task: Task) -> Result<(), Trouble> {
    let number = task.0.rsplit('/').next().unwrap_or_default().to_owned();
    let asking = wish.asking(context);
    asking.finished(&wish.ports, &number, wish.patience, move |ports| ports.progress(&task)).await
}

async fn read_back(context: &Context, wish: &PortWish, on: bool) -> Result<SeenPort, Trouble> {
    let mut last = None;
    for round in 0..READ_BACKS {
        if round > 0 {
            wish.asking(context).pause(LOOK).await?;
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
    Err(Trouble::Failed(format!("the provider says that it is done, and {it_is}")))
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

pub(super) fn seen(port: &Port) -> SeenPort {
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

async fn find(context: &Context, wish: &PortWish) -> Result<Port, Trouble> {
    let (vm, mac) = (wish.wanted.vm.clone(), wish.wanted.mac.clone());
    let whole = wish.whole_group;
    let asking = wish.asking(context);
    asking
        .call(&wish.ports, move |ports| match whole {
            true => ports.group(&vm, &mac),
            false => ports.find(&vm, &mac),
        })
        .await
}
