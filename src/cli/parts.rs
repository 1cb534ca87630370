//! `rappel apply --shard`: one part of a rollout that several machines share.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::args::Apply;
use super::failure::Failure;
use super::project::Rendered;
use crate::diagnostic::Diagnostic;
use crate::rollout::shard::Shard;
use crate::run::Parts;
use crate::run::journal::Part;

const NAMED: &str = "name it with --rollout, the same for all parts and for no other rollout: the \
                     pipeline's number, the Job's name";

/// A part of a rollout: as the journal knows it, and as the run does.
pub struct Share {
    /// For the journal.
    pub part: Part,
    /// For the run.
    pub parts: Parts,
}

/// The part that the arguments name, of all hosts that were rendered.
pub fn share(args: &Apply, rendered: &Rendered) -> Result<Option<Share>, Failure> {
    let Some(shard) = args.plan.part.shard else { return Ok(None) };
    let Some(rollout) = args.together.rollout.clone().filter(|name| !name.trim().is_empty()) else {
        let what = "a part of a rollout has to find the others";
        let why = "alone each would have a canary and a failure budget of its own";
        return Err(refused(Diagnostic::error(what).because(why).remedy(NAMED)));
    };
    if !args.change.yes {
        let what = "a part of a rollout asks nobody: the others wait for it";
        let remedy = "look at `rappel plan` first, then say --yes to all parts";
        return Err(refused(Diagnostic::error(what).remedy(remedy)));
    }
    let part = Part { rollout, shard: shard.number, shards: shard.of, digest: digest(rendered) };
    let apart = rendered
        .hosts
        .iter()
        .map(|desired| (desired.host.name.clone(), rendered.terms.apart(&desired.host)));
    let patience = Duration::from_secs(args.together.wait_for_parts);
    Ok(Some(Share { part, parts: Parts { shard, patience, apart: apart.collect() } }))
}

/// A plan in a file is of whoever made it; parts have to agree on more than that.
pub fn of_no_file(shard: Option<Shard>) -> Result<(), Failure> {
    if shard.is_none() {
        return Ok(());
    }
    let what = "a plan in a file cannot be applied in parts";
    let remedy = "apply the playbook with --shard, or choose hosts of the file with --limit";
    Err(refused(Diagnostic::error(what).remedy(remedy)))
}

/// Why a run is no part of the rollout that has its name.
pub fn not_part(why: String, run: &str) -> Failure {
    refused(Diagnostic::error(why).because(format!("the rollout is run {run} in the journal")).remedy(
        format!(
            "a new rollout has a new name; what is left of this one: `rappel apply --resume={run}`"
        ),
    ))
}

/// Equal where all hosts, what is wanted of them, and the terms are.
fn digest(rendered: &Rendered) -> String {
    let mut all = Sha256::new();
    all.update(format!("{:?}\n", rendered.terms));
    for desired in &rendered.hosts {
        all.update(format!("{} {}\n", desired.host.name, desired.digest()));
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refused(diagnostic: Diagnostic) -> Failure {
    Failure::refused(vec![diagnostic])
}
