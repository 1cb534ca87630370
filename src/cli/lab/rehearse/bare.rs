//! The same files without rappel: they are put there, the twin boots, and nothing reverts.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Stage, probe};
use crate::desired::{Artifact, ArtifactKind, Desired};
use crate::lab::LabError;
use crate::twin::{Bare, Twin};

/// How long a boot may take until its network is up.
const BOOT: Duration = Duration::from_secs(60);

/// A file of a twin as it was.
struct Old<'a> {
    artifact: &'a Artifact,
    content: Option<Vec<u8>>,
}

/// Whether a boot came to its end, well or not.
enum Booted {
    Yes,
    NotYet,
}

/// What came of it.
pub struct Tried {
    /// Whether the twin answered.
    pub bare: Bare,
    /// Others that did not answer meanwhile.
    pub along: Vec<String>,
    /// Why it could not be tried, or undone.
    pub trouble: Option<String>,
}

/// Tries it on a twin, and puts everything back. Says as well which of the others do not
/// answer meanwhile.
pub fn tried(stage: &Stage, twin: &Twin, desired: &Desired, others: &[&Twin]) -> Tried {
    if !twin.direct {
        let why = "the controller reaches it through another host only".to_owned();
        return Tried { bare: Bare::Untried, along: Vec::new(), trouble: Some(why) };
    }
    let files: Vec<&Artifact> = desired
        .artifacts
        .iter()
        .filter(|artifact| !matches!(artifact.kind, ArtifactKind::Object(_)))
        .collect();
    let mut old = Vec::new();
    let begun = given(stage, twin, &files, &mut old);
    let (bare, along) = match &begun {
        Ok(_) => asked(stage, twin, others),
        Err(_) => (Bare::Untried, Vec::new()),
    };
    // If it fails, the twin stays dark: others are tried without it all the same.
    let back = taken_back(stage, twin, &old);
    let trouble = match (begun, back) {
        (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
        (Ok(Booted::Yes), Ok(())) => None,
        (Ok(Booted::NotYet), Ok(())) => {
            Some(format!("with these files its boot was not over after {} s", BOOT.as_secs()))
        }
    };
    Tried { bare, along, trouble }
}

/// Whether a twin answers with its new files, and which of its neighbours do not meanwhile.
fn asked(stage: &Stage, twin: &Twin, others: &[&Twin]) -> (Bare, Vec<String>) {
    let bare = if probe::settled(stage, twin) { Bare::Answers } else { Bare::Lost };
    let neighbours: Vec<&Twin> = others
        .iter()
        .copied()
        .filter(|other| other.direct && other.host != twin.host && other.segment == twin.segment)
        .collect();
    let _ = stage.lab.flush_neighbours();
    let along = probe::silent(stage, &neighbours);
    (bare, along.into_iter().map(|other| other.host.clone()).collect())
}

/// Gives a twin the files and boots it. What was there is added to `old` before it goes.
fn given<'a>(
    stage: &Stage,
    twin: &Twin,
    files: &[&'a Artifact],
    old: &mut Vec<Old<'a>>,
) -> Result<Booted, LabError> {
    let (lab, name) = (&stage.lab, twin.name.as_str());
    lab.power_cut(name)?;
    for artifact in files {
        let content = lab.read_file(name, &artifact.path).ok();
        old.push(Old { artifact, content });
        lab.place_file(name, &artifact.path, artifact.content.as_bytes(), artifact.mode)?;
    }
    let booted = boot(stage, twin)?;
    for artifact in files {
        // What a boot does not load by itself, an administrator would.
        let load = match artifact.kind {
            ArtifactKind::Nft => vec!["nft", "-f", &artifact.path],
            ArtifactKind::Sysctl => vec!["sysctl", "-q", "-p", &artifact.path],
            _ => continue,
        };
        // A file that cannot be loaded changes nothing; one that was never read is no trial.
        lab.exec(name, &load)?;
    }
    Ok(booted)
}

/// Puts back what was there, and boots the twin with it.
fn taken_back(stage: &Stage, twin: &Twin, old: &[Old<'_>]) -> Result<(), LabError> {
    let (lab, name) = (&stage.lab, twin.name.as_str());
    lab.power_cut(name)?;
    for Old { artifact, content } in old {
        match content {
            Some(bytes) => lab.place_file(name, &artifact.path, bytes, artifact.mode)?,
            None => lab.remove_file(name, &artifact.path)?,
        }
    }
    boot(stage, twin).map(drop)
}

/// Switches a twin on and waits until its init has done what it does at boot.
fn boot(stage: &Stage, twin: &Twin) -> Result<Booted, LabError> {
    let (lab, name) = (&stage.lab, twin.name.as_str());
    lab.power_on(name)?;
    let end = Instant::now() + BOOT;
    // It says no until systemd listens, and fails where a unit has: a network that does not
    // come up is a unit that fails.
    let done = ["systemctl", "is-system-running"];
    while Instant::now() < end {
        let said = lab.exec(name, &done).map(|output| output.stdout).unwrap_or_default();
        if [b"running".as_slice(), b"degraded"].iter().any(|word| said.starts_with(word)) {
            return Ok(Booted::Yes);
        }
        sleep(Duration::from_millis(200));
    }
    Ok(Booted::NotYet)
}
