//! The lab as its user holds it.

mod commands;
mod link;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::base::base_image;
use super::cgroup;
use super::command::finish;
use super::error::LabError;
use super::keys;
use super::protocol::{Fault, Order, Site, State};
use super::spec::{Kind, Spec};
use link::Link;

/// Seconds in which every host of a new lab has to answer. Ten times what a quiet
/// machine needs: labs are started side by side.
const BOOT_SECONDS: u64 = 90;

/// A running lab. Dropping it ends everything in it; so does the end of this process,
/// however it comes about.
#[derive(Debug)]
pub struct Lab {
    link: Link,
    spec: Spec,
    site: Site,
}

impl Lab {
    /// Builds a lab, switches all hosts on and waits until each SSH server answers.
    ///
    /// `program` is the `rappel` binary, which is called as `rappel lab daemon`. The
    /// first lab on a machine also builds the Debian root (half a minute, needs network).
    pub fn up(program: &Path, spec: &Spec) -> Result<Self, LabError> {
        let lab = Self::start(program, spec)?;
        lab.wait_for_all()?;
        Ok(lab)
    }

    /// Builds the Debian roots that a lab needs and that are not there yet, which may take
    /// minutes and says so on standard error.
    pub fn bases(spec: &Spec) -> Result<BTreeMap<String, PathBuf>, LabError> {
        require_root()?;
        let mut bases = BTreeMap::new();
        for host in spec.hosts.iter().filter(|host| host.has_root()) {
            if !bases.contains_key(&host.base) {
                bases.insert(host.base.clone(), base_image(&host.base)?);
            }
        }
        Ok(bases)
    }

    /// As [`Lab::up`], but without waiting for the hosts.
    pub fn start(program: &Path, spec: &Spec) -> Result<Self, LabError> {
        let bases = Self::bases(spec)?;
        let temporary = std::env::temp_dir();
        cgroup::sweep(&temporary);
        let id = cgroup::new_id();
        let dir = temporary.join(&id);
        let site = Site { id, dir, bases };
        let made = prepare(&site, spec).and_then(|()| Link::open(program, &site));
        let link = made.inspect_err(|_| discard(&site))?;
        let lab = Self { link, spec: spec.clone(), site };
        lab.link.apart()?;
        lab.link.ask(Order::Up { spec: Box::new(lab.spec.clone()), site: lab.site.clone() })?;
        Ok(lab)
    }

    /// Whether the lab is no more, though nobody here has ended it.
    pub fn has_ended(&self) -> bool {
        self.link.has_ended()
    }

    /// Waits until each SSH server of the specification answers.
    pub fn wait_for_all(&self) -> Result<(), LabError> {
        for host in &self.spec.hosts {
            if let Some(address) = host.address {
                let port = host.port.unwrap_or(22);
                self.order(Order::WaitSsh { address, port, seconds: BOOT_SECONDS })?;
            }
        }
        Ok(())
    }

    /// Looks whether the lab leads anywhere outside.
    ///
    /// # Errors
    /// What leads out. A lab that does must not be used.
    pub fn sealed(&self) -> Result<(), LabError> {
        self.link.apart()?;
        self.order(Order::Seal).map_err(|error| match error {
            // The daemon's error comes as text.
            LabError::Daemon(text) => LabError::way_out(&text),
            other => other,
        })
    }

    /// Makes the cables of a host bad, or good again.
    pub fn fault(&self, host: &str, fault: Fault) -> Result<(), LabError> {
        self.order(Order::Fault { host: host.to_owned(), fault })
    }

    /// What the lab was made from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The name of the lab among all labs of the machine. Its control groups and its
    /// directory bear it.
    pub fn id(&self) -> &str {
        &self.site.id
    }

    /// The process whose network namespace is the controller's.
    pub fn pid(&self) -> u32 {
        self.link.pid()
    }

    /// The lab's own directory (mode 0700), removed at the end.
    pub fn dir(&self) -> &Path {
        &self.site.dir
    }

    /// The private key that opens root, `admin` (sudo without password), `asker` (sudo
    /// with the password `correct horse`) and `nobody-admin` (no sudo) on every host.
    pub fn key(&self) -> PathBuf {
        keys::client_key(&self.site.dir)
    }

    /// The file of known hosts for the controller, by host name and address.
    pub fn known_hosts(&self) -> PathBuf {
        keys::known_hosts(&self.site.dir)
    }

    /// A command at the controller's place: the lab's own network namespace. The process
    /// keeps its pid, so that it can be killed, and ends with the lab. HOME is an empty
    /// directory of the lab; set another one if runs are to differ.
    pub fn controller<S: AsRef<OsStr>>(&self, argv: &[S]) -> Result<Command, LabError> {
        commands::controller(&self.link, &self.site, argv)
    }

