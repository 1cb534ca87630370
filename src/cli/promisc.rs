//! `rappel promisc`: promiscuous ports of virtual switches, for CARP and VRRP.

use std::time::Duration;

use serde_json::{Value, json};

use super::args::{Promisc, Switching};
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::desired::{Host, WantedPort, mac, wanted_ports};
use crate::diagnostic::Diagnostic;
use crate::observed::SeenPort;
use crate::plan::port_change;
use crate::report::clean::clean;
use crate::report::json::line;
use crate::run::{PortWish, Trouble, look_at_ports, policy_words, port_steps, switch_port};

const REMEDY: &str =
    "say in the inventory which NICs it has: `rappel_promisc`, docs/book/promisc.md";

/// Runs the command.
pub fn run(args: &Promisc, colour: bool) -> Result<Exit, Failure> {
    let mut wishes = wishes(args)?;
    let mut driver = Driver::new(&args.reach, None, colour)?;
    let on = match args.action {
        Switching::Status => return status(&mut driver, wishes, colour),
        Switching::On => true,
        Switching::Off => false,
    };
    // There is one: `wishes` refuses others.
    match wishes.pop() {
        Some(wish) if args.dry_run => steps(&mut driver, wish, on, colour),
        Some(wish) => switch(&mut driver, wish, on, colour),
        None => Ok(Exit::Ok),
    }
}

/// The NICs that are meant.
fn wishes(args: &Promisc) -> Result<Vec<PortWish>, Failure> {
    let by_mac = args.target.as_deref().and_then(mac);
    let pattern = if by_mac.is_some() { None } else { args.target.as_deref() };
    let hosts = project::hosts(&args.inventory, pattern)?;
    let nic = args.nic.as_deref();
    let asked = |wanted: &WantedPort| match (&by_mac, nic) {
        (Some(mac), _) => wanted.mac == *mac,
        (None, Some(nic)) => wanted.nic == nic || mac(nic).as_ref() == Some(&wanted.mac),
        (None, None) => true,
    };
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for host in &hosts {
        for wanted in wanted_ports(host).map_err(|error| of(host, &error))? {
            match asked(&wanted) {
                true => found.push(wish(host, wanted, args)?),
                false => others.push(wanted),
            }
        }
    }
    if found.is_empty() {
        return Err(refused(none(args, &others), REMEDY));
    }
    if args.action != Switching::Status && found.len() > 1 {
        let named = |w: &PortWish| format!("{} {} ({})", w.host, w.wanted.nic, w.wanted.mac);
        let named: Vec<String> = found.iter().map(named).collect();
        return Err(refused(
            format!("more than one NIC is meant: {}", named.join(", ")),
            "name the host and one NIC: rappel promisc on HOST NIC",
        ));
    }
    Ok(found)
}

fn none(args: &Promisc, others: &[WantedPort]) -> String {
    let target = args.target.as_deref().unwrap_or("any host");
    match (args.nic.as_deref(), others) {
        (_, []) => format!("the inventory names no NIC of {target}"),
        (nic, others) => {
            let known: Vec<String> =
                others.iter().map(|port| format!("{} ({})", port.nic, port.mac)).collect();
            format!("there is no NIC {}, but {}", nic.unwrap_or(target), known.join(", "))
        }
    }
}

fn wish(host: &Host, wanted: WantedPort, args: &Promisc) -> Result<PortWish, Failure> {
    let wish = PortWish::of(host, wanted).map_err(|error| of(host, &error))?;
    let patience = Duration::from_secs(args.wait);
    Ok(PortWish { whole_group: args.expose_whole_port_group, patience, ..wish })
}

fn of(host: &Host, error: &str) -> Failure {
    refused(format!("{}: {error}", host.name), "correct `rappel_promisc` in the inventory")
}

fn refused(message: String, remedy: &str) -> Failure {
    Failure::refused(vec![Diagnostic::error(message).remedy(remedy)])
}

fn status(driver: &mut Driver, wishes: Vec<PortWish>, colour: bool) -> Result<Exit, Failure> {
    let context = driver.context().clone();
    let found = driver.look(async move { look_at_ports(&context, wishes).await })?;
    let mut exit = Exit::Ok;
    for (wish, seen) in &found {
        let (own, words, object) = match seen {
            Ok(seen) => told(wish, seen),
            Err(reason) => failed(wish, reason, Exit::Error),
        };
        exit = heavier(exit, own);
        show(driver, &words, &object, colour)?;
    }
    Ok(if driver.context().interrupted() { Exit::Interrupted } else { exit })
}

/// An error weighs more than a difference.
fn heavier(one: Exit, other: Exit) -> Exit {
    match (one, other) {
        (Exit::Error, _) | (_, Exit::Error) => Exit::Error,
        (Exit::Changes, _) | (_, Exit::Changes) => Exit::Changes,
        _ => Exit::Ok,
    }
}

