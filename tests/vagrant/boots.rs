//! A lab that boots: virtual machines under emulation, made by the real Vagrant.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::station::{RAPPEL, Station, project};

/// A machine boots in 50 s on a quiet computer, and three times as long on a busy one.
const BOOT: Duration = Duration::from_secs(400);

/// With a long window: under emulation a look at a host takes ten times as long.
const APPLY: &str = "./lab apply t3 --confirm-window 400";

/// One try, for what must not work yet.
const REACHES_A_GUEST: &str =
    "cd t3 && vagrant ssh gw --no-tty -c 'ping -n -q -c 2 -W 2 2001:db8:2:96ce::11'";

/// Whoever runs all ignored tests has not asked for minutes of emulation by that.
#[track_caller]
fn asked_for() {
    let all = std::env::var_os("RAPPEL_TEST_ALL").is_some();
    assert!(all, "set RAPPEL_TEST_ALL=1 to boot machines under emulation (make test-all)");
}

/// The box, made once for all tests.
fn made_box() -> PathBuf {
    let output = Command::new("sh")
        .arg(project().join("tests/vagrant/box.sh"))
        .arg(Station::base())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "tests/vagrant/box.sh failed: {}", output.status);
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("lab.box")
}

/// A computer that has the box.
fn with_box() -> Station {
    asked_for();
    let made = made_box();
    let station = Station::up();
    station.put(RAPPEL.as_ref(), "usr/bin/rappel");
    station.put(&made, "root/lab.box");
    timed("box", || station.sh("vagrant box add --name lab /root/lab.box && rm /root/lab.box"));
    station
}

/// Tells how long a part took.
#[allow(clippy::print_stderr, reason = "whoever waits for minutes wants to know what for")]
fn timed<T>(what: &str, part: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = part();
    eprintln!("{what}: {:.0} s", begun.elapsed().as_secs_f64());
    result
}

fn hosts(station: &Station) -> Value {
    let said = station.sh("rappel inventory -i ../inventories/t3 -i vagrant:t3");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Everything of hv1 that a change may touch.
fn picture(station: &Station) -> String {
    let script = "sudo sh -c 'cat /etc/network/interfaces /etc/network/interfaces.d/vagrant; \
                  ls /etc/network/if-up.d /etc/sysctl.d /etc/nftables.d; \
                  ip -4 -o addr | sed s/valid_lft.*//; ip -4 route; ip -6 route; \
                  ip -6 neigh show proxy; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward'";
    let said = station.sh(&format!("cd t3 && vagrant ssh hv1 --no-tty -c \"{script}\""));
    let steady = |line: &&str| !line.contains("fe80::/64") && !line.contains("dhclient");
    said.lines().filter(steady).map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_lab_stands_up_is_applied_broken_and_comes_back() {
    let station = with_box();
    let none = station.says("rappel inventory -i ../inventories/t3 -i vagrant:t3");
    none.code(1).says("no machine of the Vagrantfile in `t3` runs").says("hv1: not_created");

    timed("up", || station.sh("./lab up t3 gw hv1 guest1"));
    reached_as_vagrant_says(&station);
    let plain = picture(&station);
    station.says(REACHES_A_GUEST).code(1).says("100% packet loss");
    station.says("./lab plan t3").code(2).says("br1");
    timed("apply", || station.sh(APPLY));
    let good = picture(&station);
    assert_ne!(good, plain);
    // The way over which Vagrant reaches it was not touched.
    assert!(good.contains("iface vagrant0 inet dhcp"), "{good}");
    let again = station.says(APPLY);
    again.code(0).says("unchanged").says("ok      gw reaches 2001:db8:2:96ce::11");

    timed("break", || {
        station.says("./lab break t3 --confirm-window 60").code(0).says("come back by itself")
    });
    assert_eq!(picture(&station), good);
    comes_back_alone(&station);
    assert_eq!(picture(&station), good);
    comes_back_after_a_power_cut(&station);
    assert_eq!(picture(&station), good);
    timed("down", || station.sh("./lab down t3"));
    station.sh("test -z \"$(virsh -q list --all)\" && ! virsh -q net-list --all | grep rappel-t3");
}

fn reached_as_vagrant_says(station: &Station) {
    let list = hosts(station);
    let vars = &list["_meta"]["hostvars"]["hv1"];
    let address = vars["ansible_host"].as_str().unwrap_or_default();
    assert!(address.starts_with("198.51.100."), "{vars:#}");
    assert_eq!(vars["ansible_user"], "vagrant");
    let key = vars["ansible_ssh_private_key_file"].as_str().unwrap_or_default();
    assert!(key.contains("/t3/.vagrant/machines/hv1/libvirt/"), "{key}");
    // A machine that does not run is not looked for elsewhere.
    station
        .says("rappel ping -i ../inventories/t3 -i vagrant:t3 guest2")
        .code(1)
        .says("the machine `guest2` does not run: not_created");
    assert_eq!(list["_meta"]["hostvars"]["hv1"]["network"]["uplink"]["name"], "eth0");
}

/// A slip is applied, and as soon as it is in force something happens.
fn slip(station: &Station, then: &str) {
    station.sh(&format!(
        "rm -rf /root/slip && cp -R ../inventories/t3 /root/slip && \
         sed -i 's/203[.]0[.]113[.]254/203.0.113.245/' /root/slip/host_vars/hv1.yml && \
         (rappel apply -i /root/slip -i vagrant:t3 ../playbooks/t3.yml --yes --limit hv1 \
            >/root/slip.log 2>&1 & echo $! >/root/slip.pid); \
         n=0; until grep -q 'verifying' /root/slip.log; do \
            sleep 0.5; n=$((n + 1)); test $n -lt 400 || {{ cat /root/slip.log; exit 1; }}; done; \
         {then}"
    ));
}

/// The laptop dies in the midst of it: nobody is left to tell hv1 that it was a mistake.
fn comes_back_alone(station: &Station) {
    slip(station, "kill -KILL $(cat /root/slip.pid)");
    timed("alone", || station.eventually("traffic", BOOT, "./lab check t3"));
    let status = "rappel status -i ../inventories/t3 -i vagrant:t3 hv1 | grep -q reverted";
    station.eventually("what hv1 says", BOOT, status);
}

/// The plug is pulled with the slip in force; the boot finds the old files.
fn comes_back_after_a_power_cut(station: &Station) {
    slip(station, "virsh -q destroy t3_hv1; kill -KILL $(cat /root/slip.pid) || :");
    timed("power", || {
        station.sh("cd t3 && vagrant up hv1");
        station.eventually("traffic", BOOT, "./lab check t3");
    });
}

/// Vagrant itself would not notice.
#[test]
#[ignore = "boots a whole machine under emulation: make test-all"]
fn another_host_key_is_refused() {
    let station = with_box();
    timed("up", || station.sh("./lab up t3 hv1"));
    let status = "rappel status -i ../inventories/t3 -i vagrant:t3 hv1";
    station.says(status).code(0);
    // Hashed or not, as the computer's own settings of SSH have it.
    station.sh("ssh-keygen -f t3/.vagrant/rappel_known_hosts \
         -F hv1-$(cat t3/.vagrant/machines/hv1/libvirt/id)");
    station.sh("cd t3 && vagrant ssh hv1 --no-tty -c 'sudo rm /etc/ssh/ssh_host_*; \
         sudo ssh-keygen -q -A; sudo systemctl restart ssh'");
    let said = station.says(status);
    assert_ne!(said.code, Some(0), "{}", said.text);
    said.says("rappel_known_hosts");
    station.sh("./lab down t3");
}
