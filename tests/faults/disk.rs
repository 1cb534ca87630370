//! A disk that can only be read, before a change and in the middle of one.

use std::time::Duration;

use crate::bench::Bench;
use crate::case::Fault;
use crate::inject;
use crate::judge::{self, Rest, difference};

fn bench() -> Bench {
    let mut spec = rappel::lab::topology::t3();
    spec.host_mut("hv1").expect("hv1").disk = Some(48);
    let bench = Bench::of(&spec);
    bench.edit("playbooks/t3.yml", "    - dad\n    - mtu\n    - ndp_proxy\n", "");
    bench.edit("playbooks/t3.yml", "activation_timeout: 2m", "activation_timeout: 15s");
    bench
}

/// Without what lint says of so short a window.
fn apply(window: &str) -> [&str; 6] {
    ["apply", "playbooks/t3.yml", "--yes", "--ignore-lint", "--confirm-window", window]
}

#[test]
fn a_root_that_can_only_be_read_is_refused() {
    let bench = bench();
    let before = judge::picture(&bench);
    bench.lab.disk_fails("hv1").expect("failed");
    assert!(!bench.holds("hv1", "touch /etc/x"), "nothing can be written");
    bench
        .rappel(&apply("6"))
        .code(1)
        .says("cannot write to /var/lib/rappel")
        .says("Read-only file system");
    assert_eq!(difference(&before, &judge::picture(&bench)), "");
}

/// Files cannot come back, the live state can: the host is reached again, is said to be
/// what it is, and its next boot does the rest.
#[test]
fn a_disk_that_fails_in_the_middle_keeps_no_host_from_its_network() {
    let bench = bench();
    // The later window may be short, this one is not what is tried.
    bench.rappel(&apply("20")).code(0);
    let before = judge::picture(&bench);
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    inject::plant(&bench, "activated", &inject::script(Fault::Power));
    let rappel = bench.start(&apply("6"));
    assert!(inject::reached(&bench, Duration::from_secs(60), || false), "in force");
    bench.lab.disk_fails("hv1").expect("failed");
    let output = rappel.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("the disk cannot be written"), "{said}");
    assert!(bench.ssh_works());
    let files = |line: &&str| line.starts_with("/etc/");
    let now = judge::picture(&bench);
    let live: String = now.lines().filter(|l| !files(l)).map(|l| format!("{l}\n")).collect();
    let live_before: String =
        before.lines().filter(|l| !files(l)).map(|l| format!("{l}\n")).collect();
    let differs: String = difference(&live_before, &live)
        .lines()
        .filter(|l| !l.contains("  /etc/"))
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(differs, "", "the live state is back");

    inject::cycle(&bench);
    bench.eventually("the boot", Duration::from_secs(60), Bench::ssh_works);
    assert_eq!(judge::settle(&bench, Duration::from_secs(30)), Rest::Clean);
    inject::clean(&bench);
    assert_eq!(difference(&before, &judge::picture(&bench)), "");
}
