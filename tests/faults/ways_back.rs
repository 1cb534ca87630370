//! Each way back alone brings the host back, and the clock has no say in it.

use std::process::Child;
use std::time::Duration;

use rappel::remote::scripts;

use crate::bench::Bench;
use crate::bench::proof::Proof;
use crate::case::Fault;
use crate::inject;
use crate::judge::{self, Rest, difference};

/// A change that is in force and waits for its confirmation; the controller is gone.
fn left_alone(bench: &Bench, window: &str) {
    inject::plant(bench, "activated", &inject::script(Fault::Controller));
    let mut rappel: Child =
        bench.start(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", window]);
    let limit = Duration::from_secs(60);
    assert!(inject::reached(bench, limit, || matches!(rappel.try_wait(), Ok(Some(_)))));
    inject::strike(bench, Fault::Controller, &mut rappel);
    rappel.wait().expect("ended");
    assert!(bench.holds("hv1", "test -d /sys/class/net/br1"), "the change is in force");
}

/// The playbook's two minutes for activation are longer than a test wants to wait.
fn short(bench: &Bench) {
    bench.edit("playbooks/t3.yml", "activation_timeout: 2m", "activation_timeout: 15s");
}

#[track_caller]
fn comes_back(bench: &Bench, before: &str) {
    assert_eq!(judge::settle(bench, Duration::from_secs(70)), Rest::Clean);
    inject::clean(bench);
    assert_eq!(difference(before, &judge::picture(bench)), "");
    assert!(bench.ssh_works());
}

const KILL_WORKER: &str = "systemctl kill --kill-whom=all -s KILL 'rappel-worker-*.service'";
const TAKE_BOOT_UNIT: &str =
    "rm /etc/systemd/system/rappel-revert.service /etc/systemd/system/*/rappel-revert.service";

#[test]
fn the_timer_alone_brings_it_back() {
    let bench = Bench::t3();
    short(&bench);
    let before = judge::picture(&bench);
    left_alone(&bench, "5");
    bench.console("hv1", &format!("{TAKE_BOOT_UNIT}; {KILL_WORKER}"));
    comes_back(&bench, &before);
    bench.rappel(&["history"]).code(0).says("reverted");
}

#[test]
fn the_worker_alone_brings_it_back() {
    let bench = Bench::t3();
    let before = judge::picture(&bench);
    left_alone(&bench, "5");
    bench.console("hv1", &format!("{TAKE_BOOT_UNIT}; systemctl stop 'rappel-watchdog-*.timer'"));
    comes_back(&bench, &before);
    bench.rappel(&["history"]).code(0).says("not confirmed within 5 s");
}

#[test]
fn the_boot_unit_alone_brings_it_back() {
    let bench = Bench::t3();
    let before = judge::picture(&bench);
    left_alone(&bench, "600");
    bench.console("hv1", &format!("systemctl stop 'rappel-watchdog-*.timer'; {KILL_WORKER}"));
    inject::cycle(&bench);
    bench.eventually("the boot", Duration::from_secs(40), Bench::ssh_works);
    comes_back(&bench, &before);
    bench.rappel(&["history"]).code(0).says("restarted before the change was confirmed");
}

#[test]
fn a_revert_killed_half_way_is_taken_up_by_the_next_turn_of_the_timer() {
    let bench = Bench::t3();
    short(&bench);
    let before = judge::picture(&bench);
    left_alone(&bench, "5");
    // The timer's first turn is killed with everything it started.
    inject::plant(&bench, "revert-files", &inject::script(Fault::KillTree));
    bench.console("hv1", KILL_WORKER);
    assert!(inject::reached(&bench, Duration::from_secs(40), || false), "the revert began");
    assert!(bench.holds("hv1", "test -e /var/lib/rappel/tx/reverting"), "it is half-way");
    comes_back(&bench, &before);
}

/// A preparation that was held up until its watchdog had ended it went on with the next
/// run's transaction: it started that one's worker before its time.
#[test]
fn a_preparation_that_wakes_up_late_leaves_the_next_run_alone() {
    let bench = Bench::t3();
    short(&bench);
    let held = |until: &str| {
        format!(
            "#!/bin/sh\nrm -f \"$0\"\n: >/rappel-reached\nwhile [ ! -e {until} ]; do sleep 0.1; done\n"
        )
    };
    let apply = ["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "30"];
    inject::plant(&bench, "arm", &held("/run/first"));
    bench.edit("playbooks/t3.yml", "confirm_window: 60s", "confirm_window: 5s");
    let mut first = bench.start(&apply[..3]);
    assert!(inject::reached(&bench, Duration::from_secs(60), || false), "the first is armed");
    bench.eventually("its watchdog ends it", Duration::from_secs(90), |b| {
        !b.holds("hv1", "test -e /var/lib/rappel/tx")
    });
    first.wait().expect("ended");
    inject::plant(&bench, "arm", &held("/run/second"));
    let second = bench.start(&apply);
    assert!(inject::reached(&bench, Duration::from_secs(60), || false), "the second is armed");
    bench.console("hv1", "touch /run/first; sleep 2");
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel/tx/changing"), "nothing has begun");
    bench.console("hv1", "touch /run/second");
    let output = second.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    inject::clean(&bench);
}

/// A container may not set the clock, so this looks one level lower: what the deadline is
/// made of.
#[test]
fn the_clock_has_no_say() {
    let bench = Bench::t3();
    left_alone(&bench, "5");
    let show = "systemctl show 'rappel-watchdog-*.timer' -p TimersMonotonic -p TimersCalendar";
    let timers = bench.console("hv1", show);
    assert!(timers.contains("OnActiveUSec="), "{timers}");
    assert!(timers.contains("OnUnitInactiveUSec="), "{timers}");
    assert!(!timers.contains("OnCalendar"), "{timers}");
    assert_eq!(bench.console("hv1", "date -s '+1 day' >/dev/null 2>&1 || echo no").trim(), "no");
}

#[test]
fn scripts_read_the_clock_for_people_only() {
    let _proof = Proof::on([]);
    let dates = regex::Regex::new(r"\b(date|EPOCH|SECONDS)\b").expect("an expression");
    for script in scripts::ALL {
        for line in script.text.lines().filter(|l| !l.trim_start().starts_with('#')) {
            let wall = line.starts_with("wall()");
            assert!(wall || !dates.is_match(line), "{}: {line}", script.name);
            let told = line.contains("log") || line.contains("printf") || line.contains("since");
            let calls = line.contains("wall") && !wall;
            assert!(!calls || told, "{} decides by the clock: {line}", script.name);
        }
    }
}
