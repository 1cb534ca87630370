//! One object behind a tool of the host: as it is, as it is wanted, and the difference in
//! what the two states mean.

use super::diff::unified;
use super::drifted::{Drifted, What};
use super::file::as_file;
use super::subject::{source, unreadable};
use super::{Action, File, FileChange, Refusal};
use crate::desired::Artifact;
use crate::diagnostic::Diagnostic;
use crate::network::object::ObjectKind;
use crate::observed::{FileState, Observation};

/// What an artifact that is an object changes on a host; none if it means what is there.
pub(super) fn change(
    artifact: &Artifact,
    observed: &Observation,
) -> Result<Option<FileChange>, Refusal> {
    let Some((kind, name)) = ObjectKind::of(&artifact.path) else {
        return Err(Refusal::NotAFile(artifact.path.clone()));
    };
    let present = present(&artifact.path, observed)?;
    let state = kind.wanted(name, &artifact.content, present.as_deref()).map_err(|why| {
        let place = source(artifact).line(1);
        let message = format!("this is no {}: {why}", kind.word());
        unreadable(&[Diagnostic::error(message).at(place)])
    })?;
    let mut file = as_file(artifact);
    file.content = state.into_bytes();
    change_to(file, observed)
}

/// What a wanted state changes on a host.
pub(super) fn change_to(file: File, observed: &Observation) -> Result<Option<FileChange>, Refusal> {
    let Some((kind, _)) = ObjectKind::of(&file.path) else {
        return Err(Refusal::NotAFile(file.path));
    };
    let present = present(&file.path, observed)?.map(|state| kind.shown(&state));
    let wanted =
        (file.kind != "remove").then(|| kind.shown(&String::from_utf8_lossy(&file.content)));
    let goes = present.is_some() && wanted.is_none();
    if present == wanted || (goes && kind.stays().is_some()) {
        return Ok(None);
    }
    let action = match (&present, &wanted) {
        (None, _) => Action::Create,
        (_, None) => Action::Remove,
        _ => Action::Modify,
    };
    Ok(Some(FileChange {
        path: file.path.clone(),
        action,
        diff: unified(&file.path, present.as_deref(), wanted.as_deref()),
        attributes: Vec::new(),
        before: None,
        file,
    }))
}

/// What to know of changes of objects before saying yes.
pub(super) fn warnings(files: &[FileChange]) -> Vec<String> {
    let users = files.iter().filter(|change| {
        let kind = ObjectKind::of(&change.path).map(|(kind, _)| kind);
        change.action == Action::Remove && kind == Some(ObjectKind::ProxmoxUser)
    });
    users
        .map(|change| {
            format!(
                "{} loses its password, tokens and second factors for good, also if the change \
                 is reverted",
                change.path
            )
        })
        .collect()
}

/// Those that a rollback leaves although they were not there before, and why.
pub(super) fn staying(observed: &Observation) -> Vec<String> {
    let found = observed.found.files.iter().filter(|(_, state)| **state == FileState::Absent);
    found
        .filter_map(|(path, _)| {
            let why = ObjectKind::of(path)?.0.stays()?;
            let there = matches!(observed.files.get(path), Some(FileState::File { .. }));
            there.then(|| format!("{path} stays: {why}; take it away by hand"))
        })
        .collect()
}

/// The state of an object; none if there is no such object.
fn present(path: &str, observed: &Observation) -> Result<Option<String>, Refusal> {
    if let Some(words) = observed.unread_objects.get(path) {
        return Err(Refusal::Unread { path: path.to_owned(), words: words.clone() });
    }
    Ok(match observed.files.get(path) {
        Some(FileState::File { content, .. }) => {
            Some(String::from_utf8_lossy(content).into_owned())
        }
        _ => None,
    })
}

/// Drift of an object, a line of its state each.
pub(super) fn drifted(change: &FileChange) -> Vec<Drifted> {
    let one = |how: String| Drifted {
        what: What::Object,
        subject: change.path.clone(),
        how,
        since: None,
    };
    match change.action {
        Action::Create => return vec![one("is missing".to_owned())],
        Action::Remove => return vec![one("is there and should not be".to_owned())],
        Action::Modify | Action::Attributes => {}
    }
    // The diff leads from the host's state to the wanted one; drift is told the other way round.
    let lines = change.diff.lines().filter(|l| !l.starts_with("---") && !l.starts_with("+++"));
    let said = lines.filter_map(|line| {
        let (sign, rest) = line.split_at_checked(1)?;
        match sign {
            "-" => Some(one(format!("has `{}`, which is not wanted", rest.trim()))),
            "+" => Some(one(format!("lacks `{}`", rest.trim()))),
            _ => None,
        }
    });
    said.collect()
}
