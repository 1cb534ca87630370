//! What a template was rendered to: a file of some kind, or an object behind a tool.

use std::fmt;

use crate::diagnostic::Source;
use crate::network::object::ObjectKind;

/// When ifupdown runs a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookPhase {
    /// `/etc/network/if-pre-up.d`
    PreUp,
    /// `/etc/network/if-up.d`
    Up,
    /// `/etc/network/if-down.d`
    Down,
    /// `/etc/network/if-post-down.d`
    PostDown,
}

impl HookPhase {
    /// The directory's name below `/etc/network`, which is also the playbook's word for it.
    pub fn directory(self) -> &'static str {
        match self {
            Self::PreUp => "if-pre-up.d",
            Self::Up => "if-up.d",
            Self::Down => "if-down.d",
            Self::PostDown => "if-post-down.d",
        }
    }
}

/// What kind of file an artifact is: decides default path and mode, how it is validated,
/// activated, read back and undone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtifactKind {
    /// interfaces(5); default path `/etc/network/interfaces`, mode 0644.
    Interfaces,
    /// sysctl.d(5); default path `/etc/sysctl.d/90-rappel.conf`, mode 0644.
    Sysctl,
    /// An nft script; default path `/etc/nftables.d/rappel.nft`, mode 0644.
    Nft,
    /// A script that ifupdown runs; path `/etc/network/<phase>/<name>`, mode 0755.
    Hook(HookPhase),
    /// Any other file, with its own commands.
    File {
        /// Run on the host against the staged file (its path replaces `%s`) before
        /// anything changes, as Ansible's `validate`.
        validate: Option<String>,
        /// Run on the host after the file changed.
        reload: Option<String>,
    },
    /// No file: something behind a tool of the host, by the path that stands for it.
    Object(ObjectKind),
}

/// One rendered file, wanted on the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What kind of file it is.
    pub kind: ArtifactKind,
    /// Absolute path on the host; no control characters, no `.` or `..` components.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner's name on the host.
    pub owner: String,
    /// Group's name on the host.
    pub group: String,
    /// The rendered text.
    pub content: String,
    /// The template it came from: its name, and its own (unrendered) text.
    pub template: Source,
}

impl fmt::Debug for Artifact {
    /// Without its content, which may hold keys and passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("kind", &self.kind)
            .field("path", &self.path)
            .field("mode", &format_args!("{:04o}", self.mode))
            .field("owner", &self.owner)
            .field("group", &self.group)
            .field("content", &format_args!("({} bytes)", self.content.len()))
            .field("template", &self.template.name)
            .finish()
    }
}
