//! `rappel lab` as a script uses it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::help::{HV1, RAPPEL, printed};

#[test]
fn a_command_in_a_lab_gives_it_orders() {
    let script = format!(
        "set -e
        export PATH=$PATH:{}
        test \"$(rappel lab exec hv1 -- hostname)\" = hv1
        echo typed | rappel lab exec hv1 -- cat | grep -qx typed
        rappel lab gateway -- ping -q -c1 -W1 {HV1} >/dev/null
        rappel lab power-cut hv1
        if rappel lab exec hv1 -- true 2>/dev/null; then exit 1; fi
        rappel lab power-on hv1
        rappel lab wait-ssh {HV1}
        rappel lab link hv1 eth0 down
        rappel lab link hv1 eth0 up
        rappel lab flush-neighbours
        if rappel lab dance 2>/dev/null; then exit 1; fi
        test \"$(ssh -F none -i $RAPPEL_LAB_KEY -o UserKnownHostsFile=$RAPPEL_LAB_KNOWN_HOSTS \\
            -o BatchMode=yes root@{HV1} hostname)\" = hv1
        code=0
        rappel lab exec hv1 -- sh -c 'exit 7' || code=$?
        exit $((code + 30))",
        Path::new(RAPPEL).parent().unwrap().display()
    );
    let argv = ["lab", "run", "t3", "--", "sh", "-c", &script];
    let output = Command::new(RAPPEL).args(argv).output().unwrap();
    assert_eq!(output.status.code(), Some(37), "{}", printed(&output));
}

#[test]
fn without_root_the_remedy_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = dir.path().join("rappel");
    fs::copy(RAPPEL, &program).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(&program)
        .args(["lab", "run", "t3", "--", "true"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(125), "{}", printed(&output));
    assert!(printed(&output).contains("sudo"), "{}", printed(&output));
}
