//! Confirmation against deadline: one wins, and both sides say who.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rappel::remote::scripts;

use crate::bench::proof::Proof;
use crate::case::KINDS;
use crate::judge::Whole;
use crate::site::Site;

const RUN: &str = "00000000000000ab";

/// A transaction that waits for its confirmation, below a directory instead of `/`.
fn waiting(root: &Path) {
    let tx = root.join("var/lib/rappel/tx");
    fs::create_dir_all(tx.join("scripts")).expect("made");
    for script in scripts::PAYLOAD {
        fs::write(tx.join("scripts").join(script.name), script.text).expect("written");
    }
    for (name, text) in [
        ("pending", RUN),
        ("request", &format!("run {RUN}\nwho somebody\n")),
        ("worker.events", "end|activated\n"),
        ("manifest", ""),
    ] {
        fs::write(tx.join(name), text).expect("written");
    }
}

/// Says `confirm` to verify.sh so long after revert.sh was started (or before it, if
/// negative), and tells what verify.sh answered.
fn meet(root: &Path, confirm_after: i64) -> String {
    let script = |command: &mut Command| {
        command.env("RAPPEL_ROOT", root).stdout(Stdio::piped()).stdin(Stdio::piped()).spawn()
    };
    let mut verify = script(Command::new("sh").args(["-c", &scripts::verify()])).expect("starts");
    let mut ask = verify.stdin.take().expect("a pipe");
    writeln!(ask, "rappel/1 verify\n{RUN}").expect("asked");
    let mut answers = BufReader::new(verify.stdout.take().expect("a pipe")).lines();
    let open = format!("open|{RUN}");
    assert!(answers.by_ref().any(|line| line.is_ok_and(|line| line == open)), "it is open");
    let pause = |ms: i64| std::thread::sleep(Duration::from_millis(ms.max(0).unsigned_abs()));
    let revert = std::thread::spawn({
        let path = root.join("var/lib/rappel/tx/scripts/revert.sh");
        let root = root.to_owned();
        move || {
            pause(-confirm_after);
            let ended = Command::new("sh").arg(path).env("RAPPEL_ROOT", root).output();
            assert!(ended.is_ok(), "revert.sh ran");
        }
    });
    pause(confirm_after);
    writeln!(ask, "confirm").expect("said");
    let said: Vec<String> = answers.map_while(Result::ok).collect();
    revert.join().expect("the revert");
    verify.wait().expect("the verification");
    let outcome = said.iter().rev().find_map(|line| line.strip_prefix("outcome|"));
    outcome.unwrap_or_else(|| panic!("no outcome in {said:?}")).to_owned()
}

#[test]
fn confirm_and_deadline_never_both_win() {
    let _proof = Proof::on(["dash"]);
    let (mut confirmed, mut reverted) = (0, 0);
    for round in 0..48_i64 {
        let root = tempfile::tempdir().expect("a directory");
        waiting(root.path());
        // From well before to well after, most of them close together.
        let said = meet(root.path(), (round % 16) * 3 - 12);
        let state = root.path().join("var/lib/rappel");
        let kept = state.join("gen/1").exists();
        let gone = state.join("runs").join(RUN).exists();
        assert!(kept != gone, "round {round}: confirmed {kept}, reverted {gone}, said {said}");
        let begun = state.join("gen/1/revert.events").exists();
        assert!(!(kept && begun), "round {round}: confirmed while it was reverted");
        match said.as_str() {
            "confirmed 1" => assert!(kept, "round {round}: {said}"),
            "reverting" => assert!(gone, "round {round}: {said}"),
            other => assert!(gone && other.starts_with("reverted "), "round {round}: {other}"),
        }
        assert!(!state.join("tx").exists(), "round {round}: the transaction is over");
        let log = fs::read_to_string(state.join("log")).expect("the log");
        assert_eq!(log.lines().count(), 1, "{log}");
        *(if kept { &mut confirmed } else { &mut reverted }) += 1;
    }
    eprintln!("{confirmed} confirmed, {reverted} reverted");
    assert!(confirmed > 0 && reverted > 0, "{confirmed} confirmed, {reverted} reverted");
}

#[test]
fn a_late_confirm_is_told_of_the_revert() {
    let _proof = Proof::on(["dash"]);
    let root = tempfile::tempdir().expect("a directory");
    waiting(root.path());
    let said = meet(root.path(), 6000);
    assert_eq!(said, "reverted not confirmed in time");
    assert!(!root.path().join("var/lib/rappel/gen").exists());
}

/// rappel is stopped when the change is in force and goes on so long after that.
fn stopped_for(site: &mut Site, pause: Duration) -> (String, Whole, Option<String>) {
    site.held_up(|rappel| {
        let signal = |name: &str| {
            let status = Command::new("kill").args([name, &rappel.to_string()]).status();
            assert!(status.is_ok_and(|s| s.success()), "{name}");
        };
        let begun = Instant::now();
        signal("-STOP");
        std::thread::sleep(pause.saturating_sub(begun.elapsed()));
        signal("-CONT");
    })
}

#[test]
fn on_a_real_host_what_is_said_at_the_deadline_is_so() {
    let mut site = Site::up(&KINDS[0]);
    let mut outcomes = Vec::new();
    // Verification takes 1 to 2 s and the window is 6 s: the answers meet the deadline. The
    // last ones come late for certain.
    for pause in [3_000, 3_800, 4_300, 4_600, 5_000, 12_000] {
        let (outcome, whole, lie) = stopped_for(&mut site, Duration::from_millis(pause));
        eprintln!("{pause} ms: {outcome}, {whole:?}");
        assert_eq!(lie, None, "{pause} ms: {outcome}, {whole:?}");
        assert!(!matches!(whole, Whole::Neither(_)), "{whole:?}");
        outcomes.push(outcome);
    }
    assert_eq!(outcomes.last().map(String::as_str), Some("rolled_back"));
}
