//! Cases that found a mistake once.

use std::fs;
use std::process::Command;

use rappel::remote::scripts;

use crate::case::{Case, Fault, KINDS, Scenario};
use crate::site::Site;

const FOUND: [(Scenario, &str, Fault); 4] = [
    // The boot unit stayed when a finisher was killed after the transaction was put away.
    (Scenario::Bad, "run-kept", Fault::Kill),
    // A copy that the full disk cut off took the place of the interfaces file.
    (Scenario::Broken, "reverting", Fault::DiskFull),
    // rappel followed a worker that was gone for ever.
    (Scenario::Good, "worker", Fault::KillTree),
    // Nobody listened any more, and the closed pipe ended the ending: the lock stayed.
    (Scenario::Good, "confirmed-logged", Fault::Controller),
];

#[test]
fn what_was_found_once_stays_mended() {
    let mut site = Site::up(&KINDS[0]);
    for (scenario, step, fault) in FOUND {
        let case = Case { kind: &KINDS[0], scenario, step: step.to_owned(), fault };
        let record = site.try_case(&case, 0);
        assert!(record.broken.is_empty() && record.skipped.is_none(), "{case}: {record:#?}");
    }
}

/// ifupdown2 ran the hook that a dead preparation had staged, as if it had been applied.
#[test]
fn a_hook_that_was_only_staged_is_not_run() {
    let kind = &KINDS[3];
    assert_eq!(kind.name, "debian12-ifupdown2");
    let mut site = Site::up(kind);
    // The other way round the staged hook says nothing new.
    assert_eq!(site.held_up(|_| {}).2, None);
    let step = "snapshot".to_owned();
    let case = Case { kind, scenario: Scenario::Good, step, fault: Fault::Power };
    let record = site.try_case(&case, 0);
    assert!(record.broken.is_empty() && record.skipped.is_none(), "{case}: {record:#?}");
}

#[test]
fn a_copy_that_was_cut_off_takes_no_files_place() {
    let root = tempfile::tempdir().expect("a directory");
    let path = |name: &str| root.path().join(name);
    for (name, text) in [("var/lib/rappel/tx/before/root/etc/x", "old\n"), ("etc/x", "new\n")] {
        fs::create_dir_all(path(name).parent().expect("a parent")).expect("made");
        fs::write(path(name), text).expect("written");
    }
    let mut script = String::new();
    for part in scripts::ALL.iter().filter(|s| matches!(s.name, "lib.sh" | "files.sh")) {
        script.push_str(part.text);
    }
    script.push_str("cp() { : >\"$3\"; return 1; }\nrestore_path /etc/x");
    let status = Command::new("sh").args(["-c", &script]).env("RAPPEL_ROOT", root.path()).status();
    assert!(status.is_ok_and(|s| s.code() == Some(1)), "it says that it failed");
    assert_eq!(fs::read_to_string(path("etc/x")).expect("the file"), "new\n");
    assert!(!path("etc/.x.rappel-old").exists());
}
