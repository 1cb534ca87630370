//! Accounts that are not root.

use base64::Engine;

use crate::cases::{Subject, carries_traffic, picture, same};

fn a_change_and_a_slip(as_user: &str) {
    changes_and_slips(&Subject::variant("bookworm"), as_user);
}

fn changes_and_slips(subject: &Subject, as_user: &str) {
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

/// One password for a fleet goes to hosts that ask for none, too.
#[test]
fn a_password_that_sudo_does_not_ask_for() {
    a_change_and_a_slip(
        "ansible_user: admin\n      ansible_become: true\n      ansible_become_password: correct horse",
    );
}

/// The real doas of this machine, which is the same Debian.
#[test]
fn doas_without_a_password() {
    let subject = Subject::variant("bookworm");
    let doas = std::fs::read("/usr/bin/doas").expect("install opendoas");
    let install = format!(
        "echo {} | base64 -d >/usr/bin/doas && chmod 4755 /usr/bin/doas && \
         cp /etc/pam.d/su /etc/pam.d/doas && echo 'permit nopass admin as root' >/etc/doas.conf && \
         rm -f /etc/sudoers.d/admin",
        base64::engine::general_purpose::STANDARD.encode(doas)
    );
    assert!(subject.bench.holds("hv1", &install));
    let vars = "ansible_user: admin\n      ansible_become: true\n      ansible_become_method: doas";
    changes_and_slips(&subject, vars);
    subject.bench.holds("hv1", "echo >/etc/doas.conf");
    subject.apply().says("doas refused").says("permit nopass");
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
