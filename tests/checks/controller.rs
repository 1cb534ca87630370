//! Echo from the controller's place by a user without rights.

use std::fs;
use std::process::{Command, Stdio};

use crate::bench::{Bench, RAPPEL};
use crate::play::{artifact, play};

const PINGS: &str = "{ping: {target: 203.0.113.10, from: controller}}, {ping: {target: '2001:db8:2:96ff:ff:ff:ff:ff', from: controller}}";

/// `rappel ping --output json` as nobody: the results of the checks made from here.
fn as_nobody(bench: &Bench, path: &str) -> Vec<(String, String, String)> {
    let place = bench.project.path().join("nobody");
    let text = |name: &str| place.join(name).display().to_string();
    if !place.exists() {
        fs::create_dir(&place).expect("made");
        // Nobody reads neither root's directories nor root's key.
        fs::copy(RAPPEL, text("rappel")).expect("copied");
        fs::copy(bench.lab.key(), text("key")).expect("copied");
        fs::copy(bench.lab.known_hosts(), text("known_hosts")).expect("copied");
        let own =
            Command::new("chown").args(["-R", "65534:65534"]).arg(bench.project.path()).status();
        assert!(own.expect("chown").success());
    }
    let words = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all",
        "--",
        "env",
        path,
        &text("rappel"),
        "ping",
        "playbooks/t3.yml",
        "-i",
        "inventory",
        "--private-key",
        &text("key"),
        "--known-hosts",
        &text("known_hosts"),
        "--output",
        "json",
    ]
    .map(str::to_owned);
    let mut command = bench.lab.controller(&words).expect("a command");
    command.current_dir(bench.project.path()).env("HOME", &place).stdin(Stdio::null());
    let output = command.output().expect("runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let found: Vec<(String, String, String)> = printed
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an object a line"))
        .filter(|check| check["title"].as_str().is_some_and(|t| t.starts_with("ping ")))
        .map(|check| {
            let word = |key: &str| check[key].as_str().expect("text").to_owned();
            (word("family"), word("result"), word("how"))
        })
        .collect();
    assert_eq!(found.len(), 2, "{printed}{}", String::from_utf8_lossy(&output.stderr));
    found
}

fn pings_may_be_sent_by(bench: &Bench, groups: &str) {
    let setting = format!("net.ipv4.ping_group_range={groups}");
    let mut command = bench.lab.controller(&["sysctl", "-qw", &setting]).expect("a command");
    assert!(command.status().expect("sysctl").success());
}

#[test]
fn echo_from_here_needs_no_rights_and_says_so_when_it_may_not() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", &play(PINGS, &artifact("sysctl", "net.ipv4.ip_forward = 1")));
    // Without any ping command: the kernel's own sockets alone.
    let nothing = "PATH=/nonexistent";
    pings_may_be_sent_by(&bench, "0 2147483647");
    for (family, result, how) in as_nobody(&bench, nothing) {
        assert_eq!((result.as_str(), how.as_str()), ("pass", "echo"), "{family}");
    }
    pings_may_be_sent_by(&bench, "1 0");
    for (family, result, how) in as_nobody(&bench, nothing) {
        assert_eq!(result, "unknown", "{family}: {how}");
        let why = "not probed: the kernel lets this user send no ICMP (net.ipv4.ping_group_range), and there is no ping command";
        assert_eq!(how, why, "{family}");
    }
    // A ping command that may not send either has found nothing out.
    let bin = bench.project.path().join("bin");
    fs::create_dir(&bin).expect("made");
    fs::copy("/usr/bin/ping", bin.join("ping")).expect("copied without its capabilities");
    for (family, result, how) in as_nobody(&bench, &format!("PATH={}", bin.display())) {
        assert_eq!(result, "unknown", "{family}: {how}");
        assert!(how.contains("ping: "), "{family}: {how}");
    }
    // The one that is installed has the right.
    for (family, result, how) in as_nobody(&bench, "PATH=/usr/bin:/bin") {
        assert_eq!((result.as_str(), how.as_str()), ("pass", "ping"), "{family}");
    }
}

#[test]
fn a_host_that_does_not_answer_from_here_fails_over_its_family_only() {
    let bench = Bench::t3();
    pings_may_be_sent_by(&bench, "0 2147483647");
    bench.write("playbooks/t3.yml", &play(PINGS, &artifact("sysctl", "net.ipv4.ip_forward = 1")));
    bench.console("gw", "nft 'table inet mute { chain i { type filter hook input priority 0; icmpv6 type echo-request drop; }; }'");
    let found = as_nobody(&bench, "PATH=/nonexistent");
    let of = |family: &str| found.iter().find(|(f, _, _)| f == family).expect("one").1.clone();
    assert_eq!((of("inet"), of("inet6")), ("pass".to_owned(), "fail".to_owned()));
}
