//! Values that the scripts can carry. Almost anything can be in a value; what cannot is
//! refused before anything is sent, because the host would do something else than asked.

use super::{Apply, File, Import, Observe, Rehearse, RequestError};

fn unfit(key: &'static str, value: &str, why: &'static str) -> RequestError {
    RequestError::Unfit { key, value: value.to_owned(), why }
}

/// Everything of an apply request that is a word of its own on the host.
pub(super) fn check(apply: &Apply) -> Result<(), RequestError> {
    apply.files.iter().try_for_each(file)?;
    let names = apply.names.iter().chain(&apply.up).chain(&apply.down);
    names.into_iter().try_for_each(|name| interface(name))?;
    let keys = apply.sysctl.iter().map(|line| line.split(' ').next().unwrap_or_default());
    keys.chain(apply.keep_keys.iter().map(String::as_str)).try_for_each(sysctl_key)?;
    apply.nft_load.iter().try_for_each(|path| nft_path(path))
}

/// What a rehearsal names.
pub(super) fn rehearsed(rehearse: &Rehearse) -> Result<(), RequestError> {
    rehearse.files.iter().try_for_each(file)?;
    rehearse.stand_ins.iter().try_for_each(|name| interface(name))
}

/// What an observation asks for.
pub(super) fn observed(observe: &Observe) -> Result<(), RequestError> {
    observe.paths.iter().try_for_each(|p| path(p))?;
    observe.sysctl_keys.iter().try_for_each(|key| sysctl_key(key))
}

/// What an import asks for.
pub(super) fn imported(import: &Import) -> Result<(), RequestError> {
    import.paths.iter().chain(&import.trees).try_for_each(|p| path(p))
}

/// A file of a request.
pub(super) fn file(file: &File) -> Result<(), RequestError> {
    path(&file.path)?;
    for (key, name) in [("owner", &file.owner), ("group", &file.group)] {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == ':';
        if name.is_empty() || name.contains(odd) || (name.starts_with('-') && name != "-") {
            return Err(unfit(key, name, "it is no account's name or number"));
        }
    }
    Ok(())
}

/// The path of a block device.
pub(super) fn device(path: &str) -> Result<(), RequestError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._:+-".contains(c);
    let inside = path.strip_prefix("/dev/").is_some_and(|name| !name.is_empty());
    if !inside || !path.chars().all(plain) || path.split('/').any(|part| part == "..") {
        return Err(unfit("root", path, "it is not the path of a device below /dev"));
    }
    Ok(())
}

fn path(path: &str) -> Result<(), RequestError> {
    if !path.starts_with('/') {
        return Err(unfit("path", path, "it is not absolute"));
    }
    // A list of fields loses the space at its end.
    if path.ends_with([' ', '/']) {
        return Err(unfit("path", path, "it ends in a space or a slash"));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(unfit("path", path, "it leads through `..`"));
    }
    Ok(())
}

/// The kernel takes almost any name; the shell and ifupdown do not.
fn interface(name: &str) -> Result<(), RequestError> {
    let plain = |c: char| c.is_alphanumeric() || ".:_-@=+".contains(c);
    if name.is_empty() || name.starts_with('-') || !name.chars().all(plain) {
        return Err(unfit(
            "interface",
            name,
            "a name is made of letters, digits and `.:_-@+`, and does not begin with a dash",
        ));
    }
    Ok(())
}

fn sysctl_key(key: &str) -> Result<(), RequestError> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "*?[".contains(c);
    let away = key.starts_with('/') || key.split('/').any(|part| part == ".." || part.is_empty());
    if away || key.contains(odd) {
        return Err(unfit("sysctl key", key, "it names nothing below /proc/sys"));
    }
    Ok(())
}

/// nft reads an included path as a pattern, in quotes that cannot be escaped.
fn nft_path(path: &str) -> Result<(), RequestError> {
    if path.contains(['"', '\\', '*', '?', '[', '$']) {
        return Err(unfit("path of an nft file", path, "nft would take it for a pattern"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{interface, nft_path, path, sysctl_key};

    #[test]
    fn what_the_host_would_misread_is_refused() {
        for name in ["", "-a", "a b", "*", "eth?", "$(id)", "a;b", "a/b", "é\u{1b}"] {
            assert!(interface(name).is_err(), "{name:?}");
        }
        for key in ["", "net/../../etc/passwd", "/etc/passwd", "net//x", "net/*/x", "a b"] {
            assert!(sysctl_key(key).is_err(), "{key:?}");
        }
        for name in ["etc/x", "/etc/x ", "/etc/", "/etc/../x"] {
            assert!(path(name).is_err(), "{name:?}");
        }
        assert!(nft_path("/etc/nft \"x\"").is_err());
    }

    #[test]
    fn what_is_only_unusual_is_taken() {
        for name in ["eth0", "br-1.100", "eth0:1", "eth0=work", "veth@if3", "größe"] {
            assert!(interface(name).is_ok(), "{name:?}");
        }
        assert!(sysctl_key("net/ipv4/conf/eth0.5/forwarding").is_ok());
        assert!(path("/etc/a b/'$(x)` -*").is_ok());
    }
}
