//! What cannot work is refused with a clear word, and the host stays as it is.

use std::process::Command;

use crate::bench::{Bench, Said};
use crate::t3::similar_asserts;

/// Applies and requires that nothing happened to the host.
#[track_caller]
fn refused(bench: &Bench, code: i32) -> Said {
    let before = bench.picture("hv1");
    let said = bench.apply().code(code);
    similar_asserts(&bench.picture("hv1"), &before);
    assert!(
        !bench
            .holds("hv1", "ls -d /var/lib/rappel/tx /var/lib/rappel/lock 2>/dev/null | grep -q .")
    );
    said
}

#[test]
fn mistakes_in_the_project_name_file_line_and_remedy() {
    let bench = Bench::t3();
    let vars = "inventory/host_vars/hv1.yml";
    bench.edit(vars, "    name: eth0\n", "");
    refused(&bench, 1).says("interfaces.j2:").says("network.uplink");
    bench.edit(vars, "  uplink:\n", "  uplink:\n    name: eth0\n    name: eth1\n");
    refused(&bench, 1).says("hv1.yml:").says("name");
    bench.edit(vars, "    name: eth0\n    name: eth1\n", "\tname: eth0\n");
    refused(&bench, 1).says("hv1.yml:").says("tab");
    bench.edit(vars, "\tname: eth0\n", "    name: eth0\n");
    bench.edit("playbooks/t3.yml", "network/interfaces.j2", "network/interface.j2");
    refused(&bench, 1).says("network/interface.j2").says("t3.yml:");
}

#[test]
fn a_host_that_cannot_be_reached_is_named_with_the_reason() {
    let bench = Bench::t3();
    bench.edit("inventory/hosts.yml", "ansible_host: 203.0.113.10", "ansible_host: 203.0.113.99");
    let reach = bench.reach();
    let mut words = vec!["plan", "playbooks/t3.yml", "-T", "3"];
    words.extend(reach.iter().map(String::as_str));
    let output = bench.command(&words).output().expect("runs");
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("hv1: unreachable"));
}

