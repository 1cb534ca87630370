//! Inventories and playbooks.

use std::fs;
use std::path::Path;

use crate::bare::{rappel, rules};

const HOSTS: &str = "hypervisors:\n  hosts:\n    hv1:\n      ansible_host: 203.0.113.10\n";
const PLAY: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      content: |\n        auto eth0:1\n        iface eth0:1 inet manual\n";

fn project(dir: &Path, vars: &str, play: &str) {
    fs::write(dir.join("hosts.yml"), HOSTS).unwrap();
    fs::create_dir_all(dir.join("host_vars")).unwrap();
    fs::write(dir.join("host_vars/hv1.yml"), vars).unwrap();
    fs::write(dir.join("site.yml"), play).unwrap();
}

fn found(vars: &str, play: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path(), vars, play);
    let output = rappel(dir.path(), &["lint", "--output", "json"], None);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() != Some(1), "{complaint}");
    rules(&output)
}

#[test]
fn the_inventory_and_the_playbook_silence_with_a_reason() {
    assert_eq!(found("x: 1\n", PLAY), ["IF14"]);
    let allow = |line: &str| format!("rappel_lint:\n  allow:\n    {line}\n");
    assert!(found(&allow("IF14: the monitoring"), PLAY).is_empty());
    assert_eq!(found(&allow("IF14:"), PLAY), ["LN01"]);
    assert_eq!(found(&allow("IF99: why"), PLAY), ["LN02", "IF14"]);
    assert_eq!(found(&allow("IF05: why"), PLAY), ["LN03", "IF14"]);
    let play = |line: &str| format!("{PLAY}  lint:\n    allow:\n      {line}\n");
    assert!(found("x: 1\n", &play("IF14: the monitoring")).is_empty());
    assert_eq!(found("x: 1\n", &play("IF14:")), ["LN01"]);
    assert_eq!(found("x: 1\n", &play("IF05: why")), ["LN03", "IF14"]);
}

#[test]
fn a_mistyped_var_is_found_at_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = fs::read_to_string(root.join("playbooks/t3.yml")).unwrap();
    let vars = fs::read_to_string(root.join("inventories/t3/host_vars/hv1.yml")).unwrap();
    let wrong = vars.replacen("gateway:", "gatway:", 1);
    project(dir.path(), &wrong, &shipped);
    let output = rappel(dir.path(), &["lint"], None);
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = wrong.lines().position(|line| line.contains("gatway")).unwrap() + 1;
    for part in [
        "error[VA01]: there is no var `network.uplink.ipv4.gatway`; did you mean `gateway`?",
        &format!("host_vars/hv1.yml:{line}:"),
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    project(dir.path(), &vars, &shipped);
    assert!(rules(&rappel(dir.path(), &["lint", "--output", "json"], None)).is_empty());
    // Templates of one's own may read any var.
    project(dir.path(), &wrong, PLAY);
    assert_eq!(rules(&rappel(dir.path(), &["lint", "--output", "json"], None)), ["IF14"]);
}

#[test]
fn facts_of_the_inventory_are_used_and_judged() {
    let play = PLAY
        .replace("eth0:1 inet manual", "eth0 inet static\n            address 203.0.113.77/32")
        .replace("eth0:1", "eth0");
    let vars = |text: &str| format!("rappel_lint:\n  {text}\n");
    assert!(found("x: 1\n", &play).is_empty());
    assert_eq!(found(&vars("address_pools: [203.0.113.0/28]"), &play), ["AD02"]);
    assert_eq!(found(&vars("console: false"), &play), ["MG03"]);
    let provider = "rappel_provider: {driver: command}\n";
    assert!(found(&format!("{}{provider}", vars("console: false")), &play).is_empty());
    let group = |words: &str| vars(&format!("portgroups: [{{name: carp, {words}}}]"));
    assert_eq!(found(&group("switch: pcc-1-dvs, promiscuous: true"), &play), ["VS01"]);
    assert!(found(&group("switch: pcc-1-vrack, promiscuous: true"), &play).is_empty());
    let forgets = "switch: pcc-1-vrack, port_override: true, reset_at_disconnect: true";
    assert_eq!(found(&group(forgets), &play), ["VS02"]);
    assert_eq!(found(&group("switch: pcc-1-vrack, promiscous: true"), &play), ["VA01"]);
    assert_eq!(found(&vars("systm: proxmox"), &play), ["VA01"]);
    assert_eq!(found(&vars("system: windows"), &play), ["VA02"]);
}

