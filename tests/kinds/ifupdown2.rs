//! ifupdown2, as on Proxmox: `ifreload` works out by itself what to change.

use crate::cases::{self, Subject};

fn subject() -> Subject {
    Subject::variant("bookworm-ifupdown2")
}

#[test]
fn it_comes_up_and_goes_back() {
    cases::comes_up_and_goes_back(&subject());
}

#[test]
fn a_wrong_gateway_is_reverted() {
    cases::wrong_gateway_comes_back(&subject());
}

#[test]
fn a_killed_controller_leaves_a_host_that_reverts() {
    cases::killed_controller_comes_back(&subject());
}

#[test]
fn a_power_cut_while_pending_ends_in_the_old_configuration() {
    cases::power_cut_comes_back(&subject());
}

/// What ifupdown2 itself finds wrong, and rappel's own lint would let through here.
#[test]
fn a_file_that_ifupdown2_rejects_changes_nothing() {
    let subject = subject();
    let bench = &subject.bench;
    let before = cases::picture(bench);
    for (line, complaint) in [
        ("iface eth0.7 inet statisch\n    address 198.18.0.1/24\n", "statisch"),
        ("iface eth0.7 inet8 static\n    address 198.18.0.1/24\n", "inet8"),
    ] {
        bench.write(
            "playbooks/t3.yml",
            &format!(
                "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      content: |\n{}\n",
                indented(&format!("{ORIGINAL}\nauto eth0.7\n{line}"))
            ),
        );
        bench.apply_against_lint().code(1).says(complaint);
        cases::same(&cases::picture(bench), &before);
        assert!(!bench.holds("hv1", "test -e /var/lib/rappel/tx"));
    }
}

/// The file that the lab's host comes with.
const ORIGINAL: &str = "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n    address 203.0.113.10/24\n    gateway 203.0.113.254\n";

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("        {line}\n")).collect()
}
