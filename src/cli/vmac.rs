//! `rappel vmac`: the virtual MAC addresses that a provider lets a server's VMs send from.

use std::time::Duration;

use serde_json::json;

use super::args::{Making, Vmac};
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::desired::{Host, wanted_macs};
use crate::diagnostic::Diagnostic;
use crate::plan::MacPlan;
use crate::report::clean::clean;
use crate::report::json::line;
use crate::run::{MacWish, Trouble, look_at_macs, mac_call, make_mac};

/// How one of them stands: exit code, words, and the same for programs.
type Told = (Exit, String, serde_json::Value);

/// Runs the command.
pub fn run(args: &Vmac, colour: bool) -> Result<Exit, Failure> {
    let wishes = wishes(args)?;
    let mut driver = Driver::new(&args.reach, None, colour)?;
    let context = driver.context().clone();
    let told: Vec<Told> = if args.action == Making::Create && !args.dry_run {
        driver.run(async move {
            let mut told = Vec::new();
            // One after the other: they are of the same servers.
            for wish in wishes {
                let made = make_mac(&context, &wish).await;
                told.push(of_made(&wish, made));
            }
            told
        })?
    } else {
        let found = driver.look(async move { look_at_macs(&context, wishes).await })?;
        found.iter().map(|(wish, plan)| of_look(wish, plan)).collect()
    };
    let mut exit = Exit::Ok;
    for (own, words, object) in &told {
        exit = if exit == Exit::Ok || own.code() == Exit::Error.code() { *own } else { exit };
        let words = match driver.for_people() {
            true => words.clone(),
            false => format!("{}\n", line(object)?),
        };
        write_text(&words, colour)?;
    }
    Ok(if driver.context().interrupted() { Exit::Interrupted } else { exit })
}

fn wishes(args: &Vmac) -> Result<Vec<MacWish>, Failure> {
    let hosts = project::hosts(&args.inventory, args.target.as_deref())?;
    let mut found = Vec::new();
    for host in &hosts {
        let wanted = wanted_macs(host).map_err(|error| of(host, &error))?;
        let meant = |vm: &str| args.vm.as_deref().is_none_or(|only| only == vm);
        let wanted = wanted.into_iter().filter(|wanted| meant(&wanted.vm));
        for wanted in wanted {
            let wish = MacWish::of(host, wanted).map_err(|error| of(host, &error))?;
            found.push(MacWish { patience: Duration::from_secs(args.wait), ..wish });
        }
    }
    match found.is_empty() {
        false => Ok(found),
        true => Err(Failure::refused(vec![
            Diagnostic::error("no host's `rappel_virtual_macs` names such a VM")
                .remedy("name it there, with its additional address: docs/book/topology-t1.md"),
        ])),
    }
}

fn of(host: &Host, error: &str) -> Failure {
    let message = format!("{}: {error}", host.name);
    Failure::refused(vec![
        Diagnostic::error(message)
            .remedy("correct `rappel_virtual_macs` and `rappel_provider` in the inventory"),
    ])
}

fn of_look(wish: &MacWish, plan: &Result<MacPlan, String>) -> Told {
    match plan {
        Ok(MacPlan::Has(mac)) => has(wish, mac, false),
        Ok(MacPlan::Refused(why)) => trouble(wish, &Trouble::Refused(why.clone())),
        Ok(plan) => {
            let call = mac_call(wish, plan).unwrap_or_default();
            let missing = match plan {
                MacPlan::Join(mac) => format!("does not have the virtual MAC {mac} yet"),
                _ => "has no virtual MAC yet".to_owned(),
            };
            let words = format!(
                "{} {missing}: rappel vmac create {} {}\n    would be asked for: {}\n",
                name(wish),
                clean(&wish.host),
                clean(&wish.wanted.vm),
                clean(&call)
            );
            (Exit::Changes, words, object(wish, &json!({ "result": "missing", "call": call })))
        }
        Err(reason) => trouble(wish, &Trouble::Failed(reason.clone())),
    }
}

fn of_made(wish: &MacWish, made: Result<(String, bool), Trouble>) -> Told {
    match made {
        Ok((mac, new)) => has(wish, &mac, new),
        Err(reason) => trouble(wish, &reason),
    }
}

fn has(wish: &MacWish, mac: &str, new: bool) -> Told {
    let now = if new { " now, read back" } else { "" };
    let mut words = format!("{} has the virtual MAC {mac}{now}\n", name(wish));
    if wish.wanted.mac.is_none() {
        words.push_str(&format!("    write it down, here and in the VM's NIC: mac: \"{mac}\"\n"));
    }
    let result = if new { "created" } else { "unchanged" };
    (Exit::Ok, words, object(wish, &json!({ "result": result, "mac": mac })))
}

fn trouble(wish: &MacWish, trouble: &Trouble) -> Told {
    let (exit, result, reason) = match trouble {
        Trouble::Refused(reason) => (Exit::Refused, "refused", reason),
        Trouble::Failed(reason) => (Exit::Error, "failed", reason),
        Trouble::Interrupted(reason) => (Exit::Interrupted, "failed", reason),
    };
    let words = format!("{}: {}\n", name(wish), clean(reason));
    (exit, words, object(wish, &json!({ "result": result, "error": reason })))
}

fn name(wish: &MacWish) -> String {
    format!("{}: {} {}", clean(&wish.host), clean(&wish.wanted.vm), wish.wanted.address)
}

fn object(wish: &MacWish, more: &serde_json::Value) -> serde_json::Value {
    let mut object = json!({
        "host": wish.host, "vm": wish.wanted.vm, "ip": wish.wanted.address,
        "wanted": wish.wanted.mac,
    });
    if let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) {
        object.extend(more.clone());
    }
    object
}
