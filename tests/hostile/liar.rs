//! A root who lies. What contradicts itself is found out; one who lies about everything,
//! and keeps to it, is only as good as his word: it is his host.

use crate::evil::{apply, await_closed, bench, misbehave, unchanged};

#[test]
fn a_confirmation_that_nobody_asked_for_is_not_reported_as_one() {
    let bench = bench();
    let lie = "echo 'rappel|1'; echo \"machine-id|$(cat /etc/machine-id)\"; echo 'outcome|confirmed 9'; echo 'end|closed'";
    misbehave(&bench, "verify status", lie);
    apply(&bench).safe().code(4).says("nobody confirmed it");
    await_closed(&bench);
    unchanged(&bench);
}

#[test]
fn a_confirmation_as_an_old_generation_is_not_reported_as_one() {
    let bench = bench();
    let lie = "read -r _; read -r run; printf 'rappel|1\\nmachine-id|%s\\nopen|%s\\n' \"$(cat /etc/machine-id)\" \"$run\"\nwhile read -r word; do case $word in check) printf 'check|gateway inet 203.0.113.254 eth0 pass ping\nchecked|1\n' ;; confirm) printf 'outcome|confirmed 0\\nend|ok\\n'; exit ;; esac; done";
    misbehave(&bench, "verify", lie);
    apply(&bench).safe().code(4).says("generation 0 is the change");
    await_closed(&bench);
    unchanged(&bench);
}

#[test]
fn a_verification_of_another_run_does_not_count() {
    let bench = bench();
    let lie = "read -r _; read -r run; printf 'rappel|1\\nmachine-id|%s\\nopen|%s\\n' \"$(cat /etc/machine-id)\" 0123\nexec sleep 60";
    misbehave(&bench, "verify", lie);
    apply(&bench).safe().code(3).says("rolled back");
    unchanged(&bench);
}

#[test]
fn an_armed_host_that_forgets_everything_is_unknown() {
    let bench = bench();
    let lie = "printf 'rappel|1\\nstep|arm\\n'; sleep 1";
    misbehave(&bench, "apply", lie);
    apply(&bench).safe().code(4).says("knows nothing of the change");
    unchanged(&bench);
}

#[test]
fn an_activation_without_a_watchdog_is_not_believed() {
    let bench = bench();
    misbehave(&bench, "apply", "printf 'rappel|1\\nstep|swap\\nend|activated\\n'");
    apply(&bench).safe().code(1);
    unchanged(&bench);
}

#[test]
fn checks_that_cannot_be_read_or_never_end_are_no_pass() {
    let bench = bench();
    let head = "read -r _; read -r run; printf 'rappel|1\\nmachine-id|%s\\nopen|%s\\n' \"$(cat /etc/machine-id)\" \"$run\"\n";
    misbehave(&bench, "verify", &format!("{head}echo 'check|all is well'; sleep 60"));
    apply(&bench).safe().code(3).says("cannot be read");
    misbehave(&bench, "verify", &format!("{head}exec yes 'check|gateway inet a b pass'"));
    apply(&bench).safe().code(3).says("rolled back");
    unchanged(&bench);
}
