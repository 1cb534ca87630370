//! What has to be read of a host before a plan for it can be made.

use std::collections::BTreeSet;

use super::refusal::Refusal;
use crate::desired::{Artifact, ArtifactKind, Desired};
use crate::diagnostic::{Diagnostic, Source};
use crate::network::interfaces::{self, Interfaces};
use crate::network::{nft, sysctl};
use crate::remote::request::Observe;

/// The file that ifupdown starts from; always read, because hooks and interfaces refer to it.
pub const INTERFACES: &str = "/etc/network/interfaces";

/// Where Proxmox's web interface stages changes of it.
pub const STAGED: &str = "/etc/network/interfaces.new";

/// The rendered text of an artifact as a source, named by its path on the host.
pub fn source(artifact: &Artifact) -> Source {
    Source::new(artifact.path.as_str(), artifact.content.as_str())
}

/// The artifacts' rendered texts, for lint.
pub fn sources(desired: &Desired) -> Vec<Source> {
    desired.artifacts.iter().map(source).collect()
}

/// What to observe for a desired host.
pub fn subject(desired: &Desired) -> Result<Observe, Refusal> {
    let mut paths: Vec<String> = desired.artifacts.iter().map(|a| a.path.clone()).collect();
    if !paths.iter().any(|p| p == INTERFACES) {
        paths.push(INTERFACES.to_owned());
    }
    // What somebody has staged in Proxmox's web interface would take the place of ours.
    let main = desired.artifacts.iter().any(|artifact| artifact.path == INTERFACES);
    let staged = main.then(|| STAGED.to_owned());
    for path in sourced(desired).into_iter().chain(staged) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let sysctl_keys = settings(desired)?.into_iter().map(|s| s.path()).collect();
    let nft_tables = of_kind(desired, &ArtifactKind::Nft)
        .flat_map(|artifact| nft::tables(&source(artifact)))
        .map(|table| table.to_string())
        .collect();
    let scripts = || of_kind(desired, &ArtifactKind::Nft);
    let compared_tables: BTreeSet<String> = scripts()
        .flat_map(|artifact| nft::defined(&source(artifact)))
        .map(|table| table.to_string())
        .collect();
    Ok(Observe {
        paths,
        sysctl_keys,
        nft_tables,
        compared_tables: compared_tables.into_iter().collect(),
        nft_wanted: scripts().map(|artifact| artifact.content.clone()).collect(),
        generations: Vec::new(),
    })
}

/// The files that the wanted interfaces files source by name: they need not be wanted
/// themselves to decide what comes.
fn sourced(desired: &Desired) -> Vec<String> {
    let files = of_kind(desired, &ArtifactKind::Interfaces);
    let words = files.flat_map(|artifact| {
        interfaces::sources(&Interfaces::read(&source(artifact)).0, &artifact.path)
    });
    let named = words.filter_map(|word| word.file().map(str::to_owned));
    // One that a request cannot carry is said to be unread.
    named.filter(|path| !path.ends_with([' ', '/']) && !path.contains("/..")).collect()
}

/// All sysctl settings that are wanted, in order. Globs name no single key and are left
/// to sysctl(8) itself.
pub fn settings(desired: &Desired) -> Result<Vec<sysctl::Setting>, Refusal> {
    let mut all = Vec::new();
    for artifact in of_kind(desired, &ArtifactKind::Sysctl) {
        all.extend(sysctl::parse(&source(artifact)).map_err(|e| unreadable(&e))?);
    }
    all.retain(|setting| !setting.is_glob());
    Ok(all)
}

fn of_kind<'a>(desired: &'a Desired, kind: &'a ArtifactKind) -> impl Iterator<Item = &'a Artifact> {
    desired.artifacts.iter().filter(move |artifact| artifact.kind == *kind)
}

/// The first of several mistakes as a refusal.
pub fn unreadable(mistakes: &[Diagnostic]) -> Refusal {
    let first =
        mistakes.first().cloned().unwrap_or_else(|| Diagnostic::error("it cannot be understood"));
    Refusal::Unreadable(Box::new(first))
}
