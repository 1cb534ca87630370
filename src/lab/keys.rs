//! The keys of one lab: one for its user, one per host, and the file of known hosts.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::run;
use super::error::LabError;
use super::spec::{HostSpec, Spec};

/// The private key that opens all accounts of all hosts.
pub(super) fn client_key(dir: &Path) -> PathBuf {
    dir.join("key")
}

/// The controller's file of known hosts.
pub(super) fn known_hosts(dir: &Path) -> PathBuf {
    dir.join("known_hosts")
}

/// The private half of a host's key.
pub(super) fn host_key(dir: &Path, host: &str) -> PathBuf {
    dir.join(format!("{host}.key"))
}

/// The public half of a private key.
pub(super) fn public(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

/// Makes all keys of a lab in its directory.
pub(super) fn make(dir: &Path, spec: &Spec) -> Result<(), LabError> {
    generate(&client_key(dir), "lab")?;
    let mut known = String::new();
    for host in spec.hosts.iter().filter(|host| host.has_root()) {
        let key = host_key(dir, &host.name);
        generate(&key, &host.name)?;
        let text = fs::read_to_string(public(&key)).map_err(LabError::io("cannot read a key"))?;
        // Without the comment at the end: it is no part of the key.
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        known.push_str(&format!("{} {}\n", names(host), words.join(" ")));
    }
    fs::write(known_hosts(dir), known).map_err(LabError::io("cannot write known_hosts"))
}

fn names(host: &HostSpec) -> String {
    let mut names = vec![host.name.clone()];
    names.extend(host.address.map(|address| address.to_string()));
    names.extend(host.aliases.iter().cloned());
    if let Some(port) = host.port.filter(|port| *port != 22) {
        let there: Vec<String> = names.iter().map(|name| format!("[{name}]:{port}")).collect();
        names.extend(there);
    }
    names.join(",")
}

fn generate(path: &Path, comment: &str) -> Result<(), LabError> {
    let path = path.display().to_string();
    run(&["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", &path]).map(drop)
}
