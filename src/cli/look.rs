//! A look at hosts that changes nothing: read, compared with what is wanted, and kept.

use super::args::Reach;
use super::driver::Driver;
use super::exit::Exit;
use super::failure::Failure;
use super::keep;
use super::project::Rendered;
use crate::desired::Masks;
use crate::network::live::Live;
use crate::plan::HostPlan;
use crate::report::drift::{HostDrift, Seen};
use crate::rollout::outcome::{Outcome, Weight};
use crate::run::journal::{DifferenceRecord, Found, Head, Journal, Look, Looked, Wanted, now};
use crate::run::{Planned, plan_all};

/// What a look came to.
pub struct Seeing {
    /// The hosts, in their order.
    pub hosts: Vec<HostDrift>,
    /// Their plans, in the same order; none of those that could not be read.
    pub plans: Vec<Option<HostPlan>>,
    /// Their live states, in the same order, where the driver was asked to keep them.
    pub lives: Vec<Option<Live>>,
    /// The command's exit code.
    pub exit: Exit,
    /// The journal, if there is one.
    pub journal: Option<Box<dyn Journal>>,
}

/// Reads the hosts and keeps what was found, under a command's name. Nothing if the user
/// wanted it to end: half a look tells of no host that something is gone.
pub fn look(
    reach: &Reach,
    command: &str,
    rendered: Rendered,
    driver: &mut Driver,
    colour: bool,
) -> Result<Option<Seeing>, Failure> {
    let mut journal = keep::for_look(reach, colour)?;
    let context = driver.context().clone();
    let started = now();
    let head = Head {
        run: context.run.clone(),
        command: command.to_owned(),
        playbook: Some(rendered.playbook.clone()),
        who: context.who.clone(),
        resumes: None,
        hosts: rendered.hosts.iter().map(|d| Wanted::of(&d.host.name, Some(d.digest()))).collect(),
        part: None,
    };
    let login = [&context.login.password, &context.login.become_password];
    let typed = login.into_iter().flatten().map(|secret| secret.reveal().to_owned());
    let masks = Masks::of_all(rendered.hosts.iter().map(|desired| &desired.host)).and(typed);
    let working = context.clone();
    let planned = driver.look(async move { plan_all(&working, rendered.hosts).await })?;
    if context.interrupted() {
        return Ok(None);
    }
    let (mut hosts, mut plans, mut lives) = (Vec::new(), Vec::new(), Vec::new());
    for Planned { host, plan, live, seconds, .. } in planned {
        let drift = plan.as_ref().map(|plan| plan.compared.clone()).map_err(Clone::clone);
        hosts.push(HostDrift { host: host.name, drift, seen: Vec::new(), seconds });
        plans.push(plan.ok());
        lives.push(live.map(|live| *live));
    }
    let exit = Exit::of(hosts.iter().map(weight));
    let found = hosts.iter().map(|host| looked(host, &masks)).collect();
    let look = Look { head, started, ended: now(), exit_code: exit.code(), hosts: found };
    if let Some(kept) = &mut journal
        && !keep::look(reach, kept.as_mut(), &look, colour)?
    {
        journal = None;
    }
    if let Some(journal) = &journal {
        for host in &mut hosts {
            let known = journal.differences(Some(&host.host)).map_err(|e| keep::failure(&e))?;
            host.seen = seen(host, &known, &look, &masks);
        }
    }
    Ok(Some(Seeing { hosts, plans, lives, exit, journal }))
}

fn looked(host: &HostDrift, masks: &Masks) -> Looked {
    let found = host.drift.as_ref().ok().map(|compared| Found::all(&compared.drift, masks));
    let whole = host.drift.as_ref().is_ok_and(|compared| compared.not_compared.is_empty());
    let outcome = match (&host.drift, host.state()) {
        (Err(outcome), _) => outcome.without_secrets(masks),
        (Ok(_), "clean") => Outcome::Unchanged,
        (Ok(_), "drifted") => Outcome::Drifted,
        (Ok(compared), _) => {
            let reason = format!("not compared: {}", compared.not_compared.join(", "));
            Outcome::Failed { reason: masks.hide(&reason), remedy: None }
        }
    };
    Looked { host: host.host.clone(), outcome, found, whole }
}

/// Of each difference since when looks have found it.
fn seen(host: &HostDrift, known: &[DifferenceRecord], look: &Look, masks: &Masks) -> Vec<Seen> {
    let playbook = look.head.playbook.as_deref().unwrap_or_default();
    let drift = host.drift.as_ref().map_or(&[][..], |compared| &compared.drift);
    let of = |drifted| {
        let own = known.iter().find(|known| {
            known.gone.is_none() && known.playbook == playbook && known.is_about(drifted, masks)
        });
        own.map_or_else(Seen::default, |known| Seen {
            first: Some(known.first / 1000),
            before: known.before.map(|before| before / 1000),
            new: known.first == look.ended,
        })
    };
    drift.iter().map(of).collect()
}

fn weight(host: &HostDrift) -> Weight {
    match (&host.drift, host.state()) {
        (Err(outcome), _) => Outcome::weight(outcome),
        (Ok(_), "clean") => Weight::Fine,
        (Ok(_), "drifted") => Weight::Changes,
        // Nothing is known of what could not be compared: not fine, and not drift either.
        (Ok(_), _) => Weight::Failed,
    }
}
