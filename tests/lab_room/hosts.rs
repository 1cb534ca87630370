//! Hosts: accounts, disks, reboots, power.

use std::path::Path;

use rappel::lab::{Kind, Lab, NicSpec, topology};

use crate::help::{HV1, RAPPEL, answers, printed, ssh, until, up, wait};
use crate::proof::Proof;

#[test]
fn every_account_logs_in_with_what_it_may() {
    let lab = up(&topology::t3());
    let root = format!("root@{HV1}");
    assert_eq!(ssh(&lab, &root, "id -u; hostname"), "0\nhv1\n");
    assert_eq!(ssh(&lab, &format!("admin@{HV1}"), "sudo -n id -u"), "0\n");
    let asker = format!("asker@{HV1}");
    assert!(!lab.ssh(&asker, "sudo -n true").unwrap().status.success());
    let asked = "echo correct horse | sudo -S -p '' id -u";
    assert_eq!(ssh(&lab, &asker, asked), "0\n");
    let nobody = format!("nobody-admin@{HV1}");
    assert!(!lab.ssh(&nobody, "sudo -n true").unwrap().status.success());
    assert_eq!(ssh(&lab, &nobody, "id -un"), "nobody-admin\n");
    let running = ssh(&lab, &root, "systemctl is-system-running --wait || true");
    assert_eq!(running, "running\n", "{}", lab.sh("hv1", "systemctl --failed").unwrap());
}

#[test]
fn labs_with_the_same_addresses_do_not_meet() {
    let spec = topology::fleet(1);
    let (one, two) = (up(&spec), up(&spec));
    one.write_file("h0", "/etc/which", b"one").unwrap();
    two.write_file("h0", "/etc/which", b"two").unwrap();
    assert_eq!(ssh(&one, "root@203.0.113.30", "cat /etc/which"), "one");
    assert_eq!(ssh(&two, "root@203.0.113.30", "cat /etc/which"), "two");
    drop(one);
    assert_eq!(ssh(&two, "root@203.0.113.30", "cat /etc/which"), "two");
}

#[test]
fn a_reboot_keeps_the_disk_and_nothing_else() {
    let lab = up(&topology::t3());
    let root = format!("root@{HV1}");
    let set = "ip addr add 203.0.113.99/24 dev eth0; nft add table inet mine; \
               sysctl -qw net.ipv4.ip_forward=1; echo kept >/root/kept";
    ssh(&lab, &root, set);
    assert!(answers(&lab, "203.0.113.99"));
    lab.reboot("hv1").unwrap();
    wait(&lab, HV1);
    assert_eq!(lab.power("hv1").unwrap(), (true, 2));
    let left = "cat /root/kept; nft list tables; sysctl -n net.ipv4.ip_forward";
    assert_eq!(ssh(&lab, &root, left), "kept\n0\n");
    assert!(!answers(&lab, "203.0.113.99"));
}

#[test]
fn without_power_nothing_answers_and_guests_are_dark() {
    let lab = up(&topology::t3());
    lab.power_cut("hv1").unwrap();
    assert!(!answers(&lab, HV1));
    assert!(!lab.power("hv1").unwrap().0);
    assert!(!lab.power("guest1").unwrap().0);
    assert!(lab.exec("hv1", &["true"]).is_err());
    lab.write_file("hv1", "/etc/repaired", b"yes").unwrap();
    lab.power_on("guest1").unwrap();
    assert!(!lab.power("guest1").unwrap().0, "a guest without its hypervisor");
    lab.power_on("hv1").unwrap();
    wait(&lab, HV1);
    assert!(lab.power("guest1").unwrap().0);
    assert_eq!(ssh(&lab, &format!("root@{HV1}"), "cat /etc/repaired"), "yes");

    lab.link("hv1", "eth0", false).unwrap();
    assert!(!answers(&lab, HV1));
    assert!(lab.sh("hv1", "ip link show eth0").unwrap().contains("NO-CARRIER"));
    lab.link("hv1", "eth0", true).unwrap();
    until("the cable is back", || answers(&lab, HV1));
}

#[test]
fn hosts_without_systemd() {
    let lab = up(&topology::plain_pair());
    let root = "root@203.0.113.21";
    assert_eq!(ssh(&lab, root, "cat /proc/1/comm"), "sshd\n");
    assert!(!lab.ssh(root, "systemd-run true").unwrap().status.success());
    assert_eq!(ssh(&lab, "admin@203.0.113.22", "sudo -n hostname"), "p2\n");
    assert!(!lab.ssh(root, "sysctl -w vm.swappiness=1").unwrap().status.success());
    assert!(lab.ssh(root, "sysctl -w net.ipv4.ip_forward=1").unwrap().status.success());
    ssh(&lab, root, "echo kept >/root/kept");
    lab.reboot("p1").unwrap();
    wait(&lab, "203.0.113.21");
    assert_eq!(ssh(&lab, root, "cat /root/kept; sysctl -n net.ipv4.ip_forward"), "kept\n0\n");
}

