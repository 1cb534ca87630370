//! The command lines that lead into a lab.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Output};

use super::link::Link;
use crate::lab::cgroup;
use crate::lab::command::failed;
use crate::lab::error::LabError;
use crate::lab::place::{WITHHELD, of_host, root};
use crate::lab::protocol::{Site, State};
use crate::lab::spec::{HostSpec, Kind};

/// What root finds on a Debian console.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A command in the controller's network namespace and in a group that ends with the lab.
pub(super) fn controller<S: AsRef<OsStr>>(
    link: &Link,
    site: &Site,
    argv: &[S],
) -> Result<Command, LabError> {
    let mut words = cgroup::join(&site.id, cgroup::CONTROLLER)?;
    // No process namespace: entering one forks, and the caller would hold the wrong pid.
    words.push("nsenter".to_owned());
    words.push(format!("--net=/proc/{}/ns/net", link.pid()));
    words.push("--".to_owned());
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .args(argv)
        .env("HOME", site.dir.join("home"))
        // The machine's agent could open doors that the lab's key is to open.
        .env_remove("SSH_AUTH_SOCK");
    Ok(command)
}

/// A command on a host, entered from outside.
pub(super) fn console<S: AsRef<OsStr>>(
    link: &Link,
    host: &HostSpec,
    state: &State,
    argv: &[S],
) -> Result<Command, LabError> {
    let off = || LabError::Off(host.name.clone());
    let mut words = enter_lab(link);
    match host.kind {
        Kind::Netns if !state.on => return Err(off()),
        Kind::Netns => words.extend(["ip", "netns", "exec", &host.name].map(OsString::from)),
        Kind::Systemd | Kind::Plain => {
            let init = state.init.ok_or_else(off)?.to_string();
            let enter = ["nsenter", "--target", &init, "--all", "--root", "--wd", "--"];
            words.extend(enter.map(OsString::from));
        }
    }
    words.extend(argv.iter().map(|word| word.as_ref().to_owned()));
    Ok(bare(words))
}

/// A shell script on a host's disk, whether the host runs or not; `$1` is the path.
pub(super) fn on_disk(
    link: &Link,
    host: &HostSpec,
    script: &str,
    path: &str,
) -> Result<Command, LabError> {
    if !host.has_root() {
        return Err(LabError::Spec(format!("'{}' has no disk", host.name)));
    }
    let mut words = enter_lab(link);
    words.push("chroot".into());
    words.push(root(&host.name).into());
    words.extend(["/bin/sh", "-c", script, "sh", path].map(OsString::from));
    Ok(bare(words))
}

/// What the kernel does by itself when a disk reports an error, done on purpose.
pub(super) fn fail_disk(link: &Link, host: &HostSpec) -> Command {
    let mut words = enter_lab(link);
    words.extend(["mount", "-o", "remount,abort"].map(OsString::from));
    words.push(of_host(&host.name).into());
    bare(words)
}

/// A host's root, seen from the machine.
pub(super) fn root_outside(link: &Link, host: &HostSpec) -> PathBuf {
    let inside = root(&host.name);
    let relative = inside.strip_prefix("/").unwrap_or(&inside);
    PathBuf::from(format!("/proc/{}/root", link.pid())).join(relative)
}

/// Into the lab's mounts, and into its process namespace so as to end with it. Without
/// the capabilities that would reach beyond the lab.
fn enter_lab(link: &Link) -> Vec<OsString> {
    let pid = link.pid();
    vec![
        "nsenter".into(),
        format!("--mount=/proc/{pid}/ns/mnt").into(),
        format!("--pid=/proc/{pid}/ns/pid_for_children").into(),
        "--".into(),
        "setpriv".into(),
        "--bounding-set".into(),
        WITHHELD.into(),
        "--".into(),
    ]
}

/// A command that inherits nothing of the caller's environment but the terminal's name.
fn bare(words: Vec<OsString>) -> Command {
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    let terminal = std::env::var_os("TERM").unwrap_or_else(|| "dumb".into());
    command
        .args(words)
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        .env("TERM", terminal);
    command
}

/// What a command printed, or why it failed.
pub(super) fn text(what: &str, output: &Output) -> Result<String, LabError> {
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(what, output)),
    }
}
