//! `rappel drift`: what somebody changed on the hosts, and nothing is done about it.

use std::path::Path;

use super::args::Drift;
use super::clock::wall;
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::look::look;
use super::project;
use super::store::{Readers, store};
use crate::diagnostic::Diagnostic;
use crate::report::drift::{json, text};
use crate::report::json::line;
use crate::report::{junit, prometheus};

/// Runs the command. Files are written even if hosts could not be read: that is told there.
pub fn run(args: &Drift, colour: bool) -> Result<Exit, Failure> {
    let mut rendered = project::render(&args.render, colour)?;
    rendered.hosts.retain(|desired| args.part.has(&desired.host.name));
    let mut driver = Driver::new(&args.reach, None, colour)?;
    let Some(seeing) = look(&args.reach, "drift", rendered, &mut driver, colour)? else {
        return Ok(Exit::Interrupted);
    };
    let hosts = &seeing.hosts;
    if let Some(file) = &args.junit {
        write_whole(file, &junit::document(hosts))?;
    }
    if let Some(file) = &args.prometheus {
        let now = wall();
        write_whole(file, &prometheus::metrics(hosts, now))?;
    }
    if driver.for_people() {
        write_text(&text(hosts), colour)?;
    } else {
        for host in hosts {
            write_text(&format!("{}\n", line(&json(host))?), colour)?;
        }
    }
    Ok(seeing.exit)
}

/// Writes a report, so that whoever reads it meanwhile has the old one or the new one.
pub fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    store(path, text.as_bytes(), Readers::Umask).map_err(|error| {
        Diagnostic::error(format!("cannot write {}: {error}", path.display()))
            .remedy("name a file in a directory that exists and can be written to")
            .into()
    })
}
