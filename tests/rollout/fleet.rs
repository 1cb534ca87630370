//! Twelve hosts, a change that harms nobody, and hosts on which it is made to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::process::{Child, Stdio};
use std::time::Duration;

use rappel::lab::topology;
use serde_json::Value;

use crate::bench::Bench;

/// How many hosts there are.
pub const HOSTS: usize = 12;

/// The lab and its project.
pub struct Fleet {
    pub bench: Bench,
}

/// How a host is made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It has no power when it is read.
    Unreachable,
    /// The managed path is a link, which a plan refuses.
    Refused,
    /// The change does not pass its own validation on the host.
    Failed,
    /// A check that passed before does not pass after the change.
    RolledBack,
}

impl Fault {
    pub const ALL: [Self; 4] = [Self::Unreachable, Self::Refused, Self::Failed, Self::RolledBack];

    /// The outcome that it leads to.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
        }
    }

    /// Whether it shows when the host is read, before anything is begun anywhere.
    pub fn shows_early(self) -> bool {
        matches!(self, Self::Unreachable | Self::Refused)
    }
}

/// What a run told, as JSON lines.
pub struct Told {
    pub code: Option<i32>,
    pub events: Vec<Value>,
    pub text: String,
}

impl Told {
    /// From its output.
    pub fn of(code: Option<i32>, out: &str, err: &str) -> Self {
        let events = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Self { code, events, text: format!("{out}\n{err}") }
    }

    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "{}", self.text);
        self
    }

    /// The hosts whose change was begun, in the order in which it was.
    pub fn begun(&self) -> Vec<String> {
        self.named("change_started")
    }

    /// The hosts that such an event was told of.
    pub fn named(&self, event: &str) -> Vec<String> {
        let of =
            |e: &Value| (e["event"] == event).then(|| e["host"].as_str().map(str::to_owned))?;
        self.events.iter().filter_map(of).collect()
    }

    /// How each host ended.
    pub fn outcomes(&self) -> BTreeMap<String, String> {
        let finished = self.events.iter().filter(|e| e["event"] == "host_finished");
        let pair =
            |e: &Value| Some((e["host"].as_str()?.to_owned(), e["outcome"].as_str()?.to_owned()));
        finished.filter_map(pair).collect()
    }

    /// The hosts that ended so.
    pub fn ended(&self, outcome: &str) -> BTreeSet<String> {
        self.outcomes().into_iter().filter(|(_, o)| o == outcome).map(|(host, _)| host).collect()
    }

    /// The run's id.
    pub fn run(&self) -> String {
        let started = self.events.iter().find(|e| e["event"] == "run_started");
        started.and_then(|e| e["run"].as_str()).expect("a run").to_owned()
    }

    /// Requires that nothing was begun once more hosts than `budget` had failed; those that
    /// could not be planned are told of before the first turn.
    #[track_caller]
    pub fn stops_at(&self, budget: usize) -> &Self {
        let mut failed = 0;
        for event in &self.events {
            match event["event"].as_str() {
                Some("host_finished") => {
                    let fine = ["confirmed", "unchanged", "skipped"];
                    failed += usize::from(!fine.contains(&event["outcome"].as_str().unwrap_or("")));
                }
                Some("change_started") => {
                    assert!(
                        failed <= budget,
                        "{} was begun after that:\n{}",
                        event["host"],
                        self.text
                    );
                }
                _ => {}
            }
        }
        self
    }

    /// Requires that never more than so many changes were under way.
    #[track_caller]
    pub fn at_most(&self, limit: usize) -> &Self {
        let mut open: BTreeSet<&str> = BTreeSet::new();
        for event in &self.events {
            let host = event["host"].as_str().unwrap_or_default();
            match event["event"].as_str() {
                Some("change_started") => assert!(open.insert(host)),
                Some("host_finished") => {
                    open.remove(host);
                }
                _ => {}
            }
            assert!(open.len() <= limit, "{open:?} at once");
        }
        self
    }
}

