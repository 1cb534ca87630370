//! Which algorithms are offered, and in which order.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, compression, kex, mac};

use super::known_hosts::glob;

/// Host key algorithms, best first. RSA with SHA-1 is not among them.
const HOST_KEYS: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// Key exchanges, best first; the last four only say what else we understand.
const EXCHANGES: [kex::Name; 16] = [
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G18_SHA512,
    kex::DH_G17_SHA512,
    kex::DH_G16_SHA512,
    kex::DH_G15_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
const EXTENSIONS: usize = 4;

const CIPHERS: [cipher::Name; 6] = [
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

/// Algorithms as `ssh_config` names them, where it does: lists with commas, after `+`, `-`
/// or `^` as changes of the usual list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Algorithms {
    /// `KexAlgorithms`.
    pub kex: Option<String>,
    /// `Ciphers`.
    pub ciphers: Option<String>,
    /// `MACs`.
    pub macs: Option<String>,
    /// `HostKeyAlgorithms`.
    pub host_keys: Option<String>,
}

/// What is offered to a host of which keys of these algorithms are recorded.
///
/// Recorded types come first: a server has several keys and shows the one whose type the
/// client likes best, which would look like a changed key if another one was recorded.
/// Nothing is compressed, because a compressed packet can be a bomb and our own payloads
/// are compressed already.
///
/// # Errors
/// A list of which we know no algorithm.
pub(super) fn offered(
    recorded: &[Algorithm],
    certificates: bool,
    named: &Algorithms,
) -> Result<Preferred, String> {
    let chosen = match &named.host_keys {
        None => HOST_KEYS.to_vec(),
        Some(list) => chosen(list, &HOST_KEYS, &HOST_KEYS, |one| one.as_str().to_owned())
            .ok_or_else(|| nothing("HostKeyAlgorithms", list))?,
    };
    let is_recorded = |algorithm: &Algorithm| recorded.iter().any(|known| alike(known, algorithm));
    let mut order: Vec<Algorithm> = chosen.iter().filter(|one| is_recorded(one)).cloned().collect();
    // An order that is asked for is not ours to change.
    match &named.host_keys {
        Some(list) if !list.starts_with(['+', '-']) => order.clone_from(&chosen),
        _ => order.extend(chosen.into_iter().filter(|one| !is_recorded(one))),
    }
    Ok(Preferred {
        host_key_certificates: if certificates { order.clone().into() } else { Cow::default() },
        key: Cow::Owned(order),
        kex: exchanges(named.kex.as_deref())?,
        cipher: match &named.ciphers {
            None => Cow::Borrowed(&CIPHERS),
            Some(list) => {
                let all: Vec<cipher::Name> = cipher::ALL_CIPHERS.iter().map(|one| **one).collect();
                let all: Vec<_> = all.into_iter().filter(|one| is_cipher(one.as_ref())).collect();
                chosen_names(list, &CIPHERS, &all).ok_or_else(|| nothing("Ciphers", list))?.into()
            }
        },
        mac: match &named.macs {
            None => Preferred::DEFAULT.mac,
            Some(list) => {
                let all: Vec<mac::Name> = mac::ALL_MAC_ALGORITHMS.iter().map(|one| **one).collect();
                let all: Vec<_> = all.into_iter().filter(|one| one.as_ref() != "none").collect();
                let usual = Preferred::DEFAULT.mac;
                chosen_names(list, &usual, &all).ok_or_else(|| nothing("MACs", list))?.into()
            }
        },
        compression: Cow::Borrowed(&[compression::NONE]),
    })
}

/// Not those that do not encrypt.
fn is_cipher(name: &str) -> bool {
    name != "none" && name != "clear"
}

fn exchanges(named: Option<&str>) -> Result<Cow<'static, [kex::Name]>, String> {
    let Some(list) = named else {
        return Ok(Cow::Borrowed(&EXCHANGES));
    };
    let (usual, extensions) = EXCHANGES.split_at(EXCHANGES.len() - EXTENSIONS);
    let all: Vec<kex::Name> = kex::ALL_KEX_ALGORITHMS.iter().map(|one| **one).collect();
    let all: Vec<kex::Name> = all.into_iter().filter(|one| one.as_ref() != "none").collect();
    let mut found =
        chosen_names(list, usual, &all).ok_or_else(|| nothing("KexAlgorithms", list))?;
    found.extend_from_slice(extensions);
    Ok(Cow::Owned(found))
}

