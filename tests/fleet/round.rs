//! One run of rappel over so many simulated hosts, and what it came to need.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rappel::lab::topology;
use russh::keys::PublicKey;
use serde_json::Value;

use crate::bench::{Bench, RAPPEL};
use crate::handshakes::{KEY, ORDER};
use crate::nature::{PREFIX, address};
use crate::server::{Fleet, listener_in};
use crate::watched::{Needs, Watch};

const PLAYBOOK: &str = "\
- hosts: all
  artifacts:
    - kind: file
      path: /etc/fleet.conf
      content: \"of {{ inventory_hostname }}\\n\"
    - kind: sysctl
      path: /etc/sysctl.d/80-fleet.conf
      content: \"net.ipv4.ip_forward = 1\\n\"
";

/// A lab with one real host, and the simulated fleet beside it.
pub struct Simulated {
    bench: Arc<Bench>,
    fleet: Arc<Fleet>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Round {
    /// How each host ended, by its number.
    pub outcomes: BTreeMap<usize, String>,
    /// Connections that were made until the first host's plan was told.
    pub until_first: usize,
    /// Connections in all.
    pub connections: usize,
    /// What the process needed.
    pub needs: Needs,
    pub exit: Option<i32>,
    pub took: Duration,
}

impl Simulated {
    pub fn new() -> Self {
        let bench = Arc::new(Bench::shipped(&topology::fleet(1), "static"));
        let key = fs::read_to_string(bench.lab.key().with_extension("pub")).expect("a key");
        let client = PublicKey::from_openssh(&key).expect("a public key");
        let real = Arc::clone(&bench);
        let ask = move |command: &str, input: &[u8]| on_a_real_host(&real, command, input);
        let fleet = Arc::new(Fleet::new(client, Box::new(ask)));
        let words = ["ip", "route", "add", "local", PREFIX, "dev", "lo"];
        assert!(bench.at_controller(&words).status().expect("ip").success());
        let namespace = PathBuf::from(format!("/proc/{}/ns/net", bench.lab.pid()));
        Arc::clone(&fleet).serve(listener_in(namespace));
        bench.write("fleet.yml", PLAYBOOK);
        Self { bench, fleet }
    }

    /// `rappel plan` over the first so many hosts.
    pub fn plan(&self, hosts: usize, forks: usize) -> Round {
        let forks = forks.to_string();
        let words = [RAPPEL, "plan", "fleet.yml", "-i", "fleet", "--output", "json", "-f", &forks];
        let mut command = self.bench.at_controller(&words);
        command.args(["--known-hosts", "known_hosts", "--private-key"]).arg(self.bench.lab.key());
        self.run(command, hosts)
    }

    /// Only connects to the first so many hosts and logs in, as `handshakes` does.
    pub fn handshakes(&self, hosts: usize, forks: usize) -> Round {
        let program = std::env::current_exe().expect("this program");
        let words = [program.to_str().expect("UTF-8"), "--ignored", "--exact", "handshakes::only"];
        let mut command = self.bench.at_controller(&words);
        command.arg("--nocapture").env(ORDER, format!("{hosts} {forks}"));
        command.env(KEY, self.bench.lab.key());
        self.run(command, hosts)
    }

    fn run(&self, mut command: Command, hosts: usize) -> Round {
        self.describe(hosts);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (before, started) = (self.connections(), Instant::now());
        let mut child = command.spawn().expect("starts");
        let watch = Watch::over(&child);
        let mut stderr = child.stderr.take().expect("piped");
        let complaints = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text)
        });
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (mut outcomes, mut until_first) = (BTreeMap::new(), None);
        for line in stdout.lines() {
            // The test's own runner has something to say as well.
            let line = line.expect("text");
            let Some(at) = line.find('{') else { continue };
            let event: Value = serde_json::from_str(&line[at..]).expect("JSON");
            if event["event"] == "host_planned" {
                until_first.get_or_insert_with(|| self.connections() - before);
            }
            if event["event"] == "host_finished" {
                let outcome = event["outcome"].as_str().expect("a word").to_owned();
                let name = event["host"].as_str().expect("a name");
                outcomes.insert(name[1..].parse().expect("a number"), outcome);
            }
        }
        let (status, needs) = watch.end(&mut child);
        let took = started.elapsed();
        let complaints = complaints.join().expect("no panic").expect("text");
        Round {
            outcomes,
            until_first: until_first.unwrap_or_else(|| panic!("no plan: {complaints}")),
            connections: self.connections() - before,
            needs,
            exit: status.code(),
            took,
        }
    }

    /// How many different questions the hosts were asked.
    pub fn questions(&self) -> usize {
        self.fleet.questions()
    }

    fn connections(&self) -> usize {
        self.fleet.connections.load(Ordering::Relaxed)
    }

    /// An inventory of so many hosts, and their keys, each with a line of its own.
    fn describe(&self, hosts: usize) {
        let mut inventory = String::from("all:\n  vars: { ansible_user: root }\n  hosts:\n");
        let mut known = String::new();
        let key = self.fleet.host_key().to_openssh().expect("a key");
        for number in 0..hosts {
            let address = address(number);
            let _ = writeln!(inventory, "    h{number}: {{ ansible_host: {address} }}");
            let _ = writeln!(known, "{address} {key}");
        }
        self.bench.write("fleet/hosts.yml", &inventory);
        self.bench.write("known_hosts", &known);
    }
}

/// The answer of the lab's host. Its login shell would run the command line.
fn on_a_real_host(bench: &Bench, command: &str, input: &[u8]) -> Vec<u8> {
    let mut console = bench.lab.console("h0", &["sh", "-c", command]).expect("a host");
    console.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = console.spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input).expect("written");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}
