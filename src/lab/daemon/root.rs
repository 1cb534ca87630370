//! A host's root: a Debian base below, the host's own files above.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::accounts;
use super::disk;
use crate::lab::command::run;
use crate::lab::error::LabError;
use crate::lab::keys;
use crate::lab::place::{of_host, root};
use crate::lab::protocol::Site;
use crate::lab::spec::HostSpec;

/// Makes the root of a host and everything in it that is the host's own.
pub(super) fn make(spec: &HostSpec, site: &Site) -> Result<(), LabError> {
    let base = base(spec, site)?;
    let dir = of_host(&spec.name);
    create(&dir)?;
    if let Some(size) = spec.disk {
        disk::make(&spec.name, size)?;
    }
    let upper = dir.join("upper");
    for path in [&upper, &dir.join("work"), &root(&spec.name)] {
        create(path)?;
    }
    // The files go in below the overlay: there are no links yet that could lead out.
    let accounts = accounts::files(base, &spec.accounts)?;
    for (path, text, mode) in files(spec, site)?.into_iter().chain(accounts) {
        place(base, &upper, &path, &text, mode)?;
    }
    overlay(spec, site)
}

fn base<'a>(spec: &HostSpec, site: &'a Site) -> Result<&'a Path, LabError> {
    let base = site.bases.get(&spec.base).map(PathBuf::as_path);
    base.ok_or_else(|| LabError::Spec(format!("no Debian root named '{}'", spec.base)))
}

/// Lays what is the host's own over its base.
pub(super) fn overlay(spec: &HostSpec, site: &Site) -> Result<(), LabError> {
    let (dir, base) = (of_host(&spec.name), base(spec, site)?);
    let (dir, base) = (dir.display(), base.display());
    let options = format!("lowerdir={base},upperdir={dir}/upper,workdir={dir}/work");
    let target = root(&spec.name).display().to_string();
    run(&["mount", "-t", "overlay", "-o", &options, "overlay", &target]).map(drop)
}

fn files(spec: &HostSpec, site: &Site) -> Result<Vec<(String, String, u32)>, LabError> {
    let name = &spec.name;
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(LabError::io(format!("cannot read {}", path.display())))
    };
    let key = keys::host_key(&site.dir, name);
    let opens = keys::public(&keys::client_key(&site.dir));
    let hosts = format!("127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost ip6-localhost\n");
    let ssh = "/etc/ssh/ssh_host_ed25519_key";
    let mut files = vec![
        ("/etc/hostname".to_owned(), format!("{name}\n"), 0o644),
        ("/etc/hosts".to_owned(), hosts, 0o644),
        ("/etc/machine-id".to_owned(), machine_id(name), 0o444),
        ("/etc/network/interfaces".to_owned(), spec.interfaces.clone(), 0o644),
        (ssh.to_owned(), read(&key)?, 0o600),
        (format!("{ssh}.pub"), read(&keys::public(&key))?, 0o644),
        ("/etc/ssh/lab_authorized_keys".to_owned(), read(&opens)?, 0o644),
    ];
    if let Some(port) = spec.port.filter(|port| *port != 22) {
        let text = format!("Port 22\nPort {port}\n");
        files.push(("/etc/ssh/sshd_config.d/lab-port.conf".to_owned(), text, 0o644));
    }
    for (path, text) in &spec.files {
        let usual = match text.starts_with("#!") {
            true => 0o755,
            false => 0o644,
        };
        let mode = spec.modes.get(path).copied().unwrap_or(usual);
        files.push((path.clone(), text.clone(), mode));
    }
    Ok(files)
}

/// Fixed per host: without one systemd takes each boot for the first and resets its
/// units, and the MACs that it gives to bridges follow from it.
fn machine_id(name: &str) -> String {
    let digest = Sha256::digest(format!("machine {name}"));
    let mut id = String::new();
    for byte in digest.iter().take(16) {
        id.push_str(&format!("{byte:02x}"));
    }
    id + "\n"
}

/// Writes a file of the host. Directories get the owner and the mode they have in the
/// base, because the upper directory's are the ones that count.
fn place(base: &Path, upper: &Path, path: &str, text: &str, mode: u32) -> Result<(), LabError> {
    let refuse = |why: &str| LabError::Spec(format!("the file {path} {why}"));
    let relative = path.strip_prefix('/').ok_or_else(|| refuse("has no absolute path"))?;
    let (mut below, mut above) = (base.to_owned(), upper.to_owned());
    let names: Vec<Component<'_>> = Path::new(relative).components().collect();
    let (last, parents) = names.split_last().ok_or_else(|| refuse("has no name"))?;
    if !names.iter().all(|name| matches!(name, Component::Normal(_))) {
        return Err(refuse("leads out of the host"));
    }
    for name in parents {
        below.push(name);
        above.push(name);
        if below.is_symlink() {
            return Err(refuse("stands behind a link of the base: name the real directory"));
        }
        if !above.is_dir() {
            create(&above)?;
            copy_rights(&below, &above)?;
        }
    }
    above.push(last);
    fs::write(&above, text).map_err(LabError::io(format!("cannot write {path}")))?;
    fs::set_permissions(&above, fs::Permissions::from_mode(mode))
        .map_err(LabError::io(format!("cannot set the mode of {path}")))
}

fn copy_rights(below: &Path, above: &Path) -> Result<(), LabError> {
    let Ok(known) = fs::metadata(below) else {
        return Ok(());
    };
    chown(above, Some(known.uid()), Some(known.gid()))
        .and_then(|()| fs::set_permissions(above, known.permissions()))
        .map_err(LabError::io(format!("cannot set the rights of {}", above.display())))
}

fn create(path: &Path) -> Result<(), LabError> {
    fs::create_dir_all(path).map_err(LabError::io(format!("cannot create {}", path.display())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::{machine_id, place};

    #[test]
    fn a_machine_id_is_32_hex_digits() {
        let id = machine_id("hv1");
        assert_eq!(id.trim().len(), 32);
        assert!(id.trim().chars().all(|c| c.is_ascii_hexdigit()));
    }

    #[test]
    fn files_stay_inside_and_never_hide_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (base, upper) = (dir.path().join("base"), dir.path().join("upper"));
        fs::create_dir_all(base.join("usr/bin")).unwrap();
        fs::create_dir_all(&upper).unwrap();
        std::os::unix::fs::symlink("usr/bin", base.join("bin")).unwrap();
        assert!(place(&base, &upper, "/usr/bin/tool", "#!/bin/sh\n", 0o755).is_ok());
        assert!(place(&base, &upper, "/bin/tool", "", 0o755).is_err());
        assert!(place(&base, &upper, "/../escaped", "", 0o644).is_err());
        assert!(place(&base, &upper, "etc/passwd", "", 0o644).is_err());
        assert!(upper.join("usr/bin/tool").exists());
        assert!(!dir.path().join("escaped").exists());
    }
}
