//! The kinds of artifacts as the scripts call them.

use crate::desired::ArtifactKind;

/// The word for a kind in the request.
pub fn word(kind: &ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Interfaces => "interfaces",
        ArtifactKind::Sysctl => "sysctl",
        ArtifactKind::Nft => "nft",
        ArtifactKind::Hook(_) => "hook",
        ArtifactKind::File { .. } => "file",
        ArtifactKind::Object(_) => "object",
    }
}

/// The kind of a file that only its path tells of.
pub fn of_path(path: &str) -> &'static str {
    if path.starts_with(crate::network::object::ROOT) {
        "object"
    } else if path.starts_with("/etc/network/interfaces") {
        "interfaces"
    } else if path.starts_with("/etc/network/if-") {
        "hook"
    } else if path.starts_with("/etc/sysctl") {
        "sysctl"
    } else if path.ends_with(".nft") || path == "/etc/nftables.conf" {
        "nft"
    } else {
        "file"
    }
}