fn nothing(keyword: &str, list: &str) -> String {
    format!("{keyword} {list}: none of these is supported")
}

fn chosen_names<T: Clone + PartialEq + AsRef<str>>(
    list: &str,
    usual: &[T],
    all: &[T],
) -> Option<Vec<T>> {
    chosen(list, usual, all, |one| one.as_ref().to_owned())
}

/// The algorithms of a list in its order, or the usual ones changed by it; nothing if none
/// is left.
fn chosen<T: Clone + PartialEq>(
    list: &str,
    usual: &[T],
    all: &[T],
    name: impl Fn(&T) -> String,
) -> Option<Vec<T>> {
    let names = list.trim_start_matches(['+', '-', '^']);
    let matches = |pattern: &str, one: &T| {
        let pattern = pattern.trim_end_matches("-cert-v01@openssh.com");
        glob(pattern, &name(one))
    };
    let listed: Vec<T> = names
        .split(',')
        .flat_map(|pattern| all.iter().filter(move |one| matches(pattern, one)).cloned())
        .collect();
    let others = |than: &[T]| usual.iter().filter(|one| !than.contains(one)).cloned().collect();
    let mut found: Vec<T> = match list.as_bytes().first() {
        Some(b'+') => [usual.to_vec(), listed].concat(),
        Some(b'-') => others(&listed),
        Some(b'^') => {
            let rest: Vec<T> = others(&listed);
            [listed, rest].concat()
        }
        _ => listed,
    };
    let mut seen = Vec::new();
    found.retain(|one| {
        let fresh = !seen.contains(one);
        seen.push(one.clone());
        fresh
    });
    (!found.is_empty()).then_some(found)
}

/// The same kind of key, whatever hash its signatures use.
pub(super) fn alike(one: &Algorithm, other: &Algorithm) -> bool {
    match (one, other) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
        _ => one == other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use russh::keys::{Algorithm, HashAlg};

    use super::{Algorithms, offered};

    #[test]
    fn recorded_types_are_offered_first_and_sha1_never() {
        let rsa = Algorithm::Rsa { hash: None };
        let key = offered(&[rsa], false, &Algorithms::default()).unwrap().key;
        assert_eq!(key[0], Algorithm::Rsa { hash: Some(HashAlg::Sha512) });
        assert_eq!(key[2], Algorithm::Ed25519);
        assert_eq!(key.len(), 6);
        assert!(!key.contains(&Algorithm::Rsa { hash: None }));
    }

    #[test]
    fn certificates_are_asked_for_only_where_an_authority_is_known() {
        let named = Algorithms::default();
        assert!(offered(&[], false, &named).unwrap().host_key_certificates.is_empty());
        assert!(!offered(&[], true, &named).unwrap().host_key_certificates.is_empty());
    }

    #[test]
    fn lists_replace_extend_and_take_away() {
        let kex = |list: &str| {
            let named = Algorithms { kex: Some(list.to_owned()), ..Algorithms::default() };
            let found = offered(&[], false, &named)?;
            Ok::<_, String>(found.kex.iter().map(|one| one.as_ref().to_owned()).collect::<Vec<_>>())
        };
        let only = kex("curve25519-sha256").unwrap();
        assert_eq!((only[0].as_str(), only.len()), ("curve25519-sha256", 5), "{only:?}");
        assert_eq!(
            kex("^diffie-hellman-group14-sha256").unwrap()[0],
            "diffie-hellman-group14-sha256"
        );
        assert!(!kex("-mlkem*").unwrap().contains(&"mlkem768x25519-sha256".to_owned()));
        let more = kex("+diffie-hellman-group14-sha1").unwrap();
        assert!(more.contains(&"diffie-hellman-group14-sha1".to_owned()));
        assert!(kex("sntrup761x25519-sha512@openssh.com").is_err());
        assert!(kex("none").is_err());
    }

    #[test]
    fn nothing_is_ever_sent_in_clear() {
        let named = Algorithms { ciphers: Some("none,clear".to_owned()), ..Algorithms::default() };
        assert!(offered(&[], false, &named).is_err());
        let named = Algorithms { ciphers: Some("*".to_owned()), ..Algorithms::default() };
        let found = offered(&[], false, &named).unwrap().cipher;
        assert!(found.iter().all(|one| !["none", "clear"].contains(&one.as_ref())));
    }
}
