//! A play as written: nothing in it is rendered yet.

use crate::desired::inventory::{Pattern, Vars};
use crate::desired::yaml::Node;
use crate::diagnostic::Place;
use crate::network::lint::Exception;
use crate::network::object::ObjectKind;

use super::{CheckDraft, RolloutSettings};

/// One play: hosts, and what they shall have.
#[derive(Debug, Clone)]
pub struct Play {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The `hosts` pattern as written.
    pub hosts: String,
    /// How the change is rolled out.
    pub rollout: RolloutSettings,
    /// Where the play begins.
    pub place: Place,
    /// The lint rules that do not apply to its hosts.
    pub allow: Vec<Exception>,
    pub(crate) pattern: Pattern,
    pub(crate) vars: Vars,
    pub(crate) artifacts: Vec<ArtifactSpec>,
    /// The checks as written, in order; none if the play says nothing of them.
    pub(crate) checks: Option<Vec<CheckDraft>>,
}

/// The playbook's word for a kind of artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KindWord {
    Interfaces,
    Sysctl,
    Nft,
    Hook,
    File,
    Object(ObjectKind),
}

impl KindWord {
    /// All words, as written.
    pub(crate) const ALL: [(&'static str, Self); 10] = [
        ("interfaces", Self::Interfaces),
        ("sysctl", Self::Sysctl),
        ("nft", Self::Nft),
        ("hook", Self::Hook),
        ("file", Self::File),
        ("libvirt_network", Self::Object(ObjectKind::LibvirtNetwork)),
        ("proxmox_group", Self::Object(ObjectKind::ProxmoxGroup)),
        ("proxmox_user", Self::Object(ObjectKind::ProxmoxUser)),
        ("proxmox_acl", Self::Object(ObjectKind::ProxmoxAcl)),
        ("proxmox_vm", Self::Object(ObjectKind::ProxmoxVm)),
    ];

    /// The word.
    pub(crate) fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, kind)| *kind == self);
        found.map_or("file", |(word, _)| word)
    }
}

/// Where an artifact's text comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// The name of a template.
    Template(Node),
    /// The template itself.
    Content(Node),
}

/// An artifact as written.
#[derive(Debug, Clone)]
pub(crate) struct ArtifactSpec {
    pub(crate) kind: KindWord,
    pub(crate) place: Place,
    pub(crate) origin: Origin,
    pub(crate) path: Option<Node>,
    pub(crate) name: Option<Node>,
    pub(crate) phase: Option<Node>,
    pub(crate) mode: Option<Node>,
    pub(crate) owner: Option<Node>,
    pub(crate) group: Option<Node>,
    pub(crate) when: Option<Node>,
    pub(crate) r#loop: Option<Node>,
    pub(crate) validate: Option<Node>,
    pub(crate) reload: Option<Node>,
}
