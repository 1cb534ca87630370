//! `rappel lab rehearse`: a rollout on fresh twins, and which hosts it would have lost.
//!
//! The twins get the change as the real hosts would: by `rappel apply`, from the
//! controller's place. Then every twin is asked whether it still answers. What did not keep
//! the change gets the same files once more without rappel, and boots with them: a host that
//! does not answer then is one that the transaction saved.

mod bare;
mod broken;
mod follow;
mod held;
mod probe;
mod report;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::super::args::{Output, Rehearse};
use super::super::driver::write_text;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::lint;
use super::about::{About, Keys};
use super::stand::stand;
use super::twins::{Drawn, drawn};
use super::up::assumed;
use super::visit::program;
use crate::desired::Desired;
use crate::diagnostic::Severity;
use crate::lab::{Lab, LabError, Listener, require_root};
use crate::twin::{Bare, Fate, Rehearsed, Twin};
use broken::Broken;
use follow::Followed;

/// The twins and everything that is done with them.
pub struct Stage {
    lab: Arc<Lab>,
    listener: Listener,
    about: About,
    keys: Keys,
}

/// Runs the command.
pub fn run(args: &Rehearse, colour: bool) -> Result<Exit, Failure> {
    require_root()?;
    let people = args.output == Output::Text;
    let broken = Broken::parse(&args.fault, people, colour)?;
    let Drawn { rendered, twins, about } = drawn(&args.twins, colour)?;
    broken.each_has_a_twin(&about)?;
    let errors = lint::findings(&rendered).iter().filter(|f| f.severity == Severity::Error).count();
    match people {
        true => write_text(&beginning(&about, errors), colour)?,
        false => report::begun(&about, errors)?,
    }
    let stage = Stage::up(&twins.spec, about)?;
    let followed = follow::apply(&stage, args, &broken, people, colour)?;
    let mut rehearsed = Vec::new();
    for twin in &stage.about.twins {
        rehearsed.push(judged(&stage, twin, &followed));
    }
    broken.mend(&stage, &mut rehearsed, |twin| probe::settled(&stage, twin));
    if !args.only_rappel {
        without_rappel(&stage, &rendered.hosts, &mut rehearsed);
    }
    let exit = exit(&followed, &rehearsed);
    match people {
        true => write_text(&report::text(&rehearsed), colour)?,
        false => report::json(&rehearsed, exit)?,
    }
    Ok(exit)
}

/// What is said before the twins come up.
fn beginning(about: &About, lint_errors: usize) -> String {
    let lint = match lint_errors {
        0 => String::new(),
        _ => format!(
            "lint: {lint_errors} error(s), which `rappel apply` would refuse; rehearsed all the same\n"
        ),
    };
    format!("{}{lint}{} twin(s) come up\n", assumed(&about.assumptions), about.twins.len())
}

/// Tries what the same files do by themselves to those twins that did not keep them.
fn without_rappel(stage: &Stage, hosts: &[Desired], rehearsed: &mut [Rehearsed]) {
    let twins = &stage.about.twins;
    let answering: Vec<&Twin> = (twins.iter().zip(rehearsed.iter()))
        .filter(|(_, one)| one.fate != Fate::Lost)
        .map(|(twin, _)| twin)
        .collect();
    for (twin, one) in twins.iter().zip(rehearsed) {
        let desired = hosts.iter().find(|desired| desired.host.name == one.host);
        if let Some(desired) = desired.filter(|_| one.fate.is_open()) {
            let tried = bare::tried(stage, twin, desired, &answering);
            one.without_rappel = Some(tried.bare);
            one.takes_along = tried.along;
            one.trouble = tried.trouble;
        }
    }
}

impl Stage {
    fn up(spec: &crate::lab::Spec, about: About) -> Result<Self, Failure> {
        let program = program()?;
        let (lab, listener) = stand(Path::new(&program), spec, &about.names)?;
        let keys = Keys::of(&lab);
        Ok(Self { lab, listener, about, keys })
    }

    /// The words of a command at the controller's place, which does not run if the lab leads
    /// anywhere else.
    fn command(&self, argv: &[OsString]) -> Result<std::process::Command, LabError> {
        self.lab.controller(&self.keys.knowing(&self.about.names, argv))
    }
}

/// What became of a twin, by what rappel said and by whether it answers.
fn judged(stage: &Stage, twin: &Twin, followed: &Followed) -> Rehearsed {
    let end = followed.ends.get(&twin.host);
    let outcome = end.map_or("skipped", |end| end.outcome.as_str());
    let answers = twin.direct.then(|| probe::settled(stage, twin));
    Rehearsed {
        host: twin.host.clone(),
        fate: Fate::of(outcome, answers),
        outcome: outcome.to_owned(),
        reason: end.and_then(|end| end.reason.clone()),
        without_rappel: None::<Bare>,
        takes_along: Vec::new(),
        trouble: None,
        faults: Vec::new(),
        answers_when_mended: None,
    }
}

/// As `rappel apply` would end; 4 if a twin was lost that it did not know of.
fn exit(followed: &Followed, rehearsed: &[Rehearsed]) -> Exit {
    let lost = rehearsed.iter().any(|one| one.fate == Fate::Lost);
    match lost {
        true => Exit::Lost,
        false => followed.code.and_then(Exit::from_code).unwrap_or(Exit::Error),
    }
}
