//! Which keys are tried in which order.

use std::path::PathBuf;
use std::sync::Arc;

use russh::keys::agent::AgentIdentity;
use russh::keys::{Certificate, HashAlg, PrivateKey, PublicKey};

use super::identity::Identity;

/// Who signs.
#[derive(Debug, Clone)]
pub(super) enum Holder {
    /// Ourselves, with a key from a file.
    File(Arc<PrivateKey>),
    /// The agent, with this key of it.
    Agent(Box<AgentIdentity>),
    /// Ourselves, once this file was unlocked.
    Locked(PathBuf),
}

/// One try to log in.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// What messages call it.
    pub label: String,
    /// The key that is shown.
    pub public: PublicKey,
    /// The certificate that is shown instead of the bare key.
    pub certificate: Option<Certificate>,
    /// Who signs.
    pub holder: Holder,
}

/// The tries, best first, and why other keys cannot be tried.
///
/// A server hangs up after a few wrong keys, so what the user named comes first, then
/// default keys that the agent holds, then everything else that it holds (unless `only`
/// forbids it), then other default keys.
pub(super) fn attempts(
    identities: &[Identity],
    agent: &[AgentIdentity],
    only: bool,
) -> (Vec<Attempt>, Vec<String>) {
    let (mut tries, mut skipped) = (Vec::new(), Vec::new());
    let is_held = |identity: &Identity| agent.iter().any(|held| identity.is(&held.public_key()));
    let first = |identity: &&Identity| identity.explicit || is_held(identity);
    for identity in identities.iter().filter(first) {
        of_identity(identity, agent, &mut tries, &mut skipped);
    }
    let is_named = |held: &&AgentIdentity| {
        let public = held.public_key();
        identities.iter().any(|identity| identity.is(&public))
    };
    for held in agent.iter().filter(|held| !only && !is_named(held)) {
        tries.push(of_agent(held, held.comment()));
    }
    for identity in identities.iter().filter(|identity| !first(identity)) {
        of_identity(identity, agent, &mut tries, &mut skipped);
    }
    (tries, skipped)
}

/// The tries with the key of one file: with certificates first, by the agent if it can.
fn of_identity(
    identity: &Identity,
    agent: &[AgentIdentity],
    tries: &mut Vec<Attempt>,
    skipped: &mut Vec<String>,
) {
    let path = identity.path.display().to_string();
    let mut plain = None;
    for held in agent.iter().filter(|held| identity.is(&held.public_key())) {
        match held {
            AgentIdentity::Certificate { .. } => tries.push(of_agent(held, &path)),
            AgentIdentity::PublicKey { .. } => plain = Some(held),
        }
    }
    let holder = match (plain, &identity.private) {
        (Some(held), _) => Holder::Agent(Box::new(held.clone())),
        (None, Some(private)) => Holder::File(Arc::clone(private)),
        (None, None) if identity.locked => Holder::Locked(identity.path.clone()),
        (None, None) => {
            if !tries.iter().any(|attempt| identity.is(&attempt.public)) {
                skipped.push(not_here(identity, &path));
            }
            return;
        }
    };
    let Some(public) = &identity.public else {
        return;
    };
    let attempt = Attempt {
        label: label(public, &path, matches!(holder, Holder::Agent(_))),
        public: public.clone(),
        certificate: None,
        holder,
    };
    for certificate in &identity.certificates {
        tries.push(Attempt {
            label: format!("the certificate of {}", attempt.label),
            certificate: Some(certificate.clone()),
            ..attempt.clone()
        });
    }
    tries.push(attempt);
}

/// Why a key cannot be tried.
fn not_here(identity: &Identity, path: &str) -> String {
    if identity.certificates.is_empty() {
        format!("{path} is encrypted and not in the agent")
    } else {
        format!("the key of the certificate {path} is not there")
    }
}

/// The try with a key that the agent holds.
fn of_agent(held: &AgentIdentity, name: &str) -> Attempt {
    let public = held.public_key().into_owned();
    let certificate = match held {
        AgentIdentity::Certificate { certificate, .. } => Some(certificate.clone()),
        AgentIdentity::PublicKey { .. } => None,
    };
    let label = label(&public, name, true);
    Attempt {
        label: match certificate {
            Some(_) => format!("the certificate of {label}"),
            None => label,
        },
        public,
        certificate,
        holder: Holder::Agent(Box::new(held.clone())),
    }
}

fn label(public: &PublicKey, name: &str, by_agent: bool) -> String {
    let kind = public.algorithm();
    let fingerprint = public.fingerprint(HashAlg::Sha256);
    let by = if by_agent { " by the agent" } else { "" };
    format!("{name}{by} ({kind} {fingerprint})")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use russh::keys::agent::AgentIdentity;
    use russh::keys::{Algorithm, PrivateKey};

    use super::{Holder, attempts};
    use crate::remote::ssh::identity::Identity;

    fn key() -> PrivateKey {
        PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap()
    }

    fn identity(name: &str, key: &PrivateKey, explicit: bool, readable: bool) -> Identity {
        Identity {
            path: PathBuf::from(name),
            explicit,
            public: Some(key.public_key().clone()),
            private: readable.then(|| Arc::new(key.clone())),
            locked: false,
            certificates: Vec::new(),
        }
    }

    fn held(key: &PrivateKey) -> AgentIdentity {
        AgentIdentity::from(key.public_key().clone())
    }

    #[test]
    fn what_the_user_named_goes_before_a_full_agent() {
        let (named, other, default) = (key(), key(), key());
        let agent = [held(&other), held(&default)];
        let identities = [identity("named", &named, true, true)];
        let (tries, skipped) = attempts(&identities, &agent, false);
        assert_eq!(tries.len(), 3);
        assert!(tries[0].label.starts_with("named ("));
        assert!(matches!(tries[0].holder, Holder::File(_)));
        assert!(skipped.is_empty());
        let (tries, _) = attempts(&identities, &agent, true);
        assert_eq!(tries.len(), 1);
    }

    #[test]
    fn default_keys_of_the_agent_go_before_its_others_and_before_files() {
        let (other, in_agent, file) = (key(), key(), key());
        let agent = [held(&other), held(&in_agent)];
        let identities =
            [identity("file", &file, false, true), identity("in_agent", &in_agent, false, false)];
        let (tries, skipped) = attempts(&identities, &agent, false);
        let labels: Vec<&str> = tries.iter().map(|attempt| attempt.label.as_str()).collect();
        assert!(labels[0].starts_with("in_agent by the agent"), "{labels:?}");
        assert!(labels[1].starts_with(" by the agent"), "{labels:?}");
        assert!(labels[2].starts_with("file ("), "{labels:?}");
        assert!(skipped.is_empty());
    }

    #[test]
    fn an_encrypted_key_that_no_agent_holds_is_told() {
        let (tries, skipped) = attempts(&[identity("locked", &key(), true, false)], &[], false);
        assert!(tries.is_empty());
        assert_eq!(skipped, ["locked is encrypted and not in the agent"]);
    }
}
