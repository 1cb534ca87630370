//! Accounts that are not root.

use crate::cases::{Subject, carries_traffic, picture, same};

fn a_change_and_a_slip(as_user: &str) {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.edit("inventory/hosts.yml", "ansible_user: root", as_user);
    let said = subject.apply().code(0).says("confirmed as generation 1");
    said.never_says("correct horse");
    carries_traffic(bench);
    let before = picture(bench);
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    subject.apply().code(3).says("rolled back");
    same(&picture(bench), &before);
    assert!(
        !bench.holds("hv1", "grep -rqs 'correct horse' /var/lib/rappel /run /var/log /tmp"),
        "the password stays nowhere"
    );
}

#[test]
fn sudo_without_a_password() {
    a_change_and_a_slip("ansible_user: admin\n      ansible_become: true");
}

#[test]
fn sudo_with_a_password() {
    a_change_and_a_slip(
        "ansible_user: asker\n      ansible_become: true\n      ansible_become_password: correct horse",
    );
}

#[test]
fn a_wrong_password_and_an_account_without_sudo_change_nothing() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    bench.edit(
        "inventory/hosts.yml",
        "ansible_user: root",
        "ansible_user: asker\n      ansible_become: true\n      ansible_become_password: wrong",
    );
    subject.apply().says("sudo").never_says("confirmed");
    bench.edit("inventory/hosts.yml", "ansible_user: asker", "ansible_user: nobody-admin");
    subject.apply().says("sudo").never_says("confirmed");
    same(&picture(bench), &before);
}