    /// Runs a shell script over OpenSSH from the controller's place, as in
    /// `ssh("root@203.0.113.10", "id")`, with the lab's key and known hosts.
    pub fn ssh(&self, login: &str, script: &str) -> Result<Output, LabError> {
        let key = self.key().display().to_string();
        let known = format!("UserKnownHostsFile={}", self.known_hosts().display());
        let mut argv = vec!["ssh", "-F", "none", "-i", &key, "-o", &known];
        for option in ["BatchMode=yes", "IdentitiesOnly=yes", "ConnectTimeout=5"] {
            argv.extend(["-o", option]);
        }
        argv.extend([login, script]);
        finish(self.controller(&argv)?, b"")
    }

    /// A command on a host's console: as root, without its network. Of kind `Netns` it
    /// sees the machine's files. Has all capabilities, more than an SSH session.
    pub fn console<S: AsRef<OsStr>>(&self, host: &str, argv: &[S]) -> Result<Command, LabError> {
        let spec = self.known(host)?;
        let state = self.state(host)?;
        commands::console(&self.link, spec, &state, argv)
    }

    /// Runs a command on a host's console and gives all that it printed.
    pub fn exec<S: AsRef<OsStr>>(&self, host: &str, argv: &[S]) -> Result<Output, LabError> {
        finish(self.console(host, argv)?, b"")
    }

    /// Runs a shell script on a host's console and gives its output when it succeeds.
    pub fn sh(&self, host: &str, script: &str) -> Result<String, LabError> {
        let output = self.exec(host, &["sh", "-c", script])?;
        commands::text(&format!("{host}: {script}"), &output)
    }

    /// Runs a command in the provider's gateway and gives all that it printed.
    pub fn gateway<S: AsRef<OsStr>>(&self, argv: &[S]) -> Result<Output, LabError> {
        let gateway = self.spec.gateway.as_deref();
        let gateway = gateway.ok_or_else(|| LabError::Spec("it has no gateway".to_owned()))?;
        self.exec(gateway, argv)
    }

    /// The disk of a host (see [`HostSpec::disk`](super::spec::HostSpec)) meets an error: from
    /// then on, to its next boot, it can be read only.
    pub fn disk_fails(&self, host: &str) -> Result<(), LabError> {
        let output = finish(commands::fail_disk(&self.link, self.known(host)?), b"")?;
        commands::text(&format!("{host}: its disk"), &output).map(drop)
    }

    /// Cuts a host's power: its cables first, so that nothing of it can say goodbye.
    /// Its guests die with it. Returns when nothing of it runs.
    pub fn power_cut(&self, host: &str) -> Result<(), LabError> {
        self.order(Order::Cut { host: host.to_owned() })
    }

    /// Switches a host on; does not wait for SSH. A guest starts with its hypervisor.
    pub fn power_on(&self, host: &str) -> Result<(), LabError> {
        self.order(Order::On { host: host.to_owned() })
    }

