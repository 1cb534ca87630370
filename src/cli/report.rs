//! `rappel report`: the hosts as one HTML page that opens from a disk.

use super::args::Report;
use super::clock::wall;
use super::drift::write_whole;
use super::driver::Driver;
use super::exit::Exit;
use super::failure::Failure;
use super::look::{Seeing, look};
use super::{graph, keep, project};
use crate::desired::Host;
use crate::network::picture::Picture;
use crate::report::drift::counts;
use crate::report::page::{Entry, Page, page};
use crate::run::journal::{DifferenceRecord, PastRecord};

/// So many runs of a host's past are looked up.
const PAST: usize = 60;

/// Runs the command. The page is written even if hosts could not be read: it tells so.
pub fn run(args: &Report, colour: bool) -> Result<Exit, Failure> {
    let mut rendered = project::render(&args.render, colour)?;
    rendered.hosts.retain(|desired| args.part.has(&desired.host.name));
    let playbook = rendered.playbook.clone();
    let wanted: Vec<(Host, Picture)> =
        rendered.hosts.iter().map(|d| (d.host.clone(), graph::wanted(d))).collect();
    let mut driver = Driver::new(&args.reach, None, colour)?;
    driver.keep_live();
    let Some(seeing) = look(&args.reach, "report", rendered, &mut driver, colour)? else {
        return Ok(Exit::Interrupted);
    };
    let mut hosts = Vec::new();
    for (at, (host, wanted)) in wanted.into_iter().enumerate() {
        let (drift, plan) = (&seeing.hosts[at], &seeing.plans[at]);
        let (differences, past) = remembered(&seeing, &host.name, &playbook)?;
        let picture = seeing.lives[at].as_ref().map_or(wanted, |live| graph::found(&host, live));
        hosts.push(Entry { drift, plan: plan.as_ref(), picture, differences, past });
    }
    let who = driver.context().who.clone();
    let now = wall();
    write_whole(&args.to, &page(&Page { playbook: &playbook, who: &who, now, hosts }))?;
    driver.print(&format!("{}: {}\n", args.to.display(), counts(&seeing.hosts)))?;
    Ok(seeing.exit)
}

/// What the journal tells of a host; nothing without one.
fn remembered(
    seeing: &Seeing,
    host: &str,
    playbook: &str,
) -> Result<(Vec<DifferenceRecord>, Vec<PastRecord>), Failure> {
    let Some(journal) = &seeing.journal else { return Ok((Vec::new(), Vec::new())) };
    let mut differences = journal.differences(Some(host)).map_err(|error| keep::failure(&error))?;
    differences.retain(|one| one.playbook == playbook);
    let past = journal.past(host, PAST).map_err(|error| keep::failure(&error))?;
    Ok((differences, past))
}
