//! Everything once more with the OpenSSH of another Debian.

use std::process::Command;

use crate::server::other_debian;

/// The newest one: its server is split into programs, and it has other defaults.
const VARIANT: &str = "trixie";

#[test]
fn the_servers_of_debian_13_as_well() {
    if other_debian().is_some() {
        return;
    }
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/base-image");
    let built = Command::new(recipe).arg(VARIANT).output().expect("the recipe");
    let text = String::from_utf8(built.stdout).expect("UTF-8");
    let root = text.lines().last().expect("a path").to_owned();
    let version = Command::new("chroot").args([&root, "/usr/sbin/sshd", "-V"]).output();
    let version = String::from_utf8(version.expect("chroot needs root").stderr).expect("UTF-8");
    assert!(version.contains("OpenSSH_10"), "{version}");
    let ourselves = std::env::current_exe().expect("a path");
    let output = Command::new(ourselves)
        .env("RAPPEL_TEST_SSHD_ROOT", &root)
        .args(["--skip", "the_servers_of_debian_13", "--skip", "config::"])
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("test result: ok."), "{said}");
}
