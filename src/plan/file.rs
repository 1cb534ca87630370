//! One file: as it is, as it is wanted, and the difference.

use serde::{Deserialize, Serialize};

use super::diff::unified;
use super::refusal::Refusal;
use super::{kind, object};
use crate::desired::{Artifact, ArtifactKind};
use crate::network::object::ROOT;
use crate::observed::{FileState, Observation};
use crate::remote::request::File;

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is not there yet.
    Create,
    /// Its content changes.
    Modify,
    /// Only owner or mode change.
    Attributes,
    /// It goes away.
    Remove,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// Absolute path.
    pub path: String,
    /// What happens.
    pub action: Action,
    /// Unified diff of the contents; empty for binary files and mere attributes.
    pub diff: String,
    /// Changes of owner, group and mode, for people.
    pub attributes: Vec<String>,
    /// The content before, if there was one and it is text.
    #[serde(skip)]
    pub before: Option<String>,
    /// What the host is told.
    #[serde(skip)]
    pub file: File,
}

/// An artifact as a host is told of it.
pub fn as_file(artifact: &Artifact) -> File {
    File {
        path: artifact.path.clone(),
        kind: kind::word(&artifact.kind),
        mode: artifact.mode,
        owner: artifact.owner.clone(),
        group: artifact.group.clone(),
        content: artifact.content.clone().into_bytes(),
    }
}

/// What an artifact changes on a host; none if the file stands as wanted.
pub fn change(artifact: &Artifact, observed: &Observation) -> Result<Option<FileChange>, Refusal> {
    if let ArtifactKind::Object(_) = artifact.kind {
        return object::change(artifact, observed);
    }
    let file = as_file(artifact);
    if artifact.kind == ArtifactKind::Nft && !observed.tools.contains("nft") {
        return Err(Refusal::NoTool { tool: "nft", package: "nftables" });
    }
    change_to(file, observed)
}

/// What a wanted file changes on a host.
pub fn change_to(file: File, observed: &Observation) -> Result<Option<FileChange>, Refusal> {
    if file.path.starts_with(ROOT) {
        return object::change_to(file, observed);
    }
    match observed.files.get(&file.path).unwrap_or(&FileState::Absent) {
        FileState::Absent if file.kind == "remove" => Ok(None),
        FileState::Absent => Ok(Some(created(file))),
        FileState::File { .. } if file.kind == "remove" => Ok(Some(removed(file, observed))),
        FileState::File { mode, owner, group, content } => {
            let attributes = attributes(&file, *mode, owner, group);
            if *content == file.content && attributes.is_empty() {
                return Ok(None);
            }
            Ok(Some(modified(file, content, attributes)))
        }
        FileState::Link { target } => {
            Err(Refusal::Link { path: file.path, target: target.clone() })
        }
        FileState::Other => Err(Refusal::NotAFile(file.path)),
    }
}

fn created(file: File) -> FileChange {
    let diff = text(&file.content)
        .map_or_else(String::new, |after| unified(&file.path, None, Some(&after)));
    FileChange {
        path: file.path.clone(),
        action: Action::Create,
        diff,
        attributes: Vec::new(),
        before: None,
        file,
    }
}

fn removed(file: File, observed: &Observation) -> FileChange {
    let before = match observed.files.get(&file.path) {
        Some(FileState::File { content, .. }) => text(content),
        _ => None,
    };
    let diff = before
        .as_deref()
        .map_or_else(String::new, |before| unified(&file.path, Some(before), None));
    FileChange {
        path: file.path.clone(),
        action: Action::Remove,
        diff,
        attributes: Vec::new(),
        before,
        file,
    }
}

fn modified(file: File, content: &[u8], attributes: Vec<String>) -> FileChange {
    let before = text(content);
    let diff = match (&before, text(&file.content)) {
        (Some(before), Some(after)) => unified(&file.path, Some(before), Some(&after)),
        _ => String::new(),
    };
    let action = if content == file.content { Action::Attributes } else { Action::Modify };
    FileChange { path: file.path.clone(), action, diff, attributes, before, file }
}

fn attributes(file: &File, mode: u32, owner: &str, group: &str) -> Vec<String> {
    let mut changes = Vec::new();
    if mode != file.mode {
        changes.push(format!("mode {mode:04o} → {:04o}", file.mode));
    }
    if owner != file.owner {
        changes.push(format!("owner {owner} → {}", file.owner));
    }
    if group != file.group {
        changes.push(format!("group {group} → {}", file.group));
    }
    changes
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::{Action, change_to};
    use crate::observed::{BARE, FileState, Observation};
    use crate::plan::Refusal;
    use crate::remote::request::File;
    use crate::remote::wire::Reply;

    fn host(path: &str, state: FileState) -> Observation {
        let mut seen =
            Observation::parse(&Reply::parse(BARE).expect("a reply"), &[]).expect("parses");
        seen.files.insert(path.to_owned(), state);
        seen
    }

    fn wanted(kind: &'static str) -> File {
        let root = "root".to_owned();
        File {
            path: "/etc/x".to_owned(),
            kind,
            mode: 0o644,
            owner: root.clone(),
            group: root,
            content: b"new\n".to_vec(),
        }
    }

    fn present(mode: u32, content: &str) -> FileState {
        let root = "root".to_owned();
        FileState::File {
            mode,
            owner: root.clone(),
            group: root,
            content: content.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_link_is_refused() {
        let seen = host("/etc/x", FileState::Link { target: "/run/x".to_owned() });
        let refusal = change_to(wanted("file"), &seen).expect_err("refused");
        assert_eq!(
            refusal,
            Refusal::Link { path: "/etc/x".to_owned(), target: "/run/x".to_owned() }
        );
    }

    #[test]
    fn a_directory_is_refused() {
        let refusal =
            change_to(wanted("file"), &host("/etc/x", FileState::Other)).expect_err("refused");
        assert_eq!(refusal, Refusal::NotAFile("/etc/x".to_owned()));
    }

    #[test]
    fn what_stands_as_wanted_is_no_change() {
        let seen = host("/etc/x", present(0o644, "new\n"));
        assert_eq!(change_to(wanted("file"), &seen).expect("planned"), None);
    }

    #[test]
    fn a_mode_alone_is_a_change() {
        let seen = host("/etc/x", present(0o600, "new\n"));
        let change = change_to(wanted("file"), &seen).expect("planned").expect("a change");
        assert_eq!((change.action, change.diff.as_str()), (Action::Attributes, ""));
        assert_eq!(change.attributes, ["mode 0600 → 0644"]);
    }

    #[test]
    fn removing_what_is_not_there_is_no_change() {
        let seen = host("/etc/x", FileState::Absent);
        assert_eq!(change_to(wanted("remove"), &seen).expect("planned"), None);
    }
}
