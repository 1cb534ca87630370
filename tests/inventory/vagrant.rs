//! Machines of Vagrant, and what it complains about. A program stands in for it that knows
//! the three commands that it is asked for, and refuses others; tests/vagrant has the real one.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::ansible::files;

/// Like the real one, `ssh-config` fails as a whole when one machine does not run.
const STAND_IN: &str = r#"#!/bin/sh
[ -e Vagrantfile ] || { echo 'A Vagrant environment or target machine is required.' >&2; exit 1; }
[ -z "${VAGRANT_CWD:-}" ] || exit 9
block() {
    grep -q "^$1=running$" states || { echo "$1 is not yet ready for SSH" >&2; exit 1; }
    printf 'Host %s\n  HostName 127.0.0.1\n  User vagrant\n  Port 2222\n' "$1"
    printf '  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  IdentityFile /k\n\n'
}
case "$*" in
    'status --machine-readable')
        sed 's/\(.*\)=\(.*\)/1700000000,\1,state,\2/' states
        ;;
    ssh-config) for name in $(sed 's/=.*//' states); do block "$name"; done ;;
    'ssh-config '*) shift; for name; do block "$name"; done ;;
    *) echo "no command $*" >&2; exit 1 ;;
esac
"#;

fn site(states: &str, more: &[(&str, &str)]) -> TempDir {
    let mut all = vec![
        ("bin/vagrant!", STAND_IN),
        ("machines/Vagrantfile", ""),
        ("machines/states", states),
        ("hosts.yml", "web:\n  hosts:\n    hv1: {ansible_host: 203.0.113.10, x: 1}\n    hv2:\n"),
    ];
    all.extend(more);
    files(&all)
}

fn said(home: &TempDir, path: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.args(words).current_dir(home.path()).env("PATH", path).env_remove("RAPPEL_INVENTORY");
    let output = command.env("VAGRANT_CWD", "/elsewhere").output().unwrap();
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn asked(home: &TempDir, words: &[&str]) -> (Option<i32>, String, String) {
    let usual = std::env::var("PATH").unwrap();
    said(home, &format!("{}:{usual}", home.path().join("bin").display()), words)
}

#[test]
fn hosts_of_an_inventory_are_reached_as_vagrant_says() {
    let id = [("machines/.vagrant/machines/hv1/libvirt/id", "5eb6-3bbb\n")];
    let home = site("hv1=running\n", &id);
    let (code, list, complaint) =
        asked(&home, &["inventory", "-i", "hosts.yml", "-i", "vagrant:machines"]);
    assert_eq!(code, Some(0), "{complaint}");
    let list: Value = serde_json::from_str(&list).unwrap();
    let vars = &list["_meta"]["hostvars"]["hv1"];
    assert_eq!(vars["x"], 1);
    assert_eq!(vars["ansible_host"], "127.0.0.1");
    assert_eq!(vars["ansible_port"], "2222");
    assert_eq!(vars["ansible_become"], true);
    let args = vars["ansible_ssh_common_args"].as_str().unwrap();
    let file = home.path().join("machines/.vagrant/rappel_known_hosts");
    assert!(args.contains(&format!("UserKnownHostsFile=\\\"{}\\\"", file.display())), "{args}");
    assert!(args.contains("HostKeyAlias=hv1-5eb6-3bbb"), "{args}");
    assert!(args.contains("StrictHostKeyChecking=accept-new"), "{args}");
}

#[test]
fn vars_beside_the_vagrantfile_are_read() {
    let home = site("hv1=running\n", &[("machines/host_vars/hv1.yml", "y: 1\n")]);
    let (code, list, complaint) = asked(&home, &["inventory", "-i", "vagrant:machines"]);
    assert_eq!(code, Some(0), "{complaint}");
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["_meta"]["hostvars"]["hv1"]["y"], 1);
}

/// Its address of the inventory could be a real host's.
#[test]
fn a_machine_that_does_not_run_is_not_looked_for_elsewhere() {
    let home = site("gw=running\nhv1=not_created\n", &[]);
    let both = ["-i", "hosts.yml", "-i", "vagrant:machines"];
    let (code, list, complaint) = asked(&home, &[&["inventory"], &both[..]].concat());
    assert_eq!(code, Some(0), "{complaint}");
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["vagrant"]["hosts"], serde_json::json!(["gw"]));
    let (code, _, complaint) = asked(&home, &[&["ping", "hv1"], &both[..]].concat());
    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains("the machine `hv1` does not run: not_created"), "{complaint}");
    assert!(complaint.contains("vagrant up"), "{complaint}");
}

#[test]
fn what_is_wrong_is_told_with_its_remedy() {
    let home = site("hv1=poweroff\nhv2=not_created\n", &[("empty/note", "")]);
    let inventory = ["inventory", "-i", "vagrant:machines"];
    for (directory, expected) in [
        ("machines", "no machine of the Vagrantfile in `machines` runs"),
        ("machines", "hv1: poweroff, hv2: not_created"),
        ("machines", "run `vagrant up` in `machines`"),
        ("nowhere", "there is no directory `nowhere`"),
        ("empty", "`vagrant ssh-config, in empty` failed: exit status: 1"),
        ("empty", "A Vagrant environment or target machine is required."),
    ] {
        let source = format!("vagrant:{directory}");
        let (code, _, complaint) = asked(&home, &["inventory", "-i", &source]);
        assert_eq!(code, Some(1), "{complaint}");
        assert!(complaint.contains(expected), "{expected}: {complaint}");
    }
    let (code, _, complaint) = said(&home, "/nonexistent", &inventory);
    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains("there is no `vagrant` in PATH"), "{complaint}");
    // It runs, and cannot say how it is reached.
    let lame = [(
        "bin/vagrant!",
        "#!/bin/sh\ncase $1 in status) echo 1,hv1,state,running ;; \
                *) printf 'no \\033[31mlease\\n' >&2; exit 3 ;; esac\n",
    )];
    let (code, _, complaint) =
        asked(&files(&[&lame[..], &[("machines/x", "")]].concat()), &inventory);
    assert_eq!(code, Some(1), "{complaint}");
    assert!(
        complaint.contains("exit status: 3") && complaint.contains("it says: no"),
        "{complaint}"
    );
    assert!(!complaint.contains('\u{1b}'), "{complaint}");
}