impl Fleet {
    /// With all hosts up and nothing changed.
    pub fn new() -> Self {
        let count = u8::try_from(HOSTS).expect("few");
        let bench = Bench::of(&topology::fleet(count));
        let hosts: String = (0..HOSTS)
            .map(|n| {
                format!("    h{n}: {{ansible_host: 203.0.113.{}, rack: r{}}}\n", 30 + n, n % 4)
            })
            .collect();
        bench.write(
            "inventory/hosts.yml",
            &format!("fleet:\n  vars:\n    ansible_user: root\n  hosts:\n{hosts}"),
        );
        let fleet = Self { bench };
        fleet.terms("canary: 1, batch: 4");
        fleet
    }

    /// Writes the playbook, with these terms.
    pub fn terms(&self, terms: &str) {
        self.bench.write(
            "site.yml",
            &format!(
                "- hosts: fleet\n  artifacts:\n    - kind: file\n      path: /etc/harmless\n      \
                 content: \"version {{{{ version }}}}\\n\"\n      validate: test ! -e /planted-invalid\n  \
                 checks:\n    - ssh\n    - command: test ! -e /planted-bad || ! grep -q 'version {{{{ version }}}}' /etc/harmless\n  \
                 rollout: {{{terms}, confirm_window: 20s, activation_timeout: 30s, settle: 0s}}\n"
            ),
        );
    }

    /// All names, in the order of the inventory.
    pub fn names() -> Vec<String> {
        (0..HOSTS).map(|n| format!("h{n}")).collect()
    }

    /// The words of such an apply.
    pub fn words(version: usize, more: &[&str]) -> Vec<String> {
        let mut words: Vec<String> =
            ["apply", "site.yml", "--yes", "--output", "json"].map(str::to_owned).to_vec();
        words.extend(["-e".to_owned(), format!("version={version}")]);
        words.extend(more.iter().map(|&word| word.to_owned()));
        words
    }

    /// Applies a version, with more options.
    pub fn apply(&self, version: usize, more: &[&str]) -> Told {
        let words = Self::words(version, more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = self.bench.rappel(&words);
        Told::of(said.code, &said.out, &said.err)
    }

    /// Starts to apply a version.
    pub fn start(&self, version: usize, more: &[&str]) -> Child {
        let words = Self::words(version, more);
        let reach = self.bench.reach();
        let words: Vec<&str> = words.iter().chain(&reach).map(String::as_str).collect();
        let mut command = self.bench.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    }

    /// Makes a host fail.
    pub fn plant(&self, host: &str, fault: Fault) {
        match fault {
            Fault::Unreachable => self.bench.lab.power_cut(host).expect("cut"),
            Fault::Refused => {
                self.bench.console(host, "rm -f /etc/harmless; ln -s /etc/hostname /etc/harmless");
            }
            Fault::Failed => drop(self.bench.console(host, "touch /planted-invalid")),
            Fault::RolledBack => drop(self.bench.console(host, "touch /planted-bad")),
        }
    }

    /// Mends it again.
    pub fn mend(&self, host: &str, fault: Fault) {
        match fault {
            Fault::Unreachable => self.power_on(host),
            Fault::Refused => drop(self.bench.console(host, "rm /etc/harmless")),
            Fault::Failed | Fault::RolledBack => {
                self.bench.console(host, "rm -f /planted-invalid /planted-bad");
            }
        }
    }

    /// Switches a host on and waits until it lets us in.
    pub fn power_on(&self, host: &str) {
        self.bench.lab.power_on(host).expect("on");
        let address = self.bench.lab.spec().host(host).and_then(|h| h.address).expect("an address");
        let address: IpAddr = address;
        self.bench.lab.wait_ssh(address, Duration::from_secs(90)).expect("up again");
    }

    /// The hosts that have a version.
    pub fn having(&self, version: usize) -> BTreeSet<String> {
        let test = format!("grep -qx 'version {version}' /etc/harmless");
        Self::names().into_iter().filter(|host| self.bench.holds(host, &test)).collect()
    }

    /// Whether a host has the first version.
    pub fn holds_version(&self, host: &str) -> bool {
        self.bench.holds(host, "grep -qx 'version 1' /etc/harmless")
    }
}

/// Names as a set.
pub fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
