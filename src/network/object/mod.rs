//! What a host keeps behind a tool and not in a file of its own: its kinds, their paths, and
//! when two states of one mean the same.
//!
//! An object has a path like a file, `/@TOOL/TYPE/NAME`, and a state, a text of lines
//! `KEY VALUE`, which the host's scripts print and take back.

pub mod libvirt;
pub mod proxmox;
mod xml;

use proxmox::{account, acl, vm};
use thiserror::Error;

/// Where the paths of all objects begin; no file has such a path.
pub const ROOT: &str = "/@";

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A network of libvirt; the artifact's text is its XML.
    LibvirtNetwork,
    /// A group of Proxmox VE.
    ProxmoxGroup,
    /// A user of Proxmox VE, by `NAME@REALM`.
    ProxmoxUser,
    /// What a group or a user of Proxmox VE may do, by its name.
    ProxmoxAcl,
    /// A VM of Proxmox VE, by its number.
    ProxmoxVm,
}

/// Why an object's text cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unfit(pub String);

impl ObjectKind {
    /// Every kind with its word in a playbook and the directory of its paths, in the order in
    /// which they are made: each may need those before it.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::LibvirtNetwork, "libvirt_network", "/@libvirt/network/"),
        (Self::ProxmoxGroup, "proxmox_group", "/@proxmox/group/"),
        (Self::ProxmoxUser, "proxmox_user", "/@proxmox/user/"),
        (Self::ProxmoxAcl, "proxmox_acl", "/@proxmox/acl/"),
        (Self::ProxmoxVm, "proxmox_vm", "/@proxmox/vm/"),
    ];

    /// The playbook's word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, word, _)| word)
    }

    /// The path of one.
    pub fn path(self, name: &str) -> String {
        let directory = Self::ALL.iter().find(|(kind, ..)| *kind == self);
        format!("{}{name}", directory.map_or(ROOT, |(.., directory)| directory))
    }

    /// The kind and the name that a path is of; none for files.
    pub fn of(path: &str) -> Option<(Self, &str)> {
        Self::ALL
            .iter()
            .find_map(|(kind, _, directory)| Some((*kind, path.strip_prefix(directory)?)))
    }

    /// Why a name cannot be one; nothing if it can.
    pub fn bad_name(self, name: &str) -> Option<&'static str> {
        match self {
            Self::ProxmoxUser => return proxmox::bad_user(name),
            Self::ProxmoxAcl => return acl::bad_name(name),
            Self::ProxmoxVm => return vm::bad_name(name),
            Self::LibvirtNetwork | Self::ProxmoxGroup => {}
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        if name.is_empty() {
            Some("it is empty")
        } else if !name.chars().all(plain) {
            Some("it has other characters than letters, digits, `.`, `_`, `+` and `-`")
        } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            Some("it does not begin with a letter or a digit")
        } else {
            None
        }
    }

    /// The state that a wanted text leads to, beside the present one: what the host has given
    /// it by itself (its identity) stays.
    ///
    /// # Errors
    /// The text is none of this kind.
    pub fn wanted(self, name: &str, text: &str, present: Option<&str>) -> Result<String, Unfit> {
        match self {
            Self::LibvirtNetwork => libvirt::wanted(name, text, present),
            Self::ProxmoxGroup => account::group(name, text, present),
            Self::ProxmoxUser => account::user(name, text, present),
            Self::ProxmoxAcl => acl::wanted(name, text),
            Self::ProxmoxVm => vm::wanted(name, text, present),
        }
    }

    /// The text that wants what a state is, as far as any text can say it.
    ///
    /// # Errors
    /// No text wants such a state.
    pub fn text(self, state: &str) -> Result<String, Unfit> {
        match self {
            Self::LibvirtNetwork => libvirt::text(state),
            Self::ProxmoxGroup | Self::ProxmoxUser => Ok(account::text(state)),
            Self::ProxmoxAcl => Ok(acl::shown(state)),
            Self::ProxmoxVm => vm::text(state),
        }
    }

    /// Whether a text wants of a host just what is there.
    ///
    /// # Errors
    /// The text is none of this kind, or wants something else.
    pub fn wants_as_it_is(self, name: &str, text: &str, state: &str) -> Result<(), Unfit> {
        self.wanted(name, text, None)?;
        match self.same(&self.wanted(name, text, Some(state))?, state) {
            true => Ok(()),
            false => Err(Unfit("no text of a playbook says all that it is".to_owned())),
        }
    }

    /// Whether two states mean the same.
    pub fn same(self, one: &str, other: &str) -> bool {
        self.shown(one) == self.shown(other)
    }

    /// A state for people: what it means, in lines, without what the tool adds by itself.
    pub fn shown(self, state: &str) -> String {
        match self {
            Self::LibvirtNetwork => libvirt::shown(state),
            Self::ProxmoxGroup | Self::ProxmoxUser => account::shown(state),
            Self::ProxmoxAcl => acl::shown(state),
            Self::ProxmoxVm => vm::shown(state),
        }
    }

    /// Why one is not taken away once a change that made it is confirmed; nothing if it is.
    pub fn stays(self) -> Option<&'static str> {
        (self == Self::ProxmoxVm).then_some("its disks would be lost for good")
    }
}

/// The order in which changes of paths are made: files, then objects that are made or changed,
/// each kind after those that it needs, then those that go, the other way round.
pub fn turn(path: &str, goes: bool) -> (u8, usize) {
    let place = ObjectKind::ALL.iter().position(|(.., directory)| path.starts_with(directory));
    match place {
        None => (0, 0),
        Some(place) if goes => (2, ObjectKind::ALL.len() - place),
        Some(place) => (1, place),
    }
}