fn told(wish: &PortWish, seen: &SeenPort) -> (Exit, String, Value) {
    let change = port_change(&wish.wanted, seen);
    let mut words = described(wish, seen);
    if let Some(change) = &change {
        let (is_to_be, action) = match change.promiscuous {
            true => ("is to be", "on"),
            false => ("is not to be", "off"),
        };
        words.push_str(&format!(
            "    the inventory says that it {is_to_be} promiscuous: rappel promisc {action} {} {}\n",
            clean(&wish.host),
            clean(&wish.wanted.nic)
        ));
    }
    let exit = if change.is_some() { Exit::Changes } else { Exit::Ok };
    let mut object = object(wish, seen);
    object["change"] = json!(change);
    (exit, words, object)
}

fn steps(driver: &mut Driver, wish: PortWish, on: bool, colour: bool) -> Result<Exit, Failure> {
    let (context, asked) = (driver.context().clone(), wish.clone());
    let steps = driver.run(async move { port_steps(&context, &asked, on).await })?;
    let (exit, words, object) = match steps {
        Ok((seen, None)) => unchanged(&wish, &seen, on),
        Ok((seen, Some(call))) => {
            let mut words = described(&wish, &seen);
            words.push_str(&format!("    would be asked for: {}\n", clean(&call)));
            let mut object = object(&wish, &seen);
            object["result"] = json!("would_switch");
            object["call"] = json!(call);
            (Exit::Changes, words, object)
        }
        Err(trouble) => troubled(&wish, trouble),
    };
    show(driver, &words, &object, colour)?;
    Ok(exit)
}

fn switch(driver: &mut Driver, wish: PortWish, on: bool, colour: bool) -> Result<Exit, Failure> {
    let (context, asked) = (driver.context().clone(), wish.clone());
    let switched = driver.run(async move { switch_port(&context, &asked, on).await })?;
    let (exit, words, object) = match switched {
        Ok(switched) => match &switched.after {
            None => unchanged(&wish, &switched.before, on),
            Some(after) => {
                let policy = after.policy.as_ref().map(policy_words).unwrap_or_default();
                let is = if on { "is promiscuous now" } else { "is not promiscuous any more" };
                let words = format!("{} {is}, read back: {policy}\n", name(&wish));
                let mut object = object(&wish, after);
                object["result"] = json!("switched");
                object["before"] = json!(switched.before);
                (Exit::Ok, words + &otherwise(&wish, on), object)
            }
        },
        Err(trouble) => troubled(&wish, trouble),
    };
    show(driver, &words, &object, colour)?;
    Ok(exit)
}

fn unchanged(wish: &PortWish, seen: &SeenPort, on: bool) -> (Exit, String, Value) {
    let is = if on { "is promiscuous already" } else { "is not promiscuous" };
    let policy = seen.policy.as_ref().map(policy_words).unwrap_or_default();
    let words = format!("{} {is}: {policy}\n", name(wish));
    let mut object = object(wish, seen);
    object["result"] = json!("unchanged");
    (Exit::Ok, words + &otherwise(wish, on), object)
}

/// What was asked for is not what the inventory says: the next `status` would name it.
fn otherwise(wish: &PortWish, on: bool) -> String {
    match wish.wanted.promiscuous == on {
        true => String::new(),
        false => {
            format!("    the inventory says `promiscuous: {}` of it\n", wish.wanted.promiscuous)
        }
    }
}

fn troubled(wish: &PortWish, trouble: Trouble) -> (Exit, String, Value) {
    let exit = match &trouble {
        Trouble::Refused(_) => Exit::Refused,
        Trouble::Failed(_) => Exit::Error,
        Trouble::Interrupted(_) => Exit::Interrupted,
    };
    failed(wish, &trouble.words(), exit)
}

fn failed(wish: &PortWish, reason: &str, exit: Exit) -> (Exit, String, Value) {
    let words = format!("{}: {}\n", name(wish), clean(reason));
    let result = if exit == Exit::Refused { "refused" } else { "failed" };
    let WantedPort { nic, mac, vm, .. } = &wish.wanted;
    let object = json!({
        "host": wish.host, "nic": nic, "mac": mac, "vm": vm, "result": result, "error": reason,
    });
    (exit, words, object)
}

fn name(wish: &PortWish) -> String {
    let WantedPort { nic, mac, .. } = &wish.wanted;
    format!("{}: {} {}", clean(&wish.host), clean(nic), clean(mac))
}

fn described(wish: &PortWish, seen: &SeenPort) -> String {
    let mut words = format!("{} of {} ({})", name(wish), clean(&seen.vm), clean(&seen.moref));
    for place in &seen.place {
        words.push_str(&format!(", {}", clean(place)));
    }
    let policy = seen.policy.as_ref().map(policy_words);
    let policy = policy.unwrap_or_else(|| "the provider does not tell its policy".to_owned());
    words.push_str(&format!("\n    {policy}\n"));
    for note in &seen.notes {
        words.push_str(&format!("    {}\n", clean(note)));
    }
    words
}

fn object(wish: &PortWish, seen: &SeenPort) -> Value {
    json!({
        "host": wish.host, "nic": wish.wanted.nic, "wanted": wish.wanted.promiscuous,
        "state": seen.state(), "port": seen,
    })
}

fn show(driver: &Driver, words: &str, object: &Value, colour: bool) -> Result<(), Failure> {
    let words = match driver.for_people() {
        true => words.to_owned(),
        false => format!("{}\n", line(object)?),
    };
    Ok(write_text(&words, colour)?)
}
