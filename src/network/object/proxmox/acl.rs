//! What a group or a user of Proxmox VE may do: all of it at once, so that what somebody added
//! by hand shows.

use super::{bad_user, fields, is_name};
use crate::network::object::Unfit;

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The path of what it is for, as in `/vms/101`.
    pub path: String,
    /// The role.
    pub role: String,
    /// Whether it is for everything below the path, too.
    pub below: bool,
}

/// Whether a name can be that of a group or a user.
pub fn bad_name(name: &str) -> Option<&'static str> {
    match name.contains('@') {
        true => bad_user(name),
        false if is_name(name) => None,
        false => Some("it is neither the name of a group nor NAME@REALM"),
    }
}

/// Reads an artifact's text: `PATH: ROLE`, and `propagate=0` behind it for the path alone.
///
/// # Errors
/// A line that is none of this.
pub fn read(text: &str) -> Result<Vec<Entry>, Unfit> {
    let mut entries = Vec::new();
    for (path, value) in fields(text, true)? {
        let mut words = value.split_whitespace();
        let role = words.next().unwrap_or_default();
        let below = match (words.next(), words.next()) {
            (None | Some("propagate=1"), None) => true,
            (Some("propagate=0"), None) => false,
            _ => return Err(Unfit(format!("`{value}` is not ROLE, or ROLE propagate=0"))),
        };
        if !is_path(path) {
            return Err(Unfit(format!("Proxmox has no path `{path}`")));
        }
        if !is_name(role) {
            return Err(Unfit(format!("`{role}` is no name of a role")));
        }
        let entry = Entry { path: path.to_owned(), role: role.to_owned(), below };
        let twice = |known: &Entry| known.path == entry.path && known.role == entry.role;
        if entries.iter().any(twice) {
            return Err(Unfit(format!("`{path}: {role}` is there twice")));
        }
        entries.push(entry);
    }
    entries.sort();
    if entries.is_empty() {
        return Err(Unfit("it has no permission; one is written `/vms: PVEVMAdmin`".to_owned()));
    }
    Ok(entries)
}

/// Whether Proxmox would take a path; those below what it names are not looked into.
fn is_path(path: &str) -> bool {
    const TOPS: [&str; 7] = ["access", "nodes", "pool", "sdn", "storage", "vms", "mapping"];
    let Some(rest) = path.strip_prefix('/') else { return false };
    let mut parts = rest.split('/');
    match parts.next() {
        Some("") => rest.is_empty(),
        Some("vms") => {
            let numbers = parts.collect::<Vec<_>>();
            matches!(numbers.as_slice(), [])
                || matches!(numbers.as_slice(), [one] if super::vm::is_number(one))
        }
        Some(top) => TOPS.contains(&top) && parts.all(is_name),
        None => false,
    }
}

/// The state that a text leads to.
///
/// # Errors
/// The text is no list of permissions.
pub fn wanted(name: &str, text: &str) -> Result<String, Unfit> {
    if let Some(why) = bad_name(name) {
        return Err(Unfit(why.to_owned()));
    }
    let line = |e: &Entry| format!("acl {} {} {}\n", e.path, e.role, u8::from(e.below));
    Ok(read(text)?.iter().map(line).collect())
}

/// A state for people, and for comparing.
pub fn shown(state: &str) -> String {
    let mut lines: Vec<String> = state
        .lines()
        .filter_map(|line| {
            let mut words = line.strip_prefix("acl ")?.split(' ');
            let (path, role, below) = (words.next()?, words.next()?, words.next()?);
            let only = if below == "0" { " propagate=0" } else { "" };
            Some(format!("{path}: {role}{only}\n"))
        })
        .collect();
    lines.sort();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::{shown, wanted};

    #[test]
    fn order_is_no_difference_and_propagation_is_one() {
        let text = "/vms: PVEVMAdmin\n/storage: PVEDatastoreUser\n/: PVEAuditor propagate=0\n";
        let state = wanted("g1", text).expect("permissions");
        let printed =
            "acl /vms PVEVMAdmin 1\nacl / PVEAuditor 0\nacl /storage PVEDatastoreUser 1\n";
        assert_eq!(shown(&state), shown(printed));
        assert_ne!(shown(&state), shown(&printed.replace("Auditor 0", "Auditor 1")));
        assert_eq!(shown("acl / A 0\n"), "/: A propagate=0\n");
    }

    #[test]
    fn what_is_none_is_refused() {
        for (name, text, why) in [
            ("g1", "", "no permission"),
            ("g/1", "/: A", "neither"),
            ("g1", "/etc: A", "no path"),
            ("g1", "/vms/1: A", "no path"),
            ("g1", "vms: A", "no path"),
            ("g1", "/vms:", "no name of a role"),
            ("g1", "/vms: A B", "propagate=0"),
            ("g1", "/vms: A\n/vms: A", "twice"),
        ] {
            let error = wanted(name, text).expect_err(text);
            assert!(error.0.contains(why), "{error}");
        }
        assert!(wanted("anna@pve", "/vms/101: A\n/vms: A\n/vms: B").is_ok());
    }
}
