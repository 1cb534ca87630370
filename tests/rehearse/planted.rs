//! Mistakes that are planted are found, with the hosts that they would have cost.

use serde_json::Value;

use crate::project::{NO_SSH, PLAYBOOK, Project};

const GATEWAY: &str = "203.0.113.254";

fn words<'a>(host: &'a Value, key: &str) -> &'a str {
    host[key].as_str().unwrap_or_default()
}

/// One wrong gateway, one firewall without SSH, one address that another host has.
fn planted() -> Project {
    let project = Project::of(12);
    project.write("site.yml", &(PLAYBOOK.to_owned() + NO_SSH));
    project.host(4, "203.0.113.34", "203.0.113.253", "");
    project.host(6, "203.0.113.36", GATEWAY, "walled: true\n");
    project.host(9, "203.0.113.38", GATEWAY, "");
    project
}

#[test]
fn three_mistakes_in_twelve_hosts_are_found_and_the_corrected_inventory_passes() {
    let project = planted();
    let (said, hosts) = project.rehearsed(&[]);
    let said = said.code(3).says("11 of 12 hosts say");
    assert_eq!(hosts.len(), 12, "{}", said.text);
    for (name, host) in &hosts {
        let (fate, bare) = (words(host, "fate"), words(host, "without_rappel"));
        match name.as_str() {
            "h4" | "h6" => assert_eq!((fate, bare), ("reverted", "lost"), "{host}"),
            "h9" => {
                assert_eq!((fate, bare), ("refused", "lost"), "{host}");
                assert_eq!(host["takes_along"], serde_json::json!(["h8"]), "{host}");
            }
            _ => assert_eq!((fate, bare), ("kept", ""), "{host}"),
        }
        assert_eq!(host["would_be_lost"], ["h4", "h6", "h9"].contains(&name.as_str()), "{host}");
    }

    project.host(4, "203.0.113.34", GATEWAY, "");
    project.host(6, "203.0.113.36", GATEWAY, "");
    project.host(9, "203.0.113.39", GATEWAY, "");
    project
        .lab(&["rehearse", "site.yml", "--confirm-window", "15"])
        .code(0)
        .says("12 host(s): 12 kept.")
        .says("No host would be lost.");
    let home = project.dir.path().join(".local");
    assert!(!home.exists(), "the rehearsal wrote to the journal of real runs");
}

/// All hosts name the same wrong gateway: no vote finds that, and the report says so. What
/// is in force today does.
#[test]
fn a_mistake_that_all_share_is_found_by_a_baseline() {
    let project = Project::of(2);
    for number in 1..=2 {
        project.host(number, &format!("203.0.113.3{number}"), "203.0.113.1", "");
    }
    project
        .lab(&["rehearse", "site.yml"])
        .code(0)
        .says("a mistake that they share would not be found");
    let before = Project::of(2);
    let baseline = before.dir.path().join("inventory");
    let (said, hosts) =
        project.rehearsed(&["--baseline", baseline.to_str().unwrap(), "--only-rappel"]);
    said.code(3).says("nobody answers there").never_says("would not be found");
    assert!(hosts.values().all(|host| words(host, "fate") == "reverted"), "{hosts:?}");
}

/// Vars beside a playbook win over those of an inventory: the rehearsed ones must not count
/// for what is in force. Where the same file counts for both, it is said.
#[test]
fn a_baseline_has_the_playbook_beside_it() {
    let (project, before) = (Project::of(1), Project::of(1));
    for (copy, gateway) in [(&project, "203.0.113.1"), (&before, GATEWAY)] {
        copy.write(
            "host_vars/h1.yml",
            &format!(
                "network:\n  uplink:\n    name: eth0\n    ipv4:\n      address: 203.0.113.31/24\n      \
                 gateway: {gateway}\n"
            ),
        );
    }
    let inventory = before.dir.path().join("inventory");
    let options = ["--baseline", inventory.to_str().unwrap(), "--only-rappel"];
    let (said, hosts) = project.rehearsed(&options);
    said.code(3).never_says("would not be found");
    assert_eq!(words(&hosts["h1"], "fate"), "reverted", "{hosts:?}");

    std::fs::remove_file(before.dir.path().join("site.yml")).unwrap();
    let (said, _) = project.rehearsed(&options);
    said.says("host_vars counts for --baseline as well: a mistake in it would not be found")
        .says("site.yml counts for --baseline as well");
}

/// A second address that is somebody else's: the host itself would go on answering.
#[test]
fn an_address_more_that_another_host_has_is_refused() {
    let project = Project::of(3);
    project.host(2, "203.0.113.32", GATEWAY, "      more: [203.0.113.33/24]\n");
    let (said, hosts) = project.rehearsed(&[]);
    said.code(5);
    let host = &hosts["h2"];
    assert_eq!(words(host, "fate"), "refused", "{host}");
    assert!(words(host, "reason").contains("203.0.113.33"), "{host}");
    assert_eq!(words(host, "without_rappel"), "answers", "{host}");
    assert_eq!(host["takes_along"], serde_json::json!(["h3"]), "{host}");
}

/// The transaction is no excuse: a host that stays away is lost, whatever was reported.
#[test]
fn a_host_that_breaks_meanwhile_is_lost_and_the_others_are_not() {
    let project = Project::of(2);
    let (said, hosts) = project.rehearsed(&["--only-rappel", "--fault", "h1=link-down"]);
    said.code(4);
    assert_eq!(words(&hosts["h1"], "fate"), "lost");
    // The cable was pulled, and that is all: with it the host is there.
    assert_eq!(hosts["h1"]["answers_when_mended"], true);
    assert_eq!(words(&hosts["h2"], "fate"), "kept");
}
