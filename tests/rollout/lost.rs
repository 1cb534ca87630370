//! Hosts that an apply loses, and `--rescue`: who is restarted through a provider, and who not.
//! That a machine comes back so is proved in `tests/machine`.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::Duration;

use crate::fleet::{Fleet, Told, set};

/// A provider that notes what it is asked, and fails.
const POWER: &str = "echo \"$@\" >>calls\necho no such machine >&2\nexit 3\n";

/// A fleet with that provider.
fn provided() -> Fleet {
    let fleet = Fleet::new();
    fleet.terms("canary: 1, batch: 2");
    fleet.bench.write("power", POWER);
    let vars = "ansible_user: root\n    rappel_provider: {driver: command, command: [sh, power]}";
    fleet.bench.edit("inventory/hosts.yml", "ansible_user: root", vars);
    fleet
}

/// What the provider was asked.
fn calls(fleet: &Fleet) -> String {
    std::fs::read_to_string(fleet.bench.project.path().join("calls")).unwrap_or_default()
}

/// Makes these hosts hold in the midst of the change.
fn hold(fleet: &Fleet, hosts: &[&str]) {
    for host in hosts {
        let plant = "mkdir -p /run/rappel-fault && cat >/run/rappel-fault/swap <<'EOF'
#!/bin/sh
touch /planted-reached
sleep 60
EOF
chmod +x /run/rappel-fault/swap";
        fleet.bench.console(host, plant);
    }
}

/// Cuts the power of hosts that hold.
fn cut(fleet: &Fleet, hosts: &[&str]) {
    for host in hosts {
        fleet.bench.eventually("the swap", Duration::from_secs(90), |b| {
            b.holds(host, "test -e /planted-reached")
        });
    }
    hosts.iter().for_each(|host| fleet.bench.lab.power_cut(host).expect("cut"));
}

fn told(child: Child) -> Told {
    let output = child.wait_with_output().expect("ended");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Told::of(output.status.code(), &text(&output.stdout), &text(&output.stderr))
}

#[test]
fn many_lost_hosts_are_a_cause_to_look_for_and_none_is_restarted() {
    let fleet = provided();
    hold(&fleet, &["h1", "h2"]);
    let child = fleet.start(1, &["--rescue=auto"]);
    cut(&fleet, &["h1", "h2"]);
    let told = told(child).code(4);
    assert_eq!(told.ended("unknown"), set(&["h1", "h2"]), "{}", told.text);
    assert!(told.text.contains("2 hosts are lost, and --rescue-limit is 1"), "{}", told.text);
    assert_eq!(calls(&fleet), "");
}

#[test]
fn a_rescue_that_cannot_begin_leaves_a_host_unknown() {
    let fleet = provided();
    hold(&fleet, &["h0"]);
    let child = fleet.start(1, &["--rescue=auto"]);
    cut(&fleet, &["h0"]);
    let first = told(child).code(4);
    assert_eq!(first.ended("unknown"), set(&["h0"]), "{}", first.text);
    assert!(first.text.contains("no such machine"), "{}", first.text);
    assert_eq!(calls(&fleet), "status\n");
    assert_eq!(first.ended("skipped").len(), 11, "{}", first.text);
}

/// Nobody is there to be asked; and without --rescue, --yes is no answer to a question that is
/// asked later.
#[test]
fn nobody_is_restarted_without_being_asked() {
    for (more, words) in [(&["--rescue=ask"][..], "nobody can be asked"), (&[][..], "")] {
        let fleet = provided();
        hold(&fleet, &["h0"]);
        let child = fleet.start(1, more);
        cut(&fleet, &["h0"]);
        let told = told(child).code(4);
        assert_eq!(told.ended("unknown"), set(&["h0"]), "{}", told.text);
        assert!(told.text.contains(words), "{}", told.text);
        assert_eq!(calls(&fleet), "");
    }
}

/// It answers at the last look: its own word is how it ended, and nothing is restarted.
#[test]
fn a_lost_host_that_answers_in_the_end_is_not_restarted() {
    let fleet = provided();
    hold(&fleet, &["h0"]);
    let mut child = fleet.start(1, &["--rescue=auto"]);
    cut(&fleet, &["h0"]);
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut text = String::new();
    while out.read_line(&mut text).expect("a line") > 0 {
        if text.lines().last().is_some_and(|line| line.contains("\"outcome\":\"unknown\"")) {
            fleet.bench.lab.power_on("h0").expect("on");
        }
    }
    let code = child.wait().expect("ended").code();
    let told = Told::of(code, &text, "").code(3);
    assert_eq!(told.ended("rolled_back"), set(&["h0"]), "{}", told.text);
    assert_eq!(calls(&fleet), "");
    assert!(fleet.having(1).is_empty());
}
