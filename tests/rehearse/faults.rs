//! What `lab fault` breaks is broken, and whole again afterwards.

use crate::project::{Project, Standing, until};

#[test]
fn every_fault_has_its_effect_and_can_be_healed() {
    let project = Project::of(2);
    let lab = Standing::up(&project, "test-faults", &["--disk", "64"]);
    let fault = |host: &str, word: &str| drop(lab.lab("fault", &[host, word]).code(0));
    let answers = |host: &str| lab.ssh(host, "true").code == Some(0);
    let silent = |what: &str, host: &str| until(what, || !answers(host));
    let back = |what: &str, host: &str| until(what, || answers(host));

    for (broken, mended) in [
        ("link-down", "link-up"),
        ("black-hole", "heal"),
        ("drop-new", "heal"),
        ("power-cut", "power-on"),
    ] {
        fault("h1", broken);
        silent(broken, "h1");
        assert!(answers("h2"), "{broken} reached h2");
        fault("h1", mended);
        back(mended, "h1");
    }

    let uptime =
        "cat /proc/sys/kernel/random/boot_id; systemctl show -p UserspaceTimestampMonotonic";
    let before = lab.ssh("h1", uptime).code(0).text;
    fault("h1", "reboot");
    until("the host has rebooted", || {
        let now = lab.ssh("h1", uptime);
        now.code == Some(0) && now.text != before
    });

    fault("h1", "gateway-down");
    silent("without a gateway h1 is away", "h1");
    assert!(!answers("h2"), "the gateway is the other's as well");
    fault("h1", "gateway-up");
    back("the gateway is back", "h1");

    fault("h1", "disk-full");
    lab.ssh("h1", "echo much >/root/file && sync").code(1);
    fault("h1", "disk-free");
    lab.ssh("h1", "echo much >/root/file && sync").code(0);

    let taken = "arping -q -D -c 2 -w 4 -I eth0 203.0.113.31";
    lab.ssh("h2", taken).code(1);
    fault("h1", "link-down");
    until("nobody has the address", || lab.ssh("h2", taken).code == Some(0));
    fault("h1", "duplicate-address");
    lab.ssh("h2", taken).code(1);
    fault("h1", "heal");
    back("the stranger is gone", "h1");

    fault("h1", "loss");
    let lost = "ping -q -i 0.2 -c 60 203.0.113.31 | grep -o '[0-9]*% packet loss'";
    lab.ssh("h2", lost).never_says("\n0% packet loss").never_says("100% packet loss");
    fault("h1", "heal");

    fault("h1", "disk-error");
    lab.ssh("h1", "touch /root/new").code(1);
}

#[test]
fn faults_are_listed_and_strange_ones_refused() {
    let project = Project::of(1);
    project
        .lab(&["fault", "--list"])
        .code(0)
        .says("link-down")
        .says("duplicate-address")
        .says("revert-files");
    project.lab(&["fault", "h1", "earthquake"]).code(2);
    project
        .lab(&["rehearse", "site.yml", "--fault", "h1=earthquake"])
        .code(1)
        .says("rappel lab fault --list");
    project.lab(&["rehearse", "site.yml", "--fault", "h7=link-down"]).code(1).says("no twin of h7");
    project
        .lab(&["rehearse", "site.yml", "--fault", "h1=link-down@armed"])
        .code(1)
        .says("no fault can wait for `armed`")
        .says("arm-boot, arm,");
}
