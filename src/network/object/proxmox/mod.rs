//! Groups, users, permissions and VMs of Proxmox VE: how they are written, and when two states
//! of one mean the same.
//!
//! An artifact's text is `KEY: VALUE` lines, as Proxmox's own configuration files; lines that
//! begin with `#` or `<!--` say nothing. A state is `KEY VALUE` lines as its tools print them.

pub mod account;
pub mod acl;
pub mod roles;
pub mod vm;

use super::Unfit;

/// The lines of an artifact's text: key, value, in order.
///
/// # Errors
/// A line that is none, or a key that is there twice.
pub(super) fn fields(text: &str, repeats: bool) -> Result<Vec<(&str, &str)>, Unfit> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            return Err(Unfit(format!("`{line}` is no `KEY: VALUE`")));
        };
        let (key, value) = (key.trim(), value.trim());
        if !repeats && found.iter().any(|(known, _)| *known == key) {
            return Err(Unfit(format!("`{key}` is there twice")));
        }
        found.push((key, value));
    }
    Ok(found)
}

/// The value of a key in a state.
pub(super) fn value<'a>(state: &'a str, key: &str) -> Option<&'a str> {
    state.lines().filter_map(|line| line.split_once(' ')).find(|(k, _)| *k == key).map(|(_, v)| v)
}

/// Whether a name is one of a group, a role or a realm: letters, digits, `.`, `_` and `-`.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Why a name cannot be that of a user: `NAME@REALM`.
pub(super) fn bad_user(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    match name.rsplit_once('@') {
        None => Some("a user is written NAME@REALM, as in `anna@pve`"),
        Some((user, _)) if user.is_empty() || !user.chars().all(plain) => {
            Some("it has other characters than letters, digits, `.`, `_`, `+` and `-`")
        }
        Some((_, realm))
            if realm.len() < 2
                || !is_name(realm)
                || !realm.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            Some("what follows the `@` is no realm, as `pve` and `pam` are")
        }
        Some(_) if name.len() > 64 => Some("it is longer than 64 characters"),
        Some(_) => None,
    }
}
