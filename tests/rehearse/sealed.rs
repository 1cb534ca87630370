//! Who may have a lab, and that it never leads anywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::project::{Project, RAPPEL, Said, Standing};

fn ip(words: &[&str]) {
    let output = Command::new("ip").args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Somebody connects the lab with the machine: nothing runs in it any more until that is gone.
#[test]
fn a_lab_that_leads_out_is_refused() {
    let project = Project::of(1);
    let lab = Standing::up(&project, "test-sealed", &[]);
    lab.lab("apply", &["--", "--yes"]).code(0);
    let daemon = lab.daemon().to_string();
    // One end stays on the machine, down and without an address.
    ip(&["link", "add", "rappelout", "type", "veth", "peer", "name", "uplink", "netns", &daemon]);
    let refused = lab.lab("apply", &["--", "--yes"]);
    let shell = lab.ssh("h1", "true");
    ip(&["link", "del", "rappelout"]);
    refused.code(5).says("could reach a real network").says("uplink").says("not in the lab");
    shell.code(5).says("could reach a real network");
    lab.lab("apply", &["--", "--yes"]).code(0).says("unchanged");
}

#[test]
fn without_root_the_remedy_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = dir.path().join("rappel");
    fs::copy(RAPPEL, &program).unwrap();
    for words in [&["up"][..], &["rehearse", "site.yml"], &["down"], &["ssh", "h1"], &["apply"]] {
        let output = Command::new("setpriv")
            .args(["--reuid", "65534", "--clear-groups"])
            .arg(&program)
            .arg("lab")
            .args(words)
            .current_dir("/")
            .output()
            .unwrap();
        Said::of(&output).code(1).says("labs need root").says("sudo");
    }
}
