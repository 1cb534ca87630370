//! A host that moves on purpose is changed where it is and confirmed where it will be.

use crate::bench::Bench;

const ADDRESS: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      content: |\n        auto lo\n        iface lo inet loopback\n\n        auto eth0\n        iface eth0 inet static\n            address 203.0.113.11/24\n            gateway 203.0.113.254\n  rollout:\n    confirm_window: 20s\n    activation_timeout: 30s\n    settle: 0s\n";

const PORT: &str = "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: /etc/ssh/sshd_config.d/10-port.conf\n      content: |\n        Port 2222\n      validate: 'sshd -t -f %s'\n      reload: systemctl restart ssh\n  rollout:\n    confirm_window: 10s\n    activation_timeout: 30s\n";

fn move_to(bench: &Bench, vars: &str) {
    bench.edit("inventory/hosts.yml", "ansible_host: 203.0.113.10", vars);
}

const NEW_ADDRESS: &str = "ansible_host: 203.0.113.11\n      rappel_old_host: 203.0.113.10";

#[test]
fn an_address_that_changes_is_confirmed_at_the_new_one() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", ADDRESS);
    move_to(&bench, NEW_ADDRESS);
    bench
        .rappel(&["plan", "playbooks/t3.yml"])
        .code(2)
        .says("moves the address that you are connected through: 203.0.113.10 goes");
    bench.rappel(&["apply", "playbooks/t3.yml", "--yes"]).code(0).says("confirmed as generation 1");
    assert!(!bench.holds("hv1", "ip addr | grep -q 203.0.113.10/"));
    // The var may stay for a while, and is not needed.
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(0).says("1 unchanged");
    bench.edit("inventory/hosts.yml", "\n      rappel_old_host: 203.0.113.10", "");
    bench.rappel(&["plan", "playbooks/t3.yml", "--accept-new"]).code(0).says("1 unchanged");
}

#[test]
fn a_new_address_that_does_not_answer_is_rolled_back() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    bench.write("playbooks/t3.yml", ADDRESS);
    move_to(&bench, "ansible_host: 203.0.113.12\n      rappel_old_host: 203.0.113.10");
    bench
        .rappel(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "10"])
        .code(3)
        .says("rolled back")
        .says("203.0.113.12");
    assert_eq!(bench.picture("hv1"), before);
}

#[test]
fn an_address_that_leaves_without_a_new_place_is_refused() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", ADDRESS);
    bench
        .rappel(&["apply", "playbooks/t3.yml", "--yes"])
        .code(5)
        .says("takes away 203.0.113.10")
        .says("rappel_old_host");
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel/tx"));
}

#[test]
fn a_port_that_changes_is_confirmed_at_the_new_one() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", PORT);
    move_to(
        &bench,
        "ansible_host: 203.0.113.10\n      ansible_port: 2222\n      rappel_old_port: 22",
    );
    bench
        .rappel(&["apply", "playbooks/t3.yml", "--yes"])
        .code(0)
        .says("confirmed only at 203.0.113.10 port 2222")
        .says("confirmed as generation 1");
    bench.edit("inventory/hosts.yml", "      rappel_old_port: 22\n", "");
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(0).says("1 unchanged");
    // Back again: what reads the file is told so.
    bench.edit(
        "inventory/hosts.yml",
        "ansible_port: 2222",
        "ansible_port: 22\n      rappel_old_port: 2222",
    );
    bench.rappel(&["rollback", "--yes"]).code(0).says("confirmed as generation 2");
}

#[test]
fn a_port_that_nobody_declared_is_rolled_back_with_its_server() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", PORT);
    bench.rappel(&["apply", "playbooks/t3.yml", "--yes"]).code(3).says("rolled back");
    assert!(bench.ssh_works(), "the server listens where it did");
    assert!(!bench.holds("hv1", "test -e /etc/ssh/sshd_config.d/10-port.conf"));
}

#[test]
fn a_file_that_its_validate_command_rejects_never_becomes_live() {
    let bench = Bench::t3();
    bench.write("playbooks/t3.yml", &PORT.replace("Port 2222", "Prot 2222"));
    bench.rappel(&["apply", "playbooks/t3.yml", "--yes"]).code(1).says("rejects /etc/ssh");
    assert!(!bench.holds("hv1", "ls -a /etc/ssh/sshd_config.d | grep -q 10-port"));
}
