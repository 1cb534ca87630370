//! `rappel guest restart`: one guest after the other, so that not all are away at once.

use std::fmt::Write;
use std::time::Duration;

use super::args::{GuestRestart, Inventory};
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::desired::{Host, guest_of};
use crate::diagnostic::Diagnostic;
use crate::report::clean::clean;
use crate::report::json::line;
use crate::report::text::outcome_words;
use crate::rollout::outcome::{Outcome, Weight};
use crate::run::{Restart, Restarted, restart as restart_guest};

/// Runs the command. A guest that does not answer in time is an error; the next one is not
/// touched then.
pub fn restart(args: &GuestRestart, colour: bool) -> Result<Exit, Failure> {
    let hosts = project::hosts(&args.inventory, None)?;
    // A guest is found as a host whatever --limit says of hypervisors.
    let whole = Inventory { limit: None, exclude: None, ..args.inventory.clone() };
    let everybody = project::hosts(&whole, None)?;
    let patience = Duration::from_secs(args.patience);
    let wishes = args.guests.iter().map(|name| wish(name, &hosts, &everybody, patience));
    let wishes: Vec<Restart> = wishes.collect::<Result<_, _>>()?;
    let mut driver = Driver::new(&args.reach, None, colour)?;
    for wish in wishes {
        let context = driver.context().clone();
        let name = wish.guest.name.clone();
        let host = wish.host.name.clone();
        let result = driver.run(async move { restart_guest(&context, &wish).await })?;
        let words = if driver.for_people() {
            said(&name, &host, &result)
        } else {
            format!("{}\n", line(&as_json(&name, &host, &result))?)
        };
        write_text(&words, colour)?;
        match &result {
            Err(outcome) => return Ok(Exit::of(std::iter::once(Outcome::weight(outcome)))),
            Ok(done) if !well(done) => return Ok(Exit::of(std::iter::once(Weight::Failed))),
            Ok(_) => {}
        }
        if driver.context().interrupted() {
            return Ok(Exit::Interrupted);
        }
    }
    Ok(Exit::Ok)
}

fn wish(
    name: &str,
    hosts: &[Host],
    everybody: &[Host],
    patience: Duration,
) -> Result<Restart, Failure> {
    let mut found = hosts.iter().filter_map(|host| Some((host, guest_of(host, name)?)));
    let Some((host, guest)) = found.next() else {
        return Err(Diagnostic::error(format!("no host has a guest `{name}`"))
            .remedy("name it in `network.guests` of its hypervisor")
            .into());
    };
    if let Some((other, _)) = found.next() {
        let message = format!("`{}` and `{}` both have a guest `{name}`", host.name, other.name);
        return Err(Diagnostic::error(message).remedy("choose the hypervisor with --limit").into());
    }
    let Some(manager) = guest.manager.clone() else {
        return Err(Diagnostic::error(format!(
            "nothing says what runs `{name}` on `{}`",
            host.name
        ))
        .remedy("add `manager: virsh` (or qm, pct, nspawn), or a command as `restart:`")
        .into());
    };
    let itself = everybody.iter().find(|host| host.name == name).cloned();
    Ok(Restart { host: host.clone(), guest, manager, itself, patience })
}

fn well(done: &Restarted) -> bool {
    done.silent.is_empty() && !matches!(done.login, Some(Err(_)))
}

fn said(name: &str, host: &str, result: &Result<Restarted, Outcome>) -> String {
    let (name, host) = (clean(name), clean(host));
    let done = match result {
        Ok(done) => done,
        Err(outcome) => return format!("{name} on {host}: {}\n", outcome_words(outcome)),
    };
    let mut out = format!("{name} on {host}: restarted");
    if done.forced {
        out.push_str(", by force: it did not stop when asked to");
    }
    for entry in &done.parted {
        let _ = write!(out, "; its proxied entry {} was away meanwhile", clean(entry));
    }
    match &done.login {
        _ if !done.silent.is_empty() => {
            let _ = write!(out, "; no answer from {}", clean(&done.silent.join(", ")));
        }
        Some(Err(why)) => {
            let _ = write!(out, "; no login: {}", outcome_words(why));
        }
        Some(Ok(address)) => {
            let _ = write!(out, "; answers, and takes a login at {address}");
        }
        None => out.push_str("; answers"),
    }
    out.push('\n');
    out
}

fn as_json(name: &str, host: &str, result: &Result<Restarted, Outcome>) -> serde_json::Value {
    match result {
        Err(outcome) => serde_json::json!({ "guest": name, "host": host, "error": outcome }),
        Ok(done) => serde_json::json!({
            "guest": name,
            "host": host,
            "forced": done.forced,
            "silent": done.silent,
            "login": done.login.as_ref().map(Result::is_ok),
        }),
    }
}
