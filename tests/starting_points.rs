//! Every shipped inventory with its playbook: it renders, lint finds nothing, its vars are
//! those of the schema, and `rappel init` copies it. What no lab of this machine can run (a
//! VLAN, a bond) is compared with files that are known to be right. `RAPPEL_BLESS=1` writes
//! those anew.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rappel::desired::{LoadOptions, Project, SCHEMA, STARTS};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn project(name: &str, playbook: &str) -> Project {
    Project::load(&LoadOptions {
        inventory: vec![root().join("inventories").join(name).join("hosts.yml")],
        playbook: Some(root().join("playbooks").join(playbook)),
        extra_vars: Vec::new(),
        ..LoadOptions::default()
    })
    .unwrap()
}

fn rappel(directory: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.args(words).current_dir(directory).env_remove("RAPPEL_INVENTORY");
    command.output().unwrap()
}

#[test]
fn every_file_of_every_inventory_is_shipped() {
    let mut there = BTreeSet::new();
    for inventory in fs::read_dir(root().join("inventories")).unwrap() {
        let inventory = inventory.unwrap().path();
        for directory in [inventory.clone(), inventory.join("host_vars")] {
            let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
            there.extend(files.filter(|path| path.is_file()));
        }
    }
    let shipped: BTreeSet<PathBuf> = STARTS
        .iter()
        .flat_map(|start| start.inventory.iter().map(|(file, _)| (start.name, *file)))
        .map(|(name, file)| root().join("inventories").join(name).join(file))
        .collect();
    assert_eq!(there, shipped);
}

#[test]
fn vars_are_those_of_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for start in STARTS {
        for host in project(start.name, start.playbook).hosts(None).unwrap() {
            let vars = &host.vars["network"];
            fits(vars, &schema["$defs"]["network"], &schema, &format!("{}: network", start.name));
        }
    }
}

/// The part of JSON Schema that keeps a name from being misspelt.
fn fits(value: &Value, kind: &Value, schema: &Value, at: &str) {
    if let Some(name) = kind["$ref"].as_str() {
        let inner = schema.pointer(name.trim_start_matches('#')).expect(name);
        return fits(value, inner, schema, at);
    }
    if let Some(object) = value.as_object() {
        for name in kind["required"].as_array().into_iter().flatten() {
            assert!(object.contains_key(name.as_str().unwrap()), "{at} has no {name}");
        }
        for (name, inner) in object {
            let known = &kind["properties"][name.as_str()];
            assert!(!known.is_null(), "{at}.{name} is not in the schema");
            fits(inner, known, schema, &format!("{at}.{name}"));
        }
    }
    for inner in value.as_array().into_iter().flatten() {
        fits(inner, &kind["items"], schema, at);
    }
}

#[test]
fn a_copy_of_each_lints_clean_and_is_never_overwritten() {
    for start in STARTS {
        let directory = tempfile::tempdir().unwrap();
        let words = ["init", "--topology", start.name, "new"];
        let said = rappel(directory.path(), &words);
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let new = directory.path().join("new");
        let lint = rappel(&new, &["lint"]);
        let text = String::from_utf8_lossy(&lint.stdout).into_owned();
        assert!(text.contains("0 error(s), 0 warning(s)"), "{}: {text}", start.name);

        fs::write(new.join("site.yml"), "mine").unwrap();
        let said = rappel(directory.path(), &words);
        assert_eq!(said.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&said.stderr).contains("is there already"));
        assert_eq!(fs::read_to_string(new.join("site.yml")).unwrap(), "mine");
    }
    let said = rappel(root(), &["init", "--topology", "t9"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("single-address"));
}

#[test]
fn neighbours_render_to_the_files_known_to_be_right() {
    let bless = std::env::var_os("RAPPEL_BLESS").is_some();
    for start in STARTS.iter().filter(|start| start.playbook == "server.yml") {
        let golden = root().join("tests/golden").join(start.name);
        let rendered = project(start.name, start.playbook).render(None).unwrap();
        for artifact in rendered.into_iter().flat_map(|(_, desired)| desired.unwrap().artifacts) {
            let name = artifact.path.trim_start_matches("/etc/").replace('/', "_");
            let file = golden.join(name);
            if bless {
                fs::create_dir_all(&golden).unwrap();
                fs::write(&file, &artifact.content).unwrap();
            }
            let known = fs::read_to_string(&file).unwrap();
            assert_eq!(artifact.content, known, "{}: {}", start.name, artifact.path);
        }
    }
}

/// What guides for these topologies advise, and the rules that find it without any
/// connection.
#[test]
fn what_guides_get_wrong_is_found() {
    for (name, what, rules) in [
        ("gateway of its own", OWN_GATEWAY, &["AD03", "AD04"][..]),
        ("KVM host's firewall", OF_THE_KVM_HOST, &["FW05", "FW06", "FW09"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("hosts.yml"), "all:\n  hosts:\n    host:\n").unwrap();
        fs::write(directory.path().join("site.yml"), what).unwrap();
        let said = rappel(directory.path(), &["lint"]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        for rule in rules {
            assert!(text.contains(rule), "{name}: no {rule} in\n{text}");
        }
    }
}

const OWN_GATEWAY: &str = "- hosts: all
  artifacts:
    - kind: interfaces
      content: |
        auto lo
        iface lo inet loopback
        auto eth0
        iface eth0 inet static
            address 10.0.1.1/29
            gateway 10.0.1.1
        auto eth1
        iface eth1 inet static
            address 10.0.2.1/29
            gateway 10.0.2.2
";

const OF_THE_KVM_HOST: &str = "- hosts: all
  artifacts:
    - kind: interfaces
      content: |
        auto lo
        iface lo inet loopback
        auto enp4s0f0
        iface enp4s0f0 inet manual
        auto br0
        iface br0 inet static
            address 172.16.1.1/16
            gateway 172.16.0.1
            bridge_ports enp4s0f0
            bridge_hw enp4s0f0
    - kind: sysctl
      content: |
        net.ipv4.ip_forward = 1
    - kind: nft
      content: |
        table ip filter {
            chain forward {
                type filter hook forward priority filter; policy accept;
                ip saddr 172.16.0.0/16 iifname br0 oifname enp4s0f0 accept
                oifname br0 reject
                iifname br0 reject
                ip saddr 172.10.16.0/20 iifname br0 oifname enp4s0f0 accept
            }
        }
        table ip nat {
            chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                masquerade
            }
        }
";
