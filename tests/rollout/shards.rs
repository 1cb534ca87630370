//! Rollouts in two parts, each a process of its own, with a real PostgreSQL server between
//! them. By their names h0, h1 and h4 are in the second part, all others in the first.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::bench::Said;
use crate::fleet::{Fault, Fleet, HOSTS, Told, set};
use crate::server::{PASSWORD, Server};

/// The server on TCP, without a word on encryption.
const TCP: &str = "postgresql://ada@127.0.0.1:5433/runs";
const SECOND: [&str; 3] = ["h0", "h1", "h4"];

/// A fleet, and the database that its parts share.
struct Shared<'a> {
    fleet: &'a Fleet,
    socket: String,
    tcp: String,
}

impl<'a> Shared<'a> {
    fn new(fleet: &'a Fleet, server: &Server<'_>) -> Self {
        let socket = server.database("runs");
        let tcp = format!("{TCP}?sslmode=verify-full&sslrootcert={}", server.certificate());
        Self { fleet, socket, tcp }
    }

    /// A part comes by TCP, encrypted and with a password, the other by the socket.
    fn command(&self, words: &[&str], journal: &str) -> Command {
        let reach = self.fleet.bench.reach();
        let reach = reach.iter().map(String::as_str);
        let words: Vec<&str> = words.iter().copied().chain(reach).collect();
        let mut command = self.fleet.bench.command(&words);
        command.env("PGPASSWORD", PASSWORD).env("RAPPEL_JOURNAL", journal);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, part: usize, rollout: &str, more: &[&str]) -> Child {
        let shard = format!("{part}/2");
        let options = ["--shard", &shard, "--rollout", rollout];
        let words = Fleet::words(1, &[&options[..], more].concat());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let journal = if part == 1 { &self.tcp } else { &self.socket };
        self.command(&words, journal).spawn().expect("starts")
    }

    /// Both parts at once, to their ends.
    fn both(&self, rollout: &str, more: &[&str]) -> [Told; 2] {
        let parts = [1, 2].map(|part| self.start(part, rollout, more));
        parts.map(end)
    }

    fn asked(&self, words: &[&str]) -> Said {
        Said::of(&self.command(words, &self.socket).output().expect("runs"))
    }
}

fn server(fleet: &Fleet) -> Server<'_> {
    Server::start(true, |program| fleet.bench.at_controller(&[program]))
}

fn end(child: Child) -> Told {
    let output = child.wait_with_output().expect("ended");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = Told::of(output.status.code(), &text(&output.stdout), &text(&output.stderr));
    assert!(!told.text.contains(PASSWORD), "{}", told.text);
    told
}

fn count(server: &Server<'_>, what: &str) -> usize {
    let output = server.psql("runs", &format!("SELECT count(*) FROM rappel.hosts WHERE {what}"));
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0)
}

