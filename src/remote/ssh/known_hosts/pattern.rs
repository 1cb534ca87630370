//! Whether a host list of a `known_hosts` line applies to a name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

/// Whether a line with these hosts applies to `name`, which is lowercase and has its
/// port as in `[name]:port`.
pub(super) fn applies(hosts: &HostPatterns, name: &str) -> bool {
    match hosts {
        HostPatterns::Patterns(patterns) => listed(patterns, name),
        HostPatterns::HashedName { salt, hash } => is_hash(salt, hash, name),
    }
}

/// One pattern must match and no negated one may.
fn listed(patterns: &[String], name: &str) -> bool {
    let mut matched = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if glob(&negated.to_lowercase(), name) => return false,
            Some(_) => {}
            None => matched |= glob(&pattern.to_lowercase(), name),
        }
    }
    matched
}

/// The format's own hash: HMAC-SHA1 of the name, keyed by the salt.
fn is_hash(salt: &[u8], hash: &[u8], name: &str) -> bool {
    Hmac::<Sha1>::new_from_slice(salt)
        .is_ok_and(|mac| mac.chain_update(name.as_bytes()).verify_slice(hash).is_ok())
}

/// A name as a hash with a salt of its own.
pub(in crate::remote::ssh) fn hashed(name: &str) -> String {
    let salt: [u8; 20] = rand::random();
    match Hmac::<Sha1>::new_from_slice(&salt) {
        Ok(mac) => {
            let hash = mac.chain_update(name.as_bytes()).finalize().into_bytes();
            format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash))
        }
        // Any length of salt is taken.
        Err(_) => name.to_owned(),
    }
}

/// Matches `*` (anything) and `?` (one character), everything else literally.
pub(in crate::remote::ssh) fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` was, and how much of the name it has eaten so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((back, eaten)) => {
                    star = Some((back, eaten + 1));
                    at = back + 1;
                    seen = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::{applies, glob, hashed};

    fn line(hosts: &str, name: &str) -> bool {
        applies(&hosts.parse().unwrap(), name)
    }

    #[test]
    fn globs() {
        assert!(glob("*.example.net", "a.example.net"));
        assert!(!glob("*.example.net", "example.net"));
        assert!(glob("web?", "web1"));
        assert!(!glob("web?", "web"));
        assert!(glob("*a*b*", "xxaxxbxx"));
        assert!(!glob("*a*b", "xxaxxbxx"));
        assert!(glob("", ""));
        assert!(glob("*", ""));
        assert!(!glob("", "a"));
    }

    #[test]
    fn a_negated_match_wins_wherever_it_stands() {
        assert!(line("*.net,!bad.net", "good.net"));
        assert!(!line("*.net,!bad.net", "bad.net"));
        assert!(!line("!bad.net,*.net", "bad.net"));
        assert!(!line("!bad.net", "good.net"));
    }

    #[test]
    fn ports_stand_in_brackets_and_case_does_not_matter() {
        assert!(line("[Web1]:2222", "[web1]:2222"));
        assert!(!line("web1", "[web1]:2222"));
        assert!(!line("[web1]:2222", "web1"));
        assert!(line("[*]:2222", "[web1]:2222"));
        assert!(line("[fe80::1]:2222", "[fe80::1]:2222"));
    }

    /// Written by `ssh-keygen -H` for `[localhost]:2222`.
    #[test]
    fn hashed_names() {
        let hosts = HASHED;
        assert!(line(hosts, "[localhost]:2222"));
        assert!(!line(hosts, "localhost"));
    }

    #[test]
    fn a_name_that_was_hashed_is_found_again() {
        let hosts = hashed("web1");
        assert!(line(&hosts, "web1") && !line(&hosts, "web2"), "{hosts}");
        assert_ne!(hosts, hashed("web1"));
    }

    const HASHED: &str = "|1|wGMLxSV4XU8NynHwgc9WfyR0OHg=|Asanlz7A7kQ1DmkZoCDnQ3vAlcI=";
}
