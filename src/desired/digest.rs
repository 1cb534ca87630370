//! A short name for everything that is wanted of one host's files: equal digests, equal
//! files.

use sha2::{Digest, Sha256};

use super::{Artifact, ArtifactKind, Desired};

impl Desired {
    /// The SHA-256 of all artifacts with their attributes and commands, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for artifact in &self.artifacts {
            let mode = format!("{:o}", artifact.mode);
            let Artifact { path, owner, group, content, .. } = artifact;
            let (word, commands) = kind(&artifact.kind);
            for part in [word, path, &mode, owner, group, content].into_iter().chain(commands) {
                // With its length, so that no part can end in another one's beginning.
                hash.update(part.len().to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn kind(kind: &ArtifactKind) -> (&str, [&str; 2]) {
    match kind {
        ArtifactKind::Interfaces => ("interfaces", ["", ""]),
        ArtifactKind::Sysctl => ("sysctl", ["", ""]),
        ArtifactKind::Nft => ("nft", ["", ""]),
        ArtifactKind::Hook(phase) => ("hook", [phase.directory(), ""]),
        ArtifactKind::Object(kind) => (kind.word(), ["", ""]),
        ArtifactKind::File { validate, reload } => {
            ("file", [validate.as_deref().unwrap_or(""), reload.as_deref().unwrap_or("")])
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::desired::{Artifact, ArtifactKind, Desired, Host, Settings};
    use crate::diagnostic::Source;

    fn desired(change: impl FnOnce(&mut Artifact)) -> Desired {
        let mut artifact = Artifact {
            kind: ArtifactKind::File { validate: None, reload: None },
            path: "/etc/a".to_owned(),
            mode: 0o644,
            owner: "root".to_owned(),
            group: "root".to_owned(),
            content: "a".to_owned(),
            template: Source::new("t", "t"),
        };
        change(&mut artifact);
        let host = Host::plain("a");
        let settings = Settings::default();
        Desired {
            host,
            artifacts: vec![artifact],
            settings,
            checks: Vec::new(),
            peers: Default::default(),
        }
    }

    #[test]
    fn everything_that_reaches_the_host_counts() {
        let same = desired(|_| {}).digest();
        assert_eq!(same, desired(|_| {}).digest());
        assert_eq!(same, desired(|a| a.template = Source::new("u", "u")).digest());
        let reload = Some("true".to_owned());
        let others = [
            desired(|a| a.content.push('b')),
            desired(|a| a.mode = 0o600),
            desired(|a| a.owner = "a".to_owned()),
            desired(|a| a.group = "a".to_owned()),
            desired(|a| a.path = "/etc/b".to_owned()),
            desired(|a| a.kind = ArtifactKind::File { validate: None, reload: reload.clone() }),
            desired(|a| a.kind = ArtifactKind::File { validate: reload.clone(), reload: None }),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(same, other.digest(), "{at}");
        }
    }
}
