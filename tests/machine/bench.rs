//! A machine, its power, a project, and the program under test at the controller's place.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rappel::lab::{Lab, Spec};
use tempfile::TempDir;

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../transaction/proof.rs"]
mod proof;
#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/said.rs"]
mod said;

use proof::Proof;
pub use said::Said;

use crate::lost;

/// The binary under test.
pub const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");
/// The machine's address, which its rescue system has as well.
pub const ADDRESS: &str = "203.0.113.10";
/// A boot under emulation takes 20 s on a quiet machine, and three times as long on a busy one.
pub const BOOT: Duration = Duration::from_secs(300);

/// A machine in a lab.
pub struct Bench {
    _proof: Proof,
    pub lab: Lab,
    pub project: TempDir,
    machine: TempDir,
    images: PathBuf,
}

/// Whoever runs all ignored tests has not asked for minutes of emulation by that.
#[track_caller]
pub fn asked_for() {
    let all = std::env::var_os("RAPPEL_TEST_ALL").is_some();
    assert!(all, "set RAPPEL_TEST_ALL=1 to boot machines under emulation (make test-all)");
}

/// The images, built once for all tests of all processes.
pub fn images() -> PathBuf {
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/images.sh");
    let output = Command::new("sh").arg(recipe).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "tests/machine/images.sh failed: {}", output.status);
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

impl Bench {
    /// A lost machine with one plain disk: it is on, and nobody can reach it.
    pub fn lost() -> Self {
        let disk = lost::disk();
        let bench = Self::bare("/dev/vda1");
        bench.add_disk("disk-a.img", &disk);
        bench.power("reset");
        bench
    }

    /// A machine as its provider hands it over: it is on.
    pub fn healthy() -> Self {
        let bench = Self::bare("/dev/vda1");
        let disk = bench.image("plain.img");
        bench.add_disk("disk-a.img", &disk);
        bench.power("reset");
        bench
    }

    /// A machine without a disk yet; `root` is what its kernel is told.
    pub fn bare(root: &str) -> Self {
        let images = images();
        let lab = Lab::up(Path::new(RAPPEL), &Spec::default()).unwrap();
        let project = tempfile::tempdir().unwrap();
        let bench = Self {
            _proof: Proof::on(["bookworm, whole machine"]).at_home(project.path()),
            lab,
            project,
            machine: tempfile::tempdir().unwrap(),
            images,
        };
        symlink(&bench.images, bench.machine("images")).unwrap();
        for (name, text) in [("boot", "disk"), ("root", root), ("bridge", "br0"), ("tap", "tap0")] {
            fs::write(bench.machine(name), text).unwrap();
        }
        bench.here(
            "ip link add br0 type bridge && ip addr add 203.0.113.254/24 dev br0 && ip link set br0 up",
        );
        bench.furnish();
        bench
    }

    fn furnish(&self) {
        let key = fs::read_to_string(self.images.join("host.pub")).unwrap();
        let key: Vec<&str> = key.split_whitespace().take(2).collect();
        self.write("known_hosts", &format!("{ADDRESS} {}\n", key.join(" ")));
        self.write("site.yml", lost::SITE);
        self.write("interfaces.j2", INTERFACES);
        self.write("sysctl.j2", &lost::sysctl(2));
        self.provider(&format!(
            "driver: command\n        command: [sh, {}, {}]\n        timeout: 120",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/power.sh").display(),
            self.machine.path().display()
        ));
    }

    /// Writes the inventory with this provider.
    pub fn provider(&self, settings: &str) {
        self.write(
            "hosts.yml",
            &format!(
                "machines:\n  hosts:\n    web1:\n      ansible_host: {ADDRESS}\n      \
                 ansible_user: root\n      rappel_provider:\n        {settings}\n"
            ),
        );
    }

    /// A file of the machine's directory.
    pub fn machine(&self, name: &str) -> PathBuf {
        self.machine.path().join(name)
    }