/// Where other hosts of the inventory could be rescued, one that could not was forgotten.
#[test]
fn a_host_without_a_provider_among_others_with_one_is_named() {
    let play = PLAY.replace("eth0:1", "eth0");
    let dir = tempfile::tempdir().unwrap();
    let other = "rappel_provider: {driver: command, command: [./power]}\n";
    let rules_of = |vars: &str| {
        project(dir.path(), vars, &play);
        fs::write(dir.path().join("hosts.yml"), format!("{HOSTS}    hv2:\n")).unwrap();
        fs::write(dir.path().join("host_vars/hv2.yml"), other).unwrap();
        let found = rules(&rappel(dir.path(), &["lint", "--output", "json"], None));
        found.into_iter().filter(|rule| rule == "MG03").count()
    };
    assert_eq!(rules_of("x: 1\n"), 1);
    assert_eq!(rules_of("rappel_lint: {console: true}\n"), 0);
    assert_eq!(rules_of(other), 0);
}

/// What a playbook runs after a change may take bridges down.
#[test]
fn commands_of_the_playbook_are_judged() {
    let play = |reload: &str| {
        let bridge =
            PLAY.replace("eth0:1 inet manual", "br0 inet manual\n            bridge_ports none");
        let bridge = bridge.replace("eth0:1", "br0");
        format!("{bridge}    - {{kind: file, path: /etc/x, content: a, reload: {reload}}}\n")
    };
    assert_eq!(found("x: 1\n", &play("systemctl restart networking")), ["BR06"]);
    assert!(found("x: 1\n", &play("systemctl restart nftables")).is_empty());
}

#[test]
fn files_have_short_names() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path(), "x: 1\n", "");
    for (path, text) in [
        (
            "playbooks/site.yml",
            "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      template: own.j2\n",
        ),
        ("templates/own.j2", "auto eth0:1\niface eth0:1 inet manual\n{{ missing }}\n"),
    ] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output = rappel(dir.path(), &["lint", "playbooks/site.yml"], None);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("--> templates/own.j2:3:"), "{text}");
    // Through a link the short name would be another file's.
    fs::create_dir_all(dir.path().join("deep/plays")).unwrap();
    fs::rename(dir.path().join("playbooks/site.yml"), dir.path().join("deep/plays/site.yml"))
        .unwrap();
    fs::rename(dir.path().join("templates"), dir.path().join("deep/templates")).unwrap();
    std::os::unix::fs::symlink("deep/plays", dir.path().join("linked")).unwrap();
    let output = rappel(dir.path(), &["lint", "linked/site.yml"], None);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("--> linked/../templates/own.j2:3:"), "{text}");
}

#[test]
fn the_shipped_inventories_are_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut judged = 0;
    for entry in fs::read_dir(root.join("inventories")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // A variant of a topology has the same playbook.
        let base = name.split('-').next().unwrap();
        let playbook = format!("playbooks/{base}.yml");
        if !root.join(&playbook).exists() {
            continue;
        }
        let inventory = format!("inventories/{name}");
        let output = rappel(root, &["lint", "-i", &inventory, &playbook], None);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.ends_with(" 0 error(s), 0 warning(s)\n"), "{name}: {text}");
        judged += 1;
    }
    assert!(judged >= 2);
}
