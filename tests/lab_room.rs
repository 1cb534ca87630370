//! Labs do what they promise: real hosts, no way out, nothing left.
//!
//! Needs root and the programs that `scripts/install-lab` installs, and fails without.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rappel::lab::{Kind, Lab, NicSpec, Spec, topology};

const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");
const HV1: &str = "203.0.113.10";
const PATIENCE: Duration = Duration::from_secs(60);

fn up(spec: &Spec) -> Lab {
    Lab::up(Path::new(RAPPEL), spec).unwrap_or_else(|error| panic!("{error}"))
}

fn printed(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn ssh(lab: &Lab, login: &str, script: &str) -> String {
    let output = lab.ssh(login, script).unwrap();
    assert!(
        output.status.success(),
        "{login} {script}: {}",
        printed(&output)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn wait(lab: &Lab, address: &str) {
    let address: IpAddr = address.parse().unwrap();
    lab.wait_ssh(address, PATIENCE)
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Whether an address answers the gateway, which has forgotten all it knew.
fn answers(lab: &Lab, address: &str) -> bool {
    lab.flush_neighbours().unwrap();
    let ping = ["ping", "-n", "-q", "-c", "1", "-W", "1", address];
    lab.gateway(&ping).unwrap().status.success()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "never happened: {what}");
        sleep(Duration::from_millis(50));
    }
}

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
    assert_eq!(
        running,
        "running\n",
        "{}",
        lab.sh("hv1", "systemctl --failed").unwrap()
    );
}

/// The way the flagship scenario has to end: what it is to set, set by hand.
const HYPERVISOR: &str = "set -e
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.proxy_ndp=1
ip link add br1 type bridge
ip link set br1 up
ip addr add 10.42.0.1/24 dev br1
ip addr add fe80::1/64 dev br1 nodad
ip -6 addr add 2001:db8:2:96ce::1/128 dev eth0 nodad
ip -6 route add 2001:db8:2:96ff:ff:ff:ff:ff dev eth0
ip -6 route add default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0
ip -6 route add 2001:db8:2:96ce::/64 dev br1
ip -6 neigh add proxy 2001:db8:2:96ce::11 dev eth0
nft add table ip nat
nft add chain ip nat post '{ type nat hook postrouting priority srcnat; }'
nft add rule ip nat post oifname eth0 masquerade";

#[test]
fn guests_are_reached_by_proxied_neighbours_only() {
    let lab = up(&topology::t3());
    assert!(answers(&lab, HV1));
    assert!(!answers(&lab, "2001:db8:2:96ce::11"));
    lab.sh("hv1", HYPERVISOR).unwrap();
    until("the host has IPv6", || answers(&lab, "2001:db8:2:96ce::1"));
    until("the proxied guest answers", || {
        answers(&lab, "2001:db8:2:96ce::11")
    });
    assert!(
        !answers(&lab, "2001:db8:2:96ce::12"),
        "this one has no entry"
    );
    let ping = |address: &str| {
        let argv = ["ping", "-n", "-q", "-c", "1", "-W", "2", address];
        lab.exec("guest1", &argv).unwrap().status.success()
    };
    until("guests reach outside by both families", || {
        ping("198.51.100.2") && ping("2001:db8:ffff::2")
    });

    lab.sh(
        "hv1",
        "ip link del br1; ip link add br1 type bridge; ip link set br1 up",
    )
    .unwrap();
    until("the ports are back in the new bridge", || {
        let ports = lab.sh("hv1", "bridge link").unwrap();
        ports.matches("master br1").count() == 2
    });
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
    assert!(
        !lab.power("guest1").unwrap().0,
        "a guest without its hypervisor"
    );
    lab.power_on("hv1").unwrap();
    wait(&lab, HV1);
    assert!(lab.power("guest1").unwrap().0);
    assert_eq!(
        ssh(&lab, &format!("root@{HV1}"), "cat /etc/repaired"),
        "yes"
    );

    lab.link("hv1", "eth0", false).unwrap();
    assert!(!answers(&lab, HV1));
    assert!(
        lab.sh("hv1", "ip link show eth0")
            .unwrap()
            .contains("NO-CARRIER")
    );
    lab.link("hv1", "eth0", true).unwrap();
    until("the cable is back", || answers(&lab, HV1));
}

#[test]
fn there_is_no_way_out() {
    let lab = up(&topology::t3());
    let run = |words: &[&str]| {
        let output = lab.controller(words).unwrap().output().unwrap();
        assert!(output.status.success(), "{}", printed(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(&["ip", "-4", "route", "show", "default"]), "");
    assert_eq!(run(&["ip", "-6", "route", "show", "default"]), "");
    let gateway = lab.gateway(&["ip", "route", "show", "default"]).unwrap();
    assert_eq!(printed(&gateway), "");
    let ours = run(&["ip", "-o", "link"]);
    assert_eq!(ours.lines().count(), 2, "{ours}");
    for mac in machine_macs() {
        let all = ours.clone() + &printed(&lab.gateway(&["ip", "-o", "link"]).unwrap());
        assert!(!all.contains(&mac), "the machine's {mac} is in the lab");
    }
}

/// The addresses of the machine's own network cards.
fn machine_macs() -> BTreeSet<String> {
    let cards = fs::read_dir("/sys/class/net").unwrap();
    let macs = cards.flatten().filter_map(|card| {
        let mac = fs::read_to_string(card.path().join("address")).ok()?;
        Some(mac.trim().to_owned())
    });
    macs.filter(|mac| mac != "00:00:00:00:00:00" && !mac.is_empty())
        .collect()
}

#[test]
fn hosts_without_systemd() {
    let lab = up(&topology::plain_pair());
    let root = "root@203.0.113.21";
    assert_eq!(ssh(&lab, root, "cat /proc/1/comm"), "sshd\n");
    assert!(!lab.ssh(root, "systemd-run true").unwrap().status.success());
    assert_eq!(ssh(&lab, "admin@203.0.113.22", "sudo -n hostname"), "p2\n");
    assert!(
        !lab.ssh(root, "sysctl -w vm.swappiness=1")
            .unwrap()
            .status
            .success()
    );
    assert!(
        lab.ssh(root, "sysctl -w net.ipv4.ip_forward=1")
            .unwrap()
            .status
            .success()
    );
    ssh(&lab, root, "echo kept >/root/kept");
    lab.reboot("p1").unwrap();
    wait(&lab, "203.0.113.21");
    assert_eq!(
        ssh(&lab, root, "cat /root/kept; sysctl -n net.ipv4.ip_forward"),
        "kept\n0\n"
    );
}

#[test]
fn a_disk_can_be_full() {
    let mut spec = topology::fleet(1);
    spec.host_mut("h0").unwrap().root_size = Some(24);
    let lab = up(&spec);
    let root = "root@203.0.113.30";
    let fill = lab
        .ssh(root, "dd if=/dev/zero of=/root/big bs=1M count=30")
        .unwrap();
    assert!(
        printed(&fill).contains("No space left on device"),
        "{}",
        printed(&fill)
    );
    assert!(
        !lab.ssh(root, "cp /usr/bin/bash /root/x")
            .unwrap()
            .status
            .success()
    );
    assert_eq!(ssh(&lab, root, "echo still in"), "still in\n");
}

#[test]
fn udev_brings_hotplug_interfaces_up() {
    let mut spec = topology::fleet(1);
    let host = spec.host_mut("h0").unwrap();
    host.interfaces = host.interfaces.replace("auto eth0", "allow-hotplug eth0");
    assert!(host.interfaces.contains("allow-hotplug eth0"));
    let lab = up(&spec);
    assert_eq!(
        ssh(&lab, "root@203.0.113.30", "cat /run/network/ifstate.eth0"),
        "eth0\n"
    );
}

#[test]
fn an_impossible_lab_is_refused() {
    let mut spec = topology::fleet(1);
    spec.hosts[1]
        .wire
        .nics
        .push(NicSpec::new("eth1", "nowhere"));
    let error = Lab::up(Path::new(RAPPEL), &spec).err().unwrap().to_string();
    assert!(error.contains("nowhere"), "{error}");
    assert_eq!(spec.hosts[1].kind, Kind::Systemd);
}

/// What namespaces a lab has, to be looked for after its end.
struct Traces {
    id: String,
    namespaces: BTreeSet<String>,
    /// Held open, or the kernel would give their numbers to the next lab.
    _held: Vec<fs::File>,
}

impl Traces {
    fn of(id: &str, pid: u32) -> Self {
        let path = |name: &str| format!("/proc/{pid}/ns/{name}");
        let names = ["pid_for_children", "net", "mnt"].map(path);
        let held = names.iter().map(|path| fs::File::open(path).unwrap());
        let held = held.collect();
        let names = names.map(|path| fs::read_link(path).unwrap());
        Self {
            id: id.to_owned(),
            namespaces: names.map(|link| link.display().to_string()).into(),
            _held: held,
        }
    }

    /// Everything that is still there.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let path = process.path();
            let inside = ["pid", "net", "mnt"].iter().any(|ns| {
                let link = fs::read_link(path.join("ns").join(ns));
                link.is_ok_and(|link| self.namespaces.contains(&link.display().to_string()))
            });
            let group = fs::read_to_string(path.join("cgroup")).unwrap_or_default();
            if inside || group.contains(&self.id) {
                let words = fs::read_to_string(path.join("cmdline")).unwrap_or_default();
                let state = fs::read_to_string(path.join("wchan")).unwrap_or_default();
                let words = words.replace('\0', " ");
                left.push(format!("{} {words}({state})", path.display()));
            }
        }
        let tops = [
            "/sys/fs/cgroup",
            "/sys/fs/cgroup/systemd",
            "/sys/fs/cgroup/unified",
        ];
        let mut places: Vec<_> = tops.map(|top| Path::new(top).join(&self.id)).into();
        places.push(std::env::temp_dir().join(&self.id));
        left.extend(
            places
                .iter()
                .filter(|p| p.exists())
                .map(|p| p.display().to_string()),
        );
        let mounts = fs::read_to_string("/proc/mounts").unwrap();
        let ours = mounts
            .lines()
            .filter(|mount| mount.contains("/run/rappel-lab"));
        left.extend(ours.map(str::to_owned));
        left
    }

    fn assert_gone(&self) {
        let end = Instant::now() + Duration::from_secs(5);
        while !self.left().is_empty() && Instant::now() < end {
            sleep(Duration::from_millis(50));
        }
        assert_eq!(self.left(), Vec::<String>::new());
    }
}

#[test]
fn nothing_is_left_after_a_drop() {
    let lab = up(&topology::t3());
    let traces = Traces::of(lab.id(), lab.pid());
    let mut running = lab.controller(&["sleep", "1000"]).unwrap().spawn().unwrap();
    assert!(
        traces.left().len() > 10,
        "the search finds nothing: {:?}",
        traces.left()
    );
    drop(lab);
    assert!(!running.wait().unwrap().success());
    traces.assert_gone();
}

#[test]
fn nothing_is_left_after_a_panic() {
    let (tell, told) = std::sync::mpsc::channel();
    let test = std::thread::spawn(move || {
        let lab = up(&topology::fleet(1));
        tell.send(Traces::of(lab.id(), lab.pid())).unwrap();
        panic!("on purpose");
    });
    assert!(test.join().is_err());
    told.recv().unwrap().assert_gone();
}

#[test]
fn nothing_is_left_when_the_daemon_is_killed() {
    let lab = up(&topology::fleet(1));
    let traces = Traces::of(lab.id(), lab.pid());
    kill("KILL", lab.pid());
    until("the lab is known to be gone", || lab.power("h0").is_err());
    drop(lab);
    traces.assert_gone();
}

#[test]
fn nothing_is_left_when_the_client_is_killed() {
    for how in ["KILL", "TERM", "INT"] {
        let dir = tempfile::tempdir().unwrap();
        let ready = dir.path().join("ready");
        let script = format!(
            "echo $RAPPEL_LAB_DIR >{0}.new; mv {0}.new {0}; exec sleep 1000",
            ready.display()
        );
        let argv = ["lab", "run", "t3", "--", "sh", "-c", &script];
        let mut client = Command::new(RAPPEL).args(argv).spawn().unwrap();
        until("the lab is up", || ready.exists());
        let text = fs::read_to_string(&ready).unwrap();
        let id = Path::new(text.trim())
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        let traces = Traces::of(id, child_of(client.id(), "unshare"));
        assert!(traces.left().len() > 10);
        match how {
            // From a terminal it reaches the command as well.
            "INT" => {
                kill(how, child_of(client.id(), "sleep"));
                kill(how, client.id());
            }
            _ => kill(how, client.id()),
        }
        let status = client.wait().unwrap();
        match how {
            "TERM" => assert_eq!(status.code(), Some(143)),
            "INT" => assert_eq!(status.code(), Some(130)),
            _ => assert_eq!(status.code(), None),
        }
        traces.assert_gone();
    }
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill")
        .args([format!("-{signal}"), pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// The child of a process that runs that program.
fn child_of(parent: u32, program: &str) -> u32 {
    let tasks = fs::read_dir(format!("/proc/{parent}/task"))
        .unwrap()
        .flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<String> = children
        .flat_map(|text| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let found = pids.iter().find(|pid| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.trim() == program
    });
    found
        .unwrap_or_else(|| panic!("{parent} runs no {program}"))
        .parse()
        .unwrap()
}

#[test]
fn a_command_in_a_lab_gives_it_orders() {
    let script = format!(
        "set -e
        export PATH=$PATH:{}
        test \"$(rappel lab exec hv1 -- hostname)\" = hv1
        echo typed | rappel lab exec hv1 -- cat | grep -qx typed
        rappel lab gateway -- ping -q -c1 -W1 {HV1} >/dev/null
        rappel lab power-cut hv1
        if rappel lab exec hv1 -- true 2>/dev/null; then exit 1; fi
        rappel lab power-on hv1
        rappel lab wait-ssh {HV1}
        rappel lab link hv1 eth0 down
        rappel lab link hv1 eth0 up
        rappel lab flush-neighbours
        if rappel lab dance 2>/dev/null; then exit 1; fi
        test \"$(ssh -F none -i $RAPPEL_LAB_KEY -o UserKnownHostsFile=$RAPPEL_LAB_KNOWN_HOSTS \\
            -o BatchMode=yes root@{HV1} hostname)\" = hv1
        code=0
        rappel lab exec hv1 -- sh -c 'exit 7' || code=$?
        exit $((code + 30))",
        Path::new(RAPPEL).parent().unwrap().display()
    );
    let argv = ["lab", "run", "t3", "--", "sh", "-c", &script];
    let output = Command::new(RAPPEL).args(argv).output().unwrap();
    assert_eq!(output.status.code(), Some(37), "{}", printed(&output));
}

#[test]
fn without_root_the_remedy_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = dir.path().join("rappel");
    fs::copy(RAPPEL, &program).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(&program)
        .args(["lab", "run", "t3", "--", "true"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(125), "{}", printed(&output));
    assert!(printed(&output).contains("sudo"), "{}", printed(&output));
}
