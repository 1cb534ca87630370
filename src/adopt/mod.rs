//! Pure: what a host is → a project that wants just that.
//!
//! [`adopt`] makes of a [`Survey`](crate::observed::Survey) the vars that a person would have
//! written, and the files of the host: by a shipped template where one renders the very same
//! bytes, else as they are. [`Adopted::settle`] takes back what a plan of it shows to be
//! otherwise, until that plan is empty; [`Adopted::files`] writes it down.
//!
//! A host may mean harm: nothing that it sent is evaluated as a template, and no path of it
//! leads out of the project.

mod account;
mod kinds;
mod objects;
mod project;
mod read;
mod remark;
mod secret;
mod settle;
mod shipped;
mod vars;
mod yaml;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use project::NewFile;
pub use read::{first, further};
pub use remark::Remarks;

use crate::desired::{Artifact, ArtifactKind, CheckSpec, Desired, Host, Settings};
use crate::diagnostic::Source;
use crate::observed::Survey;

/// Where the text of a piece comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A shipped template, by its name, renders it from the vars.
    Shipped(&'static str),
    /// It is kept as it is.
    Verbatim,
}

/// A file or an object of the host that the project wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Absolute path on the host.
    pub path: String,
    /// As what kind of artifact.
    pub kind: ArtifactKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner's name.
    pub owner: String,
    /// Group's name.
    pub group: String,
    /// Its text.
    pub content: String,
    /// Where that comes from.
    pub origin: Origin,
}

/// A host, taken up as it is.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// The host, with the vars that were found out.
    pub host: Host,
    /// The group that it is put in.
    pub group: &'static str,
    /// Its files, then its objects.
    pub pieces: Vec<Piece>,
    /// What has to be told about them.
    pub remarks: Remarks,
}

/// Takes a host up: `host` says how it is called and reached.
pub fn adopt(survey: &Survey, host: &Host) -> Adopted {
    let mut remarks = Remarks::default();
    let found = vars::network(survey, host.connection.port.unwrap_or(22));
    remarks.unsaid = found.unsaid;
    let mut pieces = kinds::pieces(survey, &mut remarks);
    let objects = objects::pieces(survey, &mut remarks);
    let mut vars = Map::new();
    if !found.network.is_empty() {
        vars.insert("network".to_owned(), Value::Object(found.network));
    }
    let mut seen = vars.clone();
    if let Some(port) = host.connection.port {
        seen.insert("ansible_port".to_owned(), port.into());
    }
    shipped::by_templates(&mut pieces, &seen, &mut remarks);
    remark::live_rules(survey, &pieces, &mut remarks);
    remark::secrets(&pieces, &mut remarks);
    let group = if objects.is_empty() { group(&vars) } else { "hypervisors" };
    vars.extend(objects::vars(&objects).map(|proxmox| ("proxmox".to_owned(), proxmox)));
    pieces.extend(objects);
    let host = Host { vars, groups: vec![group.to_owned()], ..host.clone() };
    Adopted { host, group, pieces, remarks }
}

/// The group in which the shipped playbooks look for such a host.
fn group(vars: &Map<String, Value>) -> &'static str {
    let network = vars.get("network").cloned().unwrap_or_default();
    let has = |key: &str| network.get(key).is_some_and(|list| list != &Value::Array(Vec::new()));
    if has("bridges") || network["uplink"].get("bridge").is_some() {
        "hypervisors"
    } else if has("nics") && (has("guests") || has("nat") || !has("uplink")) {
        "routers"
    } else {
        "servers"
    }
}

impl Adopted {
    /// What is wanted of the host: just what it is.
    pub fn desired(&self) -> Desired {
        Desired {
            host: self.host.clone(),
            artifacts: self.pieces.iter().map(Piece::artifact).collect(),
            settings: Settings::default(),
            checks: CheckSpec::usual(),
            peers: Arc::default(),
        }
    }
}

impl Piece {
    fn artifact(&self) -> Artifact {
        Artifact {
            kind: self.kind.clone(),
            path: self.path.clone(),
            mode: self.mode,
            owner: self.owner.clone(),
            group: self.group.clone(),
            content: self.content.clone(),
            template: Source::new(self.path.as_str(), ""),
        }
    }

    /// Whether it is something behind a tool.
    pub fn is_object(&self) -> bool {
        matches!(self.kind, ArtifactKind::Object(_))
    }

    /// Whether its text is not everybody's to read.
    pub(super) fn is_private(&self) -> bool {
        self.mode & 0o004 == 0 || !secret::secrets(&self.content).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Piece};
    use crate::desired::ArtifactKind;

    #[test]
    fn a_secret_makes_a_file_private_whoever_may_read_it_on_the_host() {
        let piece = |mode: u32, content: &str| Piece {
            path: "/etc/keepalived/keepalived.conf".to_owned(),
            kind: ArtifactKind::File { validate: None, reload: None },
            mode,
            owner: "root".to_owned(),
            group: "root".to_owned(),
            content: content.to_owned(),
            origin: Origin::Verbatim,
        };
        assert!(piece(0o644, "auth_pass hunter2\n").is_private());
        assert!(piece(0o640, "auth_type PASS\n").is_private());
        assert!(!piece(0o644, "auth_type PASS\n").is_private());
    }
}
