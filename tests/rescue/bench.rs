//! A project, and the program under test.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../transaction/proof.rs"]
mod proof;
#[path = "said.rs"]
mod said;

use proof::Proof;
pub use said::Said;

const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");
pub const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcdQlQEaNxlhXtGJoxwdlyn69kVzjz+lNfvMmZ8zGsp me";

/// A project of one host.
pub struct Bench {
    _proof: Proof,
    pub project: TempDir,
}

impl Bench {
    /// A project whose host has this `rappel_provider`: lines of YAML.
    pub fn new(settings: &[&str]) -> Self {
        let bench = Self::empty();
        bench.provider(settings);
        bench
    }

    /// The same, with the key that is to open the rescue system.
    pub fn of(settings: &[String]) -> Self {
        let key = format!("ssh_key: {KEY}");
        let lines = settings.iter().map(String::as_str).chain([key.as_str()]);
        Self::new(&lines.collect::<Vec<&str>>())
    }

    /// A project without an inventory.
    pub fn empty() -> Self {
        let project = tempfile::tempdir().unwrap();
        Self { _proof: Proof::on(["a provider's stand-in"]).at_home(project.path()), project }
    }

    pub fn provider(&self, settings: &[&str]) {
        let settings: String = settings.iter().map(|line| format!("        {line}\n")).collect();
        self.write(
            "hosts.yml",
            &format!(
                "all:\n  hosts:\n    web1:\n      ansible_host: 127.0.0.2\n      ansible_port: 1\n      \
                 ansible_user: root\n      rappel_provider:\n{settings}"
            ),
        );
    }

    /// A project whose provider is a shell script: `case $1 in … esac`.
    pub fn script(cases: &str) -> Self {
        let bench = Self::empty();
        bench.write("power", &format!("echo \"$@\" >>calls\ncase $1 in\n{cases}\nesac\n"));
        bench.write("boot", "disk");
        bench.provider(&[
            "driver: command",
            "command: [sh, power]",
            "timeout: 2",
            &format!("ssh_key: {KEY}"),
        ]);
        bench
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    pub fn path(&self, file: &str) -> std::path::PathBuf {
        self.project.path().join(file)
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_default()
    }

    pub fn journal(&self) -> String {
        self.read(".local/state/rappel/rescue/web1.json")
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(RAPPEL);
        command
            .args(words)
            .current_dir(self.project.path())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", Path::new(self.project.path()))
            .stdin(Stdio::null());
        command
    }

    pub fn rappel(&self, words: &[&str]) -> Said {
        Said::of(&self.command(words).output().unwrap())
    }

    /// A whole rescue that waits no longer than it must.
    pub fn rescue(&self) -> Said {
        self.rappel(&["rescue", "web1", "--yes", "--wait", "10"])
    }
}