/// Waits until so many hosts are confirmed.
fn confirmed(server: &Server<'_>, hosts: usize) {
    let started = Instant::now();
    while count(server, "outcome = 'confirmed'") < hosts {
        assert!(started.elapsed() < Duration::from_secs(180), "not confirmed");
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn two_parts_at_once_are_one_rollout() {
    let fleet = Fleet::new();
    let server = server(&fleet);
    let shared = Shared::new(&fleet, &server);
    let alone = end(shared.start(1, "alone", &["--wait-for-parts", "3"])).code(1);
    assert!(alone.text.contains("not ready within 3 s: part 2/2"), "{}", alone.text);
    assert!(alone.begun().is_empty() && fleet.having(1).is_empty());

    let [one, two] = shared.both("first", &[]);
    let (one, two) = (one.code(0), two.code(0));
    assert_eq!(two.ended("confirmed"), set(&SECOND));
    assert_eq!(one.ended("confirmed").len() + SECOND.len(), HOSTS);
    assert_eq!(fleet.having(1).len(), HOSTS);
    assert_eq!(one.run(), two.run());

    let said = shared.asked(&["history", "--runs", "--last", "1"]).code(0);
    said.says("12 confirmed").says("(first)").never_says(PASSWORD);
    let said = shared.asked(&["history", "--run", "first"]).code(0);
    said.says("rollout first in 2 part(s)").says("h0   [2]  confirmed").says("exit code 0");
    let said = shared.asked(&["history", "--run", "first", "--output", "json"]);
    batches_are_those_of_the_fleet(&serde_json::from_str(&said.out).expect("JSON"));
    let stranger = format!("{TCP}?sslmode=verify-full");
    let stranger = shared.command(&["history", "--runs"], &stranger).output().expect("runs");
    Said::of(&stranger).code(1).says("certificate").never_says(PASSWORD);
    let again = end(shared.start(1, "first", &[])).code(5);
    assert!(again.text.contains("part 1/2 of the rollout `first` has begun"), "{}", again.text);
}

/// One canary, h0, and then four at once at most, whichever part they are in.
fn batches_are_those_of_the_fleet(whole: &serde_json::Value) {
    let (mut open, mut through) = (BTreeSet::new(), BTreeSet::new());
    let events = whole["events"].as_array().expect("events");
    // Parts write to one table, each in its order; between them the time counts.
    let mut events: Vec<&serde_json::Value> = events.iter().collect();
    events.sort_by_key(|line| line["time"].as_u64());
    for line in events {
        let host = line["host"].as_str().unwrap_or_default();
        match line["event"]["event"].as_str() {
            Some("change_started") => {
                assert!(host == "h0" || through.contains("h0"), "{host} before the canary");
                open.insert(host);
                assert!(open.len() <= 4, "{open:?}");
            }
            Some("host_finished") => {
                open.remove(host);
                through.insert(host);
            }
            _ => {}
        }
    }
    assert_eq!(through.len(), HOSTS);
}

#[test]
fn a_failure_in_one_part_stops_the_other_and_the_rest_is_taken_up() {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: 2, order: reverse_inventory");
    let server = server(&fleet);
    let shared = Shared::new(&fleet, &server);
    // It comes before all hosts of the second part.
    fleet.plant("h5", Fault::RolledBack);
    let [one, two] = shared.both("broken", &[]);
    let (one, two) = (one.code(3), two.code(1));
    assert_eq!(one.ended("rolled_back"), set(&["h5"]));
    assert!(two.begun().is_empty(), "{}", two.text);
    assert_eq!(two.ended("skipped"), set(&SECOND));
    assert!(two.text.contains("1 host failed, and the failure budget is 0"), "{}", two.text);
    assert!(SECOND.iter().all(|host| !fleet.holds_version(host)));
    let said = shared.asked(&["history", "--run", "broken"]).code(0);
    said.says("exit code 3").says("1 rolled back");

    fleet.mend("h5", Fault::RolledBack);
    let resume = format!("--resume={}", one.run());
    let [one, two] = shared.both("mended", &[&resume]);
    let (one, two) = (one.code(0), two.code(0));
    assert_eq!(two.ended("confirmed"), set(&SECOND));
    assert!(!one.begun().contains(&"h11".to_owned()), "it had the change");
    assert_eq!(fleet.having(1).len(), HOSTS);
}

#[test]
fn a_server_that_goes_away_begins_no_host_and_harms_none() {
    let fleet = Fleet::new();
    fleet.terms("canary: 0, batch: 2, pause: 2s");
    let mut server = server(&fleet);
    let shared = Shared::new(&fleet, &server);
    let parts = [1, 2].map(|part| shared.start(part, "cut", &[]));
    confirmed(&server, 2);
    server.stop();
    let told = parts.map(end);
    let mut left = 0;
    for part in &told {
        assert!(part.code.is_some_and(|code| code != 0), "{}", part.text);
        for (host, outcome) in part.outcomes() {
            let has = fleet.holds_version(&host);
            assert_eq!(outcome == "confirmed", has, "{host}: {outcome}\n{}", part.text);
            left += usize::from(!has);
            let open =
                "test -e /var/lib/rappel/tx/pending && ! test -e /var/lib/rappel/tx/confirmed";
            assert!(!fleet.bench.holds(&host, open), "{host} is left open");
        }
    }
    assert!(left > 0, "all were through before the server ended");
    let text = format!("{}{}", told[0].text, told[1].text);
    assert!(text.contains("the journal cannot be reached"), "{text}");

    server.go_on();
    let words = Fleet::words(1, &[&format!("--resume={}", told[0].run())]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shared.asked(&words).code(0);
    assert_eq!(fleet.having(1).len(), HOSTS);
}

#[test]
fn a_part_that_dies_is_not_waited_for_and_stops_the_others() {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: 2, pause: 5s, order: reverse_inventory");
    let server = server(&fleet);
    let shared = Shared::new(&fleet, &server);
    let one = shared.start(1, "dying", &[]);
    let mut two = shared.start(2, "dying", &[]);
    confirmed(&server, 1);
    two.kill().expect("killed");
    two.wait().expect("ended");
    let sql = "UPDATE rappel.parts SET seen = seen - 120000 WHERE shard = 2";
    assert!(server.psql("runs", sql).status.success());
    let one = end(one).code(1);
    assert!(one.text.contains("was not heard of for"), "{}", one.text);
    assert!(fleet.having(1).len() < HOSTS - SECOND.len(), "{}", one.text);
    let said = shared.asked(&["history", "--run", "dying"]).code(0);
    said.says("2/2").says("has no end").says("h0   [2]  not begun");
}
