//! What Ansible and rappel make of the same inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// Where Ansible's programs are; installed once.
pub fn bin() -> &'static Path {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    BIN.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/install-ansible");
        let output = Command::new(script).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}

/// Files in a directory of their own; a name that ends in `!` is a program.
pub fn files(all: &[(&str, &str)]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in all {
        let file = home.path().join(name.trim_end_matches('!'));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let mode = if name.ends_with('!') { 0o755 } else { 0o644 };
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    }
    home
}

/// Runs rappel in a directory.
pub fn rappel(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.args(arguments).current_dir(home).env_remove("RAPPEL_INVENTORY").output().unwrap()
}

fn json(output: &Output) -> Value {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What Ansible lists.
pub fn theirs(home: &Path, inventory: &str, more: &[&str]) -> Value {
    let mut command = Command::new(bin().join("ansible-inventory"));
    command.args(["-i", inventory, "--list"]).args(more).current_dir(home);
    command.env("ANSIBLE_HOME", home.join(".ansible")).env("ANSIBLE_LOCALHOST_WARNING", "0");
    command.env("LC_ALL", "C.UTF-8").env("ANSIBLE_DEPRECATION_WARNINGS", "0");
    command.env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "1");
    json(&command.output().unwrap())
}

/// What rappel lists.
pub fn ours(home: &Path, inventory: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["inventory", "-i", inventory];
    arguments.extend(more);
    json(&rappel(home, &arguments))
}

type Groups = BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>;

/// Hosts and children of each group that has any.
fn groups(list: &Value) -> Groups {
    let names = |body: &Value, key: &str| -> BTreeSet<String> {
        let names = body[key].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let all = list.as_object().unwrap().iter().filter(|(name, _)| *name != "_meta");
    let all =
        all.map(|(name, body)| (name.clone(), (names(body, "hosts"), names(body, "children"))));
    all.filter(|(_, (hosts, children))| !hosts.is_empty() || !children.is_empty()).collect()
}

/// Both must say the same of groups, hosts and vars.
pub fn same(home: &Path, inventory: &str) -> Value {
    let (ours, theirs) = (ours(home, inventory, &[]), theirs(home, inventory, &[]));
    assert_eq!(groups(&ours), groups(&theirs), "{inventory}: groups\n{ours:#}\n{theirs:#}");
    let (mine, yours) = (&ours["_meta"]["hostvars"], &theirs["_meta"]["hostvars"]);
    assert_eq!(mine, yours, "{inventory}: vars");
    ours
}