#[test]
fn a_disk_can_be_full() {
    let mut spec = topology::fleet(1);
    spec.host_mut("h0").unwrap().disk = Some(24);
    let lab = up(&spec);
    let root = "root@203.0.113.30";
    let fill = lab.ssh(root, "dd if=/dev/zero of=/root/big bs=1M count=30").unwrap();
    assert!(printed(&fill).contains("No space left on device"), "{}", printed(&fill));
    assert!(!lab.ssh(root, "cp /usr/bin/bash /root/x").unwrap().status.success());
    assert_eq!(ssh(&lab, root, "echo still in"), "still in\n");
}

#[test]
fn a_power_cut_loses_what_was_not_synced() {
    let mut spec = topology::fleet(1);
    spec.host_mut("h0").unwrap().disk = Some(32);
    let _proof = Proof::in_lab(&spec);
    let lab = up(&spec);
    let root = "root@203.0.113.30";
    ssh(&lab, root, "cd /etc && echo first >a && cp a b && sync -f a");
    // `a` as those write who forget: the new name is on the disk, the new text is not.
    let write = "cd /etc && echo second >.a && mv .a a && echo second >.b && sync .b && mv .b b && sync . && echo third >c";
    ssh(&lab, root, write);
    assert_eq!(ssh(&lab, root, "cat /etc/a /etc/b /etc/c"), "second\nsecond\nthird\n");
    lab.power_cut("h0").unwrap();
    lab.power_on("h0").unwrap();
    wait(&lab, "203.0.113.30");
    assert_eq!(
        ssh(&lab, root, "cat /etc/a; echo; cat /etc/b; ls /etc/c 2>&1 | wc -l"),
        "\nsecond\n1\n"
    );
    assert_eq!(ssh(&lab, root, "test -e /etc/c || echo lost"), "lost\n");
}

#[test]
fn udev_brings_hotplug_interfaces_up() {
    let mut spec = topology::fleet(1);
    let host = spec.host_mut("h0").unwrap();
    host.interfaces = host.interfaces.replace("auto eth0", "allow-hotplug eth0");
    assert!(host.interfaces.contains("allow-hotplug eth0"));
    let lab = up(&spec);
    assert_eq!(ssh(&lab, "root@203.0.113.30", "cat /run/network/ifstate.eth0"), "eth0\n");
}

#[test]
fn an_impossible_lab_is_refused() {
    let mut spec = topology::fleet(1);
    spec.hosts[1].wire.nics.push(NicSpec::new("eth1", "nowhere"));
    let error = Lab::up(Path::new(RAPPEL), &spec).err().unwrap().to_string();
    assert!(error.contains("nowhere"), "{error}");
    assert_eq!(spec.hosts[1].kind, Kind::Systemd);
}

#[test]
fn a_guest_with_systemd_lives_and_dies_with_its_hypervisor() {
    let mut spec = topology::t3();
    let guest = spec.host_mut("guest1").unwrap();
    guest.kind = Kind::Systemd;
    guest.interfaces = "auto eth0\niface eth0 inet static\n\taddress 10.42.0.11/24\n".to_owned();
    let hypervisor = spec.host_mut("hv1").unwrap();
    hypervisor.interfaces += "auto br1\niface br1 inet static\n\
                              \taddress 10.42.0.1/24\n\tbridge_ports none\n\tbridge_fd 0\n";
    let lab = up(&spec);
    let greets = || {
        let argv = ["sh", "-c", "nc -w 1 10.42.0.11 22 </dev/null | grep -q ^SSH-"];
        lab.exec("hv1", &argv).is_ok_and(|output| output.status.success())
    };
    until("the guest serves SSH on the bridge", greets);
    lab.reboot("hv1").unwrap();
    wait(&lab, HV1);
    until("the guest is back on the new bridge", greets);
    assert_eq!(lab.power("guest1").unwrap(), (true, 2));
    lab.reboot("guest1").unwrap();
    until("the guest has booted by itself", greets);
    lab.power_cut("hv1").unwrap();
    assert!(!lab.power("guest1").unwrap().0);
}

#[test]
#[ignore = "builds further Debian roots, which takes the network and a minute"]
fn every_variant_boots() {
    let mut spec = topology::fleet(2);
    for (host, base) in [("h0", "trixie"), ("h1", "bookworm-ifupdown2")] {
        spec.host_mut(host).unwrap().base = base.to_owned();
    }
    let lab = up(&spec);
    let which = ". /etc/os-release; echo $VERSION_CODENAME; systemctl is-system-running --wait";
    assert_eq!(ssh(&lab, "root@203.0.113.30", which), "trixie\nrunning\n");
    assert_eq!(ssh(&lab, "root@203.0.113.31", which), "bookworm\nrunning\n");
    let version = ssh(&lab, "root@203.0.113.31", "ifup --version 2>&1");
    assert!(version.contains("ifupdown2"), "{version}");
    assert_eq!(ssh(&lab, "admin@203.0.113.30", "sudo -n id -u"), "0\n");
}
