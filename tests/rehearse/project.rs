//! A user's project, and the program in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

pub const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");

pub const PLAYBOOK: &str = "- hosts: servers
  artifacts:
    - kind: interfaces
      template: network/interfaces.j2
    - kind: sysctl
      content: |
        net.ipv4.conf.all.rp_filter = 2
";

/// A firewall that lets nobody in who is not in already.
pub const NO_SSH: &str = "    - kind: nft
      when: walled | default(false)
      content: |
        table inet rappel
        delete table inet rappel
        table inet rappel {
            chain input {
                type filter hook input priority filter; policy drop;
                ct state established,related accept
                meta l4proto { icmp, icmpv6 } accept
            }
        }
";

pub struct Project {
    pub dir: tempfile::TempDir,
}

/// What a command printed, and its exit code.
pub struct Said {
    pub code: Option<i32>,
    pub text: String,
    out: String,
}

impl Project {
    /// `h1` to `hN` at 203.0.113.31 and up, all as they should be.
    pub fn of(count: u8) -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap() };
        let mut hosts = String::from("servers:\n  vars:\n    ansible_user: root\n  hosts:\n");
        for number in 1..=count {
            hosts
                .push_str(&format!("    h{number}: {{ansible_host: 203.0.113.{}}}\n", 30 + number));
            project.host(number, &format!("203.0.113.{}", 30 + number), "203.0.113.254", "");
        }
        project.write("inventory/hosts.yml", &hosts);
        project.write("site.yml", PLAYBOOK);
        project
    }

    pub fn host(&self, number: u8, address: &str, gateway: &str, more: &str) {
        let vars = format!(
            "network:\n  uplink:\n    name: eth0\n    ipv4:\n      address: {address}/24\n      gateway: {gateway}\n{more}"
        );
        self.write(&format!("inventory/host_vars/h{number}.yml"), &vars);
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(RAPPEL);
        command
            .args(words)
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("RAPPEL_INVENTORY", "inventory")
            .env_remove("RAPPEL_JOURNAL")
            .env_remove("XDG_STATE_HOME")
            .stdin(Stdio::null());
        command
    }

    pub fn lab(&self, words: &[&str]) -> Said {
        Said::of(&self.command(&[&["lab"], words].concat()).output().unwrap())
    }

    /// A rehearsal as programs read it: one object a host.
    pub fn rehearsed(&self, words: &[&str]) -> (Said, BTreeMap<String, Value>) {
        let all = [&["rehearse", "site.yml", "--output", "json", "--confirm-window", "15"], words];
        let said = self.lab(&all.concat());
        let lines = said.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let hosts = lines.filter(|line| line["event"] == "host_rehearsed");
        let hosts = hosts.map(|line| (line["host"].as_str().unwrap().to_owned(), line)).collect();
        (said, hosts)
    }
}

impl Said {
    pub fn of(output: &Output) -> Self {
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8_lossy(&output.stderr);
        Self { code: output.status.code(), text: format!("{out}{err}"), out }
    }

    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.text.contains(text), "no {text:?} in\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.text.contains(text), "{text:?} in\n{}", self.text);
        self
    }
}

/// A lab that stands until the test is over.
pub struct Standing<'a> {
    project: &'a Project,
    pub name: &'static str,
}

impl<'a> Standing<'a> {
    pub fn up(project: &'a Project, name: &'static str, more: &[&str]) -> Self {
        // What an earlier test left that was killed.
        project.lab(&["down", "--name", name]).code(0);
        let standing = Self { project, name };
        project.lab(&[&["up", "site.yml", "--name", name], more].concat()).code(0);
        standing
    }

    /// A command to this lab: its verb, and the rest.
    pub fn lab(&self, verb: &str, words: &[&str]) -> Said {
        self.project.lab(&[&[verb, "--name", self.name], words].concat())
    }

    pub fn ssh(&self, host: &str, script: &str) -> Said {
        self.lab("ssh", &[host, "--", script])
    }

    /// What is kept of the lab for later commands.
    pub fn state(&self) -> Value {
        let path = Path::new("/run/rappel").join(format!("lab-{}", self.name)).join("state.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    pub fn id(&self) -> String {
        self.state()["id"].as_str().unwrap().to_owned()
    }

    /// The process that holds it.
    pub fn holder(&self) -> u32 {
        self.id().split('-').nth(2).unwrap().parse().unwrap()
    }

    /// The process that its namespaces hang on.
    pub fn daemon(&self) -> u32 {
        u32::try_from(self.state()["daemon"][0].as_u64().unwrap()).unwrap()
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        let _ = self.project.command(&["lab", "down", "--name", self.name]).output();
    }
}

pub fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status();
    assert!(status.unwrap().success());
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "never happened: {what}");
        sleep(Duration::from_millis(100));
    }
}
