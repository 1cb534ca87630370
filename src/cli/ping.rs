//! `rappel ping`: makes the checks that the playbook declares, and changes nothing.

use super::args::Ping;
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::{project, watch};
use crate::report::checks;
use crate::report::clean::clean;
use crate::report::json::line;
use crate::report::text::outcome_words;
use crate::rollout::outcome::{Outcome, Weight};
use crate::rollout::verdict::CheckResult;
use crate::run::{Pinged, ping_all};

/// Runs the command. What fails and what could not be found out is an error; a host that
/// cannot be reached weighs more.
pub fn run(args: &Ping, colour: bool) -> Result<Exit, Failure> {
    let mut hosts = project::checked(args, colour)?;
    hosts.retain(|pinging| args.part.has(&pinging.host.name));
    let mut driver = Driver::new(&args.reach, None, colour)?;
    if let Some(seconds) = args.watch {
        return watch::run(&mut driver, &hosts, seconds, colour);
    }
    let context = driver.context().clone();
    let pinged = driver.run(async move { ping_all(&context, hosts).await })?;
    if driver.for_people() {
        write_text(&table(&pinged), colour)?;
    } else {
        write_text(&objects(&pinged, None)?, colour)?;
    }
    if driver.context().interrupted() {
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::of(pinged.iter().map(weight)))
}

/// A round for people: the checks in columns, then the hosts that could not make any.
pub fn table(pinged: &[Pinged]) -> String {
    let made =
        pinged.iter().filter_map(|(host, result)| Some((host.as_str(), result.as_ref().ok()?)));
    let rows = made.flat_map(|(host, checks)| checks.iter().map(move |check| (host, check)));
    let mut text = checks::table(rows);
    for (host, result) in pinged {
        if let Err(outcome) = result {
            text.push_str(&format!("{}: {}\n", clean(host), outcome_words(outcome)));
        }
    }
    text
}

/// A round for programs: an object a line.
pub fn objects(pinged: &[Pinged], round: Option<u64>) -> Result<String, Failure> {
    let mut text = String::new();
    let mut add = |mut object: serde_json::Value| -> Result<(), Failure> {
        if let (Some(round), Some(fields)) = (round, object.as_object_mut()) {
            fields.insert("round".to_owned(), round.into());
        }
        text.push_str(&line(&object)?);
        text.push('\n');
        Ok(())
    };
    for (host, result) in pinged {
        match result {
            Ok(checks) => checks.iter().try_for_each(|c| add(checks::json(host, c)))?,
            Err(outcome) => add(serde_json::json!({ "host": host, "error": outcome }))?,
        }
    }
    Ok(text)
}

/// What a host's round means for the exit code.
pub fn weight((_, result): &Pinged) -> Weight {
    match result {
        Ok(checks) if checks.iter().all(|check| check.result == CheckResult::Pass) => Weight::Fine,
        Ok(_) => Weight::Failed,
        Err(outcome) => Outcome::weight(outcome),
    }
}
