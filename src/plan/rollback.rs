//! Back to an earlier generation: its files and live values become what is wanted.

use super::activation::Activation;
use super::file::{FileChange, change_to};
use super::kind;
use super::refusal::{Refusal, check_host};
use super::subject::INTERFACES;
use super::{HostPlan, LiveChange, assemble, object};
use crate::desired::CheckSpec;
use crate::diagnostic::Source;
use crate::observed::{FileState, Observation};
use crate::remote::request::{File, Observe};

/// The generations to undo to get from `current` back to `to`, newest first; `to` 0 is
/// the host before rappel.
pub fn undone(current: u32, to: Option<u32>) -> Result<Vec<u32>, Refusal> {
    if current == 0 {
        return Err(Refusal::NothingToRollBack);
    }
    let to = to.unwrap_or(current - 1);
    if to >= current {
        return Err(Refusal::NoGeneration(to));
    }
    Ok((to + 1..=current).rev().collect())
}

/// What to read before a rollback can be planned: the files that the generations to undo
/// had found, as they are now, and what they had found once more.
pub fn rollback_subject(undo: &[u32], found: &Observation) -> Result<Observe, Refusal> {
    if let Some(missing) = found.missing_generations.first() {
        return Err(Refusal::NoGeneration(*missing));
    }
    let mut paths: Vec<String> = found.found.files.keys().cloned().collect();
    if !paths.iter().any(|p| p == INTERFACES) {
        paths.push(INTERFACES.to_owned());
    }
    Ok(Observe {
        paths,
        sysctl_keys: found.found_keys.iter().cloned().collect(),
        nft_tables: found.found_tables.iter().cloned().collect(),
        generations: undo.to_vec(),
        ..Observe::default()
    })
}

/// Plans a rollback. `observed` must have been read with the generations from [`undone`]
/// and the paths that those had found, by `subject`.
pub fn plan_rollback(
    host: &str,
    undo: &[u32],
    observed: &Observation,
    subject: Observe,
) -> Result<HostPlan, Refusal> {
    check_host(observed)?;
    let mut files: Vec<FileChange> = Vec::new();
    for (path, state) in &observed.found.files {
        files.extend(change_to(wanted(path, state)?, observed)?);
    }
    let mut activation = Activation::default();
    activation.interfaces(observed, &files)?;
    activation.hooks(observed, &files);
    activation.request.live_from = undo.to_vec();
    activation.request.keep_keys = observed.found_keys.iter().cloned().collect();
    activation.request.observed.nft_tables = observed.found_tables.iter().cloned().collect();
    for change in files.iter().filter(|c| kind::of_path(&c.path) == "nft") {
        if let Some(before) = &change.before {
            activation.own_tables(&Source::new(change.path.as_str(), before.as_str()));
        }
        if change.file.kind != "remove" {
            activation.request.nft_load.push(change.path.clone());
        }
    }
    for table in &observed.found_tables {
        if observed.nft_tables.contains(table) {
            activation.live.push(LiveChange::NftTable { table: table.clone() });
        }
    }
    let mut plan = assemble(host, files, activation, observed, subject);
    plan.warnings.extend(object::staying(observed));
    Ok(plan.checked_by(&CheckSpec::usual(), observed))
}

fn wanted(path: &str, state: &FileState) -> Result<File, Refusal> {
    let file = |kind, mode, owner: &str, group: &str, content: &[u8]| File {
        path: path.to_owned(),
        kind,
        mode,
        owner: owner.to_owned(),
        group: group.to_owned(),
        content: content.to_vec(),
    };
    match state {
        FileState::Absent => Ok(file("remove", 0, "-", "-", &[])),
        FileState::File { mode, owner, group, content } => {
            Ok(file(kind::of_path(path), *mode, owner, group, content))
        }
        FileState::Link { target } => {
            Err(Refusal::Link { path: path.to_owned(), target: target.clone() })
        }
        FileState::Other => Err(Refusal::NotAFile(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, undone};

    #[test]
    fn without_a_goal_the_last_generation_is_undone() {
        assert_eq!(undone(3, None), Ok(vec![3]));
    }

    #[test]
    fn back_to_the_plain_host_undoes_all_newest_first() {
        assert_eq!(undone(3, Some(0)), Ok(vec![3, 2, 1]));
    }

    #[test]
    fn a_goal_that_is_not_earlier_is_refused() {
        assert_eq!(undone(3, Some(3)), Err(Refusal::NoGeneration(3)));
        assert_eq!(undone(0, None), Err(Refusal::NothingToRollBack));
    }
}
