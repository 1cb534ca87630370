//! `rappel ping`: makes the checks that the playbook declares, and changes nothing.

use super::args::Ping;
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::report::checks;
use crate::report::clean::clean;
use crate::report::json::line;
use crate::report::text::outcome_words;
use crate::rollout::outcome::{Outcome, Weight};
use crate::rollout::verdict::{Check, CheckResult};
use crate::run::ping_all;

/// Runs the command. What fails and what could not be found out is an error; a host that
/// cannot be reached weighs more.
pub fn run(args: &Ping, colour: bool) -> Result<Exit, Failure> {
    let hosts = project::checked(args, colour)?;
    let mut driver = Driver::new(&args.reach, None, colour)?;
    let context = driver.context().clone();
    let pinged = driver.run(async move { ping_all(&context, hosts).await })?;
    let made =
        pinged.iter().filter_map(|(host, result)| Some((host.as_str(), result.as_ref().ok()?)));
    let rows = made.flat_map(|(host, checks)| checks.iter().map(move |check| (host, check)));
    if driver.for_people() {
        write_text(&checks::table(rows), colour)?;
    } else {
        for (host, check) in rows {
            write_text(&format!("{}\n", line(&checks::json(host, check))?), colour)?;
        }
    }
    for (host, result) in &pinged {
        if let Err(outcome) = result {
            let words = if driver.for_people() {
                format!("{}: {}\n", clean(host), outcome_words(outcome))
            } else {
                format!("{}\n", line(&serde_json::json!({ "host": host, "error": outcome }))?)
            };
            write_text(&words, colour)?;
        }
    }
    if driver.context().interrupted() {
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::of(pinged.iter().map(|(_, result)| match result {
        Ok(checks) => weight(checks),
        Err(outcome) => Outcome::weight(outcome),
    })))
}

fn weight(checks: &[Check]) -> Weight {
    let good = checks.iter().all(|check| check.result == CheckResult::Pass);
    if good { Weight::Fine } else { Weight::Failed }
}
