//! Accounts that a host has beyond those of its base.

use std::fs;
use std::path::Path;

use crate::lab::error::LabError;

/// The first number of such an account; those of the base are below.
const FIRST: usize = 2000;

/// The files that make them: path, text, permission bits. What the base has already is left
/// as it is.
pub(super) fn files(
    base: &Path,
    accounts: &[String],
) -> Result<Vec<(String, String, u32)>, LabError> {
    let read = |path: &str| {
        fs::read_to_string(base.join(path)).map_err(LabError::io(format!("cannot read {path}")))
    };
    let known = read("etc/passwd")?;
    let new: Vec<&String> = accounts
        .iter()
        .filter(|name| !known.lines().any(|line| line.split(':').next() == Some(name)))
        .collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(odd) = new.iter().find(|name| !is_name(name)) {
        return Err(LabError::Spec(format!("no account can be named '{odd}'")));
    }
    let (mut passwd, mut shadow, mut group) = (known, read("etc/shadow")?, read("etc/group")?);
    let mut sudoers = String::new();
    for (number, name) in new.iter().enumerate() {
        let id = FIRST + number;
        // No home of its own: nothing of what a host does with its network needs one.
        passwd.push_str(&format!("{name}:x:{id}:{id}::/tmp:/bin/bash\n"));
        // "*" is no password but not a locked account either.
        shadow.push_str(&format!("{name}:*:19000:0:99999:7:::\n"));
        group.push_str(&format!("{name}:x:{id}:\n"));
        sudoers.push_str(&format!("{name} ALL=(ALL:ALL) NOPASSWD: ALL\n"));
    }
    let at = |path: &str, text, mode| (path.to_owned(), text, mode);
    Ok(vec![
        at("/etc/passwd", passwd, 0o644),
        at("/etc/shadow", shadow, 0o640),
        at("/etc/group", group, 0o644),
        at("/etc/sudoers.d/lab", sudoers, 0o440),
    ])
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::files;

    #[test]
    fn only_accounts_that_are_missing_are_made() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("etc")).unwrap();
        for file in ["passwd", "shadow", "group"] {
            fs::write(base.path().join("etc").join(file), "root:x:0:0::/root:/bin/sh\n").unwrap();
        }
        let made = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            files(base.path(), &names)
        };
        assert!(made(&["root"]).unwrap().is_empty());
        let files = made(&["root", "deploy"]).unwrap();
        assert!(files[0].1.ends_with("deploy:x:2000:2000::/tmp:/bin/bash\n"), "{files:?}");
        assert!(!files[3].1.contains("root "), "{files:?}");
        assert!(made(&["a:b"]).is_err());
    }
}