#[test]
fn unknown_and_changed_host_keys_are_refused_with_the_command_that_fixes_it() {
    let bench = Bench::t3();
    let key = bench.lab.key().to_string_lossy().into_owned();
    bench.write("known", "");
    let base = ["plan", "playbooks/t3.yml", "--private-key", &key, "--known-hosts", "known"];
    let run = |extra: &[&str]| {
        let words: Vec<&str> = base.iter().chain(extra).copied().collect();
        let output = bench.command(&words).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("--accept-new"), "{said}");
    let (code, said) = run(&["--accept-new"]);
    assert_eq!(code, Some(2), "{said}");
    let (code, said) = run(&[]);
    assert_eq!(code, Some(2), "remembered: {said}");
    bench.console("hv1", "ssh-keygen -q -t ed25519 -N '' -f /tmp/k <<E\ny\nE\ncp /tmp/k /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh");
    let (code, said) = run(&["--accept-new"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ssh-keygen") && said.contains("-R"), "{said}");
}

#[test]
fn a_key_that_the_host_does_not_take_is_an_error_with_what_was_tried() {
    let bench = Bench::t3();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(bench.project.path().join("other"))
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ssh-keygen");
    let known = bench.lab.known_hosts().to_string_lossy().into_owned();
    let words = ["plan", "playbooks/t3.yml", "--private-key", "other", "--known-hosts", &known];
    let output = bench.command(&words).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("other") && said.contains("help:"), "{said}");
}

#[test]
fn sudo_works_with_and_without_a_password_and_its_refusal_is_plain() {
    let bench = Bench::t3();
    bench.edit(
        "inventory/hosts.yml",
        "ansible_user: root",
        "ansible_user: admin\n      ansible_become: true",
    );
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(2);
    bench.edit("inventory/hosts.yml", "ansible_user: admin", "ansible_user: nobody-admin");
    refused(&bench, 1).says("sudo");
    bench.edit("inventory/hosts.yml", "ansible_user: nobody-admin", "ansible_user: asker");
    refused(&bench, 1).says("ansible_become_password");
    bench.edit(
        "inventory/hosts.yml",
        "ansible_become: true",
        "ansible_become: true\n      ansible_become_password: correct horse",
    );
    bench.apply().code(0).says("confirmed").never_says("correct horse");
    bench.edit("inventory/hosts.yml", "correct horse", "wrong horse");
    bench
        .rappel(&["plan", "playbooks/t3.yml"])
        .code(1)
        .says("sudo refused")
        .never_says("wrong horse");
}

#[test]
fn a_user_who_is_not_root_and_does_not_become_it_is_told_so() {
    let bench = Bench::t3();
    bench.edit("inventory/hosts.yml", "ansible_user: root", "ansible_user: admin");
    refused(&bench, 1).says("not root");
}

#[test]
fn a_host_without_nft_or_ifupdown_is_refused() {
    let bench = Bench::t3();
    bench.console("hv1", "mv /usr/sbin/nft /usr/sbin/nft.away");
    refused(&bench, 5).says("there is no nft").says("apt install nftables");
    bench.console("hv1", "mv /usr/sbin/nft.away /usr/sbin/nft; mv /sbin/ifup /sbin/ifup.away");
    refused(&bench, 5).says("there is no ifup");
}

#[test]
fn what_the_hosts_own_tools_reject_never_becomes_live() {
    let bench = Bench::t3();
    bench.write(
        "playbooks/t3.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: nft\n      content: |\n        table inet rappel { chain c { bogus } }\n",
    );
    refused(&bench, 1).says("rejects /etc/nftables.d/rappel.nft");
    bench.write(
        "playbooks/t3.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      content: |\n        net.ipv4.no_such_key = 1\n",
    );
    refused(&bench, 1).says("net.ipv4.no_such_key");
}

#[test]
fn a_files_own_validate_command_is_heard() {
    let bench = Bench::t3();
    let playbook = |command: &str| {
        format!(
            "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: \"/etc/my file\"\n      content: |\n        hello\n      validate: {command}\n      reload: cp \"/etc/my file\" /tmp/reloaded\n"
        )
    };
    bench.write("playbooks/t3.yml", &playbook("grep -q goodbye %s"));
    refused(&bench, 1).says("rejects /etc/my file");
    bench.write("playbooks/t3.yml", &playbook("grep -q hello %s"));
    bench.apply().code(0);
    bench.console("hv1", "grep -q hello /tmp/reloaded");
}

#[test]
fn a_full_disk_in_staging_changes_nothing() {
    let mut spec = rappel::lab::topology::t3();
    spec.host_mut("hv1").expect("hv1").disk = Some(40);
    let bench = Bench::of(&spec);
    bench.console("hv1", "head -c 100M /dev/zero >/fill 2>/dev/null; true");
    refused(&bench, 1).says("space");
    bench.console("hv1", "rm /fill");
    bench.apply().code(0);
}

#[test]
fn a_second_operator_is_told_who_is_at_it() {
    let bench = Bench::t3();
    bench.console(
        "hv1",
        "mkdir -p /run/rappel-fault && printf '#!/bin/sh\\ntouch /run/rappel-fault/reached\\nsleep 4\\n' >/run/rappel-fault/up && chmod +x /run/rappel-fault/up",
    );
    let child = bench.start(&["apply", "playbooks/t3.yml", "--yes"]);
    bench.eventually("the change", std::time::Duration::from_secs(60), |b| {
        b.holds("hv1", "test -e /run/rappel-fault/reached")
    });
    bench.eventually("reachable", std::time::Duration::from_secs(60), |b| {
        b.rappel(&["status"]).code == Some(0)
    });
    bench.apply().code(5).says("locked by");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}
