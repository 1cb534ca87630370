//! `rappel ping --watch`: rounds of checks until Ctrl-C. On a terminal the table stays in its
//! place; elsewhere the first round is shown, and after it what changes.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use super::clock::wall;
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::ping::{objects, table, weight};
use crate::observed::utc;
use crate::report::text::outcome_words;
use crate::rollout::outcome::Weight;
use crate::rollout::verdict::CheckResult;
use crate::run::{Pinged, Pinging, Stop, ping_all};

/// To the upper left corner, and nothing below it.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// Repeats until the user has seen enough. The exit code is that of the worst round: a
/// failure in between is not forgotten.
pub fn run(
    driver: &mut Driver,
    hosts: &[Pinging],
    seconds: u64,
    colour: bool,
) -> Result<Exit, Failure> {
    let mut watch = Watch {
        live: driver.for_people() && std::io::stdout().is_terminal(),
        colour,
        rounds: 0,
        worst: Weight::Fine,
        shown: BTreeMap::new(),
    };
    while let Some(pinged) = round(driver, hosts)? {
        watch.rounds += 1;
        watch.worst = pinged.iter().map(weight).chain([watch.worst]).max().unwrap_or(watch.worst);
        let text = match (driver.for_people(), watch.live) {
            (false, _) => objects(&pinged, Some(watch.rounds))?,
            (true, true) => format!("{CLEAR}{}", watch.screen(pinged, seconds)),
            (true, false) => watch.news(&pinged),
        };
        if write_text(&text, colour).is_err() || !pause(driver, seconds)? {
            break;
        }
    }
    watch.end(driver)
}

/// A whole round; none if the user wants it to end.
fn round(driver: &mut Driver, hosts: &[Pinging]) -> Result<Option<Vec<Pinged>>, Failure> {
    let (context, hosts) = (driver.context().clone(), hosts.to_vec());
    driver.run(async move {
        tokio::select! {
            biased;
            () = context.stopped(Stop::Finish) => None,
            pinged = ping_all(&context, hosts) => Some(pinged),
        }
    })
}

/// Whether to go on after a pause.
fn pause(driver: &mut Driver, seconds: u64) -> Result<bool, Failure> {
    let context = driver.context().clone();
    driver.run(async move {
        tokio::select! {
            biased;
            () = context.stopped(Stop::Finish) => false,
            () = tokio::time::sleep(Duration::from_secs(seconds)) => true,
        }
    })
}

struct Watch {
    live: bool,
    colour: bool,
    rounds: u64,
    worst: Weight,
    /// What was last shown of a host's check, or of the host.
    shown: BTreeMap<(String, String), String>,
}

impl Watch {
    /// A table that ends with what does not pass: of a long one the end is on the screen.
    fn screen(&self, mut pinged: Vec<Pinged>, seconds: u64) -> String {
        for (_, result) in &mut pinged {
            if let Ok(checks) = result {
                checks.sort_by_key(|check| check.result != CheckResult::Pass);
            }
        }
        pinged.sort_by_key(|one| weight(one) != Weight::Fine);
        let now = utc(wall());
        format!("{}{now}  round {}, every {seconds} s, Ctrl-C ends\n", table(&pinged), self.rounds)
    }

    /// Lines for what is not as it was in the round before.
    fn news(&mut self, pinged: &[Pinged]) -> String {
        let mut fresh: Vec<Pinged> = Vec::new();
        for (host, result) in pinged {
            let lost = result.as_ref().err().map(outcome_words).unwrap_or_default();
            let was_lost =
                self.shown.get(&(host.clone(), String::new())).is_some_and(|s| !s.is_empty());
            if was_lost && lost.is_empty() {
                // Back again: all of it is news.
                self.shown.retain(|(name, _), _| name != host);
            }
            let lost_news = self.is_news(host, "", &lost) && !lost.is_empty();
            match result {
                Err(outcome) if lost_news => fresh.push((host.clone(), Err(outcome.clone()))),
                Err(_) => {}
                Ok(checks) => {
                    let mut checks = checks.clone();
                    checks.retain(|check| {
                        let about = format!("{} {}", check.family, check.title());
                        self.is_news(host, &about, check.result.word())
                    });
                    fresh.push((host.clone(), Ok(checks)));
                }
            }
        }
        let now = utc(wall());
        table(&fresh).lines().map(|line| format!("{now}  {line}\n")).collect()
    }

    fn is_news(&mut self, host: &str, about: &str, says: &str) -> bool {
        let about = (host.to_owned(), about.to_owned());
        self.shown.insert(about, says.to_owned()).as_deref() != Some(says)
    }

    fn end(&self, driver: &Driver) -> Result<Exit, Failure> {
        if self.rounds == 0 {
            return Ok(Exit::Interrupted);
        }
        if driver.for_people() {
            let word = match self.worst {
                Weight::Fine => "everything passed in all of them",
                Weight::Lost => "a host could not be reached in at least one of them",
                _ => "not everything passed in at least one of them",
            };
            let many = if self.rounds == 1 { "round" } else { "rounds" };
            // Nobody may be reading any more.
            let _ = write_text(&format!("{} {many}: {word}\n", self.rounds), self.colour);
        }
        Ok(Exit::of([self.worst].into_iter()))
    }
}
