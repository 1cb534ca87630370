//! The process that runs a host.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::lab::cgroup;
use crate::lab::error::LabError;
use crate::lab::place::{WITHHELD, console, of_host, root};
use crate::lab::protocol::Site;
use crate::lab::spec::{HostSpec, Kind};

/// Enters the root of a host without service manager: what a kernel and an init would
/// have prepared, then the SSH server as process 1. Only the network half of the kernel's
/// settings is the host's own; the rest is the machine's and stays closed.
const PLAIN: &str = r#"
set -e
hostname "$1"
cd "$2"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
    : >dev/$node
    mount --bind /dev/$node dev/$node
done
mkdir -p run/sshd run/network run/lock dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,gid=5,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
exec setpriv --bounding-set "$3" chroot . /usr/sbin/sshd -D -e -o UsePAM=no
"#;

/// Leaves the disks of others behind: a copy of their mounts would keep a disk alive that
/// has stopped with its host's power, and nobody could mount it anew.
const ALONE: &str = "umount -l $1 2>/dev/null; shift; exec \"$@\"";

/// Starts the host's process. A namespace has none. `disks` are the hosts with a disk of
/// their own.
pub(super) fn spawn(
    spec: &HostSpec,
    site: &Site,
    disks: &[&str],
) -> Result<Option<Child>, LabError> {
    let program = match spec.kind {
        Kind::Systemd => container(&spec.name),
        Kind::Plain => plain(&spec.name),
        Kind::Netns => return Ok(None),
    };
    let mut argv = cgroup::join(&site.id, &spec.name)?;
    argv.extend(alone(&spec.name, disks));
    argv.extend(program);
    let console = open(&console(&site.dir, &spec.name))?;
    let errors = console.try_clone().map_err(LabError::io("cannot share a console"))?;
    Command::new(&argv[0])
        .args(&argv[1..])
        // The network half of /proc/sys is what hosts in a lab are for.
        .env("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "network")
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stdout(console)
        .stderr(errors)
        .spawn()
        .map(Some)
        .map_err(LabError::io("cannot start a host"))
}

/// The words before a program that sees no other host's disk.
fn alone(name: &str, disks: &[&str]) -> Vec<String> {
    let others = disks.iter().filter(|other| **other != name);
    // The names of hosts hold nothing that a shell would read otherwise.
    let paths = others.flat_map(|other| [root(other), of_host(other)]);
    let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    if paths.is_empty() {
        return Vec::new();
    }
    let mut words = ["unshare", "--mount", "sh", "-c", ALONE, "lab"].map(str::to_owned).to_vec();
    words.push(paths.join(" "));
    words
}

fn open(path: &Path) -> Result<File, LabError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(LabError::io(format!("cannot open {}", path.display())))
}

fn container(name: &str) -> Vec<String> {
    let mut argv: Vec<String> = [
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--boot",
        "--kill-signal=SIGRTMIN+3",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        // Without it not even the host's own ifup may touch its interfaces.
        "--capability=CAP_NET_ADMIN",
    ]
    .map(str::to_owned)
    .to_vec();
    argv.push(format!("--directory={}", root(name).display()));
    argv.push(format!("--machine={name}"));
    argv.push(format!("--network-namespace-path=/run/netns/{name}"));
    argv
}

fn plain(name: &str) -> Vec<String> {
    let mut argv: Vec<String> =
        ["ip", "netns", "exec", name, "unshare"].map(str::to_owned).to_vec();
    argv.extend(
        [
            "--pid",
            "--mount",
            "--uts",
            "--ipc",
            "--fork",
            "--kill-child=KILL",
            "sh",
            "-c",
            PLAIN,
            "plain-host",
            name,
        ]
        .map(str::to_owned),
    );
    argv.push(root(name).display().to_string());
    argv.push(WITHHELD.to_owned());
    argv
}
