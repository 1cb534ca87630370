//! Which algorithms are offered, and in which order.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, compression};

/// Host key algorithms, best first. RSA with SHA-1 is not among them.
const HOST_KEYS: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// What is offered to a host of which keys of these algorithms are recorded.
///
/// Recorded types come first: a server has several keys and shows the one whose type the
/// client likes best, which would look like a changed key if another one was recorded.
/// Nothing is compressed, because a compressed packet can be a bomb and our own payloads
/// are compressed already.
pub(super) fn offered(recorded: &[Algorithm], certificates: bool) -> Preferred {
    let is_recorded = |algorithm: &Algorithm| recorded.iter().any(|known| alike(known, algorithm));
    let mut order: Vec<Algorithm> = HOST_KEYS.into_iter().filter(is_recorded).collect();
    order.extend(HOST_KEYS.into_iter().filter(|one| !is_recorded(one)));
    Preferred {
        key: Cow::Owned(order),
        host_key_certificates: if certificates {
            Cow::Borrowed(&HOST_KEYS)
        } else {
            Cow::Borrowed(&[])
        },
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::DEFAULT
    }
}

/// The same kind of key, whatever hash its signatures use.
pub(super) fn alike(one: &Algorithm, other: &Algorithm) -> bool {
    match (one, other) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use russh::keys::{Algorithm, HashAlg};

    use super::offered;

    #[test]
    fn recorded_types_are_offered_first_and_sha1_never() {
        let rsa = Algorithm::Rsa { hash: None };
        let key = offered(&[rsa], false).key;
        assert_eq!(key[0], Algorithm::Rsa { hash: Some(HashAlg::Sha512) });
        assert_eq!(key[2], Algorithm::Ed25519);
        assert_eq!(key.len(), 6);
        assert!(!key.contains(&Algorithm::Rsa { hash: None }));
    }

    #[test]
    fn certificates_are_asked_for_only_where_an_authority_is_known() {
        assert!(offered(&[], false).host_key_certificates.is_empty());
        assert!(!offered(&[], true).host_key_certificates.is_empty());
    }
}