    /// Reboots a host and returns when its new boot has begun; does not wait for SSH.
    /// A host without systemd has its power cut and switched on again.
    pub fn reboot(&self, host: &str) -> Result<(), LabError> {
        let before = self.state(host)?.boots;
        if self.known(host)?.kind != Kind::Systemd {
            self.power_cut(host)?;
            return self.power_on(host);
        }
        // The console may die before it can tell how that went.
        let output = self.exec(host, &["/sbin/reboot"])?;
        let end = Instant::now() + Duration::from_secs(BOOT_SECONDS);
        while self.state(host)?.boots == before {
            if Instant::now() > end {
                let printed = commands::text("reboot", &output);
                return Err(LabError::Timeout {
                    what: format!("a reboot of {host}"),
                    seconds: BOOT_SECONDS,
                    evidence: format!(": {printed:?}"),
                });
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Whether a host has power, and how often it has booted.
    pub fn power(&self, host: &str) -> Result<(bool, u64), LabError> {
        self.state(host).map(|state| (state.on, state.boots))
    }

    /// Waits until an SSH server greets the controller at that address and, if it is the
    /// address of a host, until the host lets ordinary accounts in.
    pub fn wait_ssh(&self, address: IpAddr, at_most: Duration) -> Result<(), LabError> {
        let seconds = at_most.as_secs().max(1);
        self.order(Order::WaitSsh { address, port: 22, seconds })
    }

    /// Plugs the cable of a NIC in, or pulls it. A pulled cable stays pulled over reboots.
    pub fn link(&self, host: &str, nic: &str, up: bool) -> Result<(), LabError> {
        self.order(Order::Link { host: host.to_owned(), nic: nic.to_owned(), up })
    }

    /// Forgets the neighbours of the controller, the gateway and namespace guests. Do it
    /// before asserting reachability: a cached neighbour hides a lost entry.
    pub fn flush_neighbours(&self) -> Result<(), LabError> {
        self.order(Order::FlushNeighbours)
    }

    /// Reads a file of a host's disk, also when the host is off. What a running host has
    /// mounted over its disk (`/run`, `/tmp`, `/proc`) is not on it.
    pub fn read_file(&self, host: &str, path: &str) -> Result<Vec<u8>, LabError> {
        let command = commands::on_disk(&self.link, self.known(host)?, "cat <\"$1\"", path)?;
        let output = finish(command, b"")?;
        commands::text(&format!("read {host}:{path}"), &output)?;
        Ok(output.stdout)
    }

    /// Writes a file to a host's disk, also when the host is off; makes its directories.
    pub fn write_file(&self, host: &str, path: &str, bytes: &[u8]) -> Result<(), LabError> {
        let script = "mkdir -p \"${1%/*}/\" && cat >\"$1\"";
        let command = commands::on_disk(&self.link, self.known(host)?, script, path)?;
        let output = finish(command, bytes)?;
        commands::text(&format!("write {host}:{path}"), &output).map(drop)
    }

    /// Writes a file to a host's disk with these permission bits, also when the host is off,
    /// and syncs it.
    pub fn place_file(
        &self,
        host: &str,
        path: &str,
        bytes: &[u8],
        mode: u32,
    ) -> Result<(), LabError> {
        let script = format!(
            "mkdir -p \"${{1%/*}}/\" && rm -f \"$1\" && cat >\"$1\" && chmod {mode:04o} \"$1\" && sync"
        );
        let command = commands::on_disk(&self.link, self.known(host)?, &script, path)?;
        commands::text(&format!("write {host}:{path}"), &finish(command, bytes)?).map(drop)
    }

    /// Removes a file from a host's disk, if it is there.
    pub fn remove_file(&self, host: &str, path: &str) -> Result<(), LabError> {
        let script = "rm -f \"$1\" && sync";
        let command = commands::on_disk(&self.link, self.known(host)?, script, path)?;
        commands::text(&format!("remove {host}:{path}"), &finish(command, b"")?).map(drop)
    }

    /// A host's disk as a path of the machine, while the lab lives. Beware of absolute
    /// links in it: followed from here they lead to the machine's own files. Prefer
    /// [`Lab::read_file`] and [`Lab::write_file`].
    pub fn root(&self, host: &str) -> Option<PathBuf> {
        let root = commands::root_outside(&self.link, self.known(host).ok()?);
        root.is_dir().then_some(root)
    }

    /// What a running host sees as `/`, as a path of the machine, until it is switched off or
    /// boots again: with what it has mounted over its disk. The same care as with
    /// [`Lab::root`].
    ///
    /// # Errors
    /// The host is off, or has no files.
    pub fn live_root(&self, host: &str) -> Result<PathBuf, LabError> {
        let init = self.state(host)?.init.ok_or_else(|| LabError::Off(host.to_owned()))?;
        Ok(PathBuf::from(format!("/proc/{}/root/proc/{init}/root", self.link.pid())))
    }

    /// The last lines that a host printed on its console.
    pub fn console_text(&self, host: &str) -> String {
        let path = super::place::console(&self.site.dir, host);
        let bytes = fs::read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn known(&self, host: &str) -> Result<&super::spec::HostSpec, LabError> {
        self.spec.host(host).ok_or_else(|| LabError::NoHost(host.to_owned()))
    }

    fn state(&self, host: &str) -> Result<State, LabError> {
        self.link.look(host)
    }

    fn order(&self, order: Order) -> Result<(), LabError> {
        self.link.ask(order).map(drop)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.link.close();
        discard(&self.site);
    }
}

/// Removes what the daemon would have removed; it may have been killed.
fn discard(site: &Site) {
    cgroup::kill(&site.id, cgroup::CONTROLLER);
    cgroup::remove(&site.id);
    let _ = fs::remove_dir_all(&site.dir);
}

fn prepare(site: &Site, spec: &Spec) -> Result<(), LabError> {
    let dir = &site.dir;
    let mut private = DirBuilder::new();
    private.mode(0o700);
    private
        .create(dir)
        .and_then(|()| private.create(dir.join("home")))
        .map_err(LabError::io(format!("cannot create {}", dir.display())))?;
    keys::make(dir, spec)
}

/// Who the process is, told by what it owns.
pub fn require_root() -> Result<(), LabError> {
    let owner = fs::metadata("/proc/self").map_err(LabError::io("cannot look at /proc/self"))?;
    match owner.uid() {
        0 => Ok(()),
        _ => Err(LabError::NotRoot),
    }
}
