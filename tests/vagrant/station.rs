//! A computer with Vagrant and libvirt, as a user has one, in a lab without an uplink.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rappel::lab::{HostSpec, Kind, Lab, Spec};

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../rescue/said.rs"]
mod said;

pub use said::Said;

/// The binary under test.
pub const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");

const NAME: &str = "station";

/// It boots in some seconds, ten times that on a busy machine.
const BOOT: Duration = Duration::from_secs(120);

/// What QEMU needs where no namespaces and control groups are to be had.
const QEMU: &str = "user = \"root\"\ngroup = \"root\"\nnamespaces = []\ncgroup_controllers = []\n\
                    security_driver = \"none\"\nremember_owner = 0\n";

/// How everything is started there.
const SETTINGS: &str = "export HOME=/root VAGRANT_CHECKPOINT_DISABLE=1 VAGRANT_NO_COLOR=1 \
                        VAGRANT_DEFAULT_PROVIDER=libvirt RAPPEL_BOX=lab RAPPEL=/usr/bin/rappel; \
                        { [ ! -d /work/vagrant ] || cd /work/vagrant; }";

/// The computer, with the project at `/work`.
pub struct Station {
    lab: Lab,
}

/// The project's directory.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Station {
    /// Boots it.
    pub fn up() -> Self {
        let mut host = HostSpec::new(NAME, Kind::Systemd).file("/etc/libvirt/qemu.conf", QEMU);
        host.base = "bookworm-vagrant".to_owned();
        host.interfaces = "auto lo\niface lo inet loopback\n".to_owned();
        let spec = Spec { hosts: vec![host], ..Spec::default() };
        let lab = Lab::up(Path::new(RAPPEL), &spec).expect("a lab");
        let station = Self { lab };
        station.eventually("libvirt", BOOT, "virsh -q list");
        station.sh("mkdir -p /work");
        for part in ["vagrant", "inventories", "playbooks", "templates"] {
            station.put(&project().join(part), "work");
        }
        station.put(&project().join("tests/vagrant/describe.rb"), "work");
        station
    }

    /// Copies a file or directory into a directory of its root.
    pub fn put(&self, from: &Path, to: &str) {
        let root = self.lab.root(NAME).expect("its root");
        let copied = Command::new("cp").arg("-R").arg(from).arg(root.join(to)).status();
        assert!(copied.unwrap().success(), "{}", from.display());
    }

    /// What a shell script in the directory of the labs says.
    pub fn says(&self, script: &str) -> Said {
        let script = format!("{SETTINGS}; {script}");
        match self.lab.console(NAME, &["sh", "-c", &script]) {
            Ok(mut command) => Said::of(&command.stdin(Stdio::null()).output().unwrap()),
            // It is about to boot.
            Err(error) => Said { code: None, text: error.to_string() },
        }
    }

    /// The same; it must succeed.
    #[track_caller]
    pub fn sh(&self, script: &str) -> String {
        let said = self.says(script);
        assert_eq!(said.code, Some(0), "{script}: {}\n{}", said.text, self.evidence());
        said.text
    }

    /// Waits until a script succeeds.
    #[track_caller]
    pub fn eventually(&self, what: &str, limit: Duration, script: &str) {
        let begun = Instant::now();
        loop {
            let said = self.says(script);
            if said.code == Some(0) {
                return;
            }
            assert!(begun.elapsed() < limit, "{what}: {}\n{}", said.text, self.evidence());
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    fn evidence(&self) -> String {
        let script =
            "journalctl --no-pager -n 30 2>&1; tail -n 20 /var/log/libvirt/qemu/*.log 2>&1";
        self.says(script).text
    }

    /// The Debian root that it is laid over.
    pub fn base() -> PathBuf {
        let recipe = project().join("scripts/base-image");
        let output =
            Command::new(recipe).arg("bookworm-vagrant").stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "base-image: {}", output.status);
        PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
    }
}