    /// Gives the machine a copy of a disk.
    pub fn add_disk(&self, name: &str, image: &Path) {
        let to = self.machine(name);
        let copied =
            Command::new("cp").args(["--sparse=always", "--"]).arg(image).arg(&to).status();
        assert!(copied.unwrap().success());
    }

    /// What the images' directory holds.
    pub fn image(&self, name: &str) -> PathBuf {
        self.images.join(name)
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.project.path().join(file), text).unwrap();
    }

    /// A shell script at the controller's place; it must succeed.
    #[track_caller]
    pub fn here(&self, script: &str) -> String {
        let output = self.lab.controller(&["sh", "-c", script]).unwrap().output().unwrap();
        assert!(output.status.success(), "{script}: {}", Said::of(&output).text);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The machine's power, without rappel.
    pub fn power(&self, action: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/power.sh");
        let dir = self.machine.path();
        self.here(&format!("sh {} {} {action}", script.display(), dir.display()));
    }

    /// What the provider's side was asked, a line each.
    pub fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.machine("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What it boots from next.
    pub fn boots(&self) -> String {
        fs::read_to_string(self.machine("boot")).unwrap().trim().to_owned()
    }

    /// A command of rappel in the project.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.lab.controller(&[RAPPEL]).unwrap();
        let key = self.images.join("key");
        command
            .args(words)
            .arg("--private-key")
            .arg(key)
            .args(["--known-hosts", "known_hosts"])
            .current_dir(self.project.path())
            .env("HOME", self.project.path())
            .env_remove("XDG_STATE_HOME")
            .stdin(Stdio::null());
        command
    }

    pub fn rappel(&self, words: &[&str]) -> Said {
        Said::of(&self.command(words).output().unwrap())
    }

    /// A command on whatever answers at the machine's address: nothing of rappel's.
    pub fn ssh(&self, script: &str) -> Output {
        let key = self.images.join("key").display().to_string();
        let argv = [
            "ssh",
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=5",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
            "-i",
            &key,
            "root@203.0.113.10",
            script,
        ];
        self.lab.controller(&argv).unwrap().stdin(Stdio::null()).output().unwrap()
    }

    /// The same; it must succeed.
    #[track_caller]
    pub fn on(&self, script: &str) -> String {
        let output = self.ssh(script);
        assert!(output.status.success(), "{script}: {}", Said::of(&output).text);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Waits until a command on the machine prints this.
    #[track_caller]
    pub fn await_answer(&self, script: &str, wanted: &str) {
        let end = Instant::now() + BOOT;
        loop {
            let output = self.ssh(script);
            if String::from_utf8_lossy(&output.stdout).trim() == wanted {
                return;
            }
            assert!(Instant::now() < end, "not {wanted:?}; console:\n{}", self.console());
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// The end of what the machine printed on its console.
    pub fn console(&self) -> String {
        let bytes = fs::read(self.machine("console")).unwrap_or_default();
        let from = bytes.len().saturating_sub(3000);
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }

    /// Requires that a rescue ended well; shows the machine's side of it if not.
    #[track_caller]
    pub fn rescued(&self, said: Said) -> Said {
        if said.code != Some(0) {
            let qemu = fs::read_to_string(self.machine("qemu.log")).unwrap_or_default();
            panic!(
                "{}\ncalls: {:?}\nQEMU: {qemu}\nconsole:\n{}",
                said.text,
                self.calls(),
                self.console()
            );
        }
        said.says("rescued")
    }

    /// A journal of an open rescue.
    pub fn journal(&self) -> Option<String> {
        let path = self.project.path().join(".local/state/rappel/rescue/web1.json");
        fs::read_to_string(path).ok()
    }
}

/// What the change's interfaces file says.
pub const INTERFACES: &str = "\
# written by rappel
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 203.0.113.10/24
    gateway 203.0.113.254
";
