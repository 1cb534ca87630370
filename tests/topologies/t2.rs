//! Two groups and a gateway VM, stage by stage.

use std::process::{Child, Stdio};
use std::time::Duration;

use rappel::lab::topology;

use crate::bench::Bench;
use crate::every::{ByHand, Site, reachable};
use crate::traffic::{mac, neighbour, never_reaches, reaches, seen};

/// The VMs: name, link-local address as `hv1` sees it, port of the tunnel.
const VMS: [(&str, &str, u16); 4] = [
    ("gw12", "fe80::aff:fe00:101%vmbr11", 2201),
    ("g1a", "fe80::aff:fe00:102%vmbr11", 2202),
    ("g1b", "fe80::aff:fe00:103%vmbr11", 2203),
    ("g2a", "fe80::aff:fe00:202%vmbr12", 2204),
];

/// The site, and OpenSSH tunnels through the hypervisor to its VMs.
struct Through {
    site: Site,
    tunnel: Child,
}

impl Drop for Through {
    fn drop(&mut self) {
        let _ = self.tunnel.kill();
        let _ = self.tunnel.wait();
    }
}

fn site() -> Through {
    let bench = Bench::shipped(&topology::t2(), "t2");
    let common = "    ansible_ssh_common_args: -o ProxyJump=root@203.0.113.10\n";
    bench.edit("inventory/hosts.yml", common, "    through: tunnels\n");
    let mut known = std::fs::read_to_string(bench.lab.known_hosts()).expect("known hosts");
    for (name, address, port) in VMS {
        let local = format!("127.0.0.1\n          ansible_port: {port}");
        bench.edit("inventory/hosts.yml", address, &local);
        let key = known.lines().find(|line| line.starts_with(name)).expect("its key");
        let key = key.split_once(' ').expect("a key").1.to_owned();
        known.push_str(&format!("[127.0.0.1]:{port} {key}\n"));
    }
    std::fs::write(bench.lab.known_hosts(), known).expect("written");
    let tunnel = tunnel(&bench);
    let by_hand = &[
        ByHand { host: "gw12", change: "sysctl -qw net.ipv4.ip_forward=0", named: "ip_forward" },
        ByHand {
            host: "g1a",
            change: "sed -i s,10.0.1.2/29,10.0.1.2/24, /etc/network/interfaces",
            named: "10.0.1.2/24",
        },
    ];
    let hosts = &["hv1", "gw12", "g1a", "g1b", "g2a"];
    Through { site: Site { bench, play: "t2", hosts, end, by_hand }, tunnel }
}

/// As ProxyJump does it: one connection to the hypervisor, and through it to the VMs. Made
/// again when the hypervisor has rebooted.
fn tunnel(bench: &Bench) -> Child {
    let forwards: Vec<String> =
        VMS.iter().map(|(_, address, port)| format!("-L {port}:[{address}]:22")).collect();
    let script = format!(
        "while :; do ssh -F none -N -i {} -o UserKnownHostsFile={} -o BatchMode=yes \
         -o ConnectTimeout=3 -o ServerAliveInterval=1 -o ServerAliveCountMax=3 {} \
         root@203.0.113.10; sleep 0.5; done",
        bench.lab.key().display(),
        bench.lab.known_hosts().display(),
        forwards.join(" ")
    );
    let mut command = bench.lab.controller(&["sh", "-c", &script]).expect("a command");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("starts")
}

fn end(bench: &Bench) {
    for (from, to) in [
        ("g1a", "10.0.1.1"),
        ("g1a", "10.0.1.3"),
        ("g1a", "fd00:10:0:1::3"),
        ("g1a", "10.0.2.2"),
        ("g1b", "fd00:10:0:2::2"),
        ("g2a", "10.0.1.3"),
    ] {
        reaches(bench, from, to);
    }
    assert_eq!(neighbour(bench, "g1a", "10.0.1.1"), mac(bench, "gw12", "eth0"));
    assert!(!bench.holds("hv1", "ip -o -4 addr show vmbr11 | grep -q inet"));
    never_reaches(bench, "g1a", "203.0.113.10");
}

#[test]
fn it_lives_its_whole_life() {
    site().site.lives_its_whole_life();
}

const HV1: &str = "inventory/host_vars/hv1.yml";

#[test]
fn each_stage_works_and_fails_as_expected() {
    let through = site();
    let (site, bench) = (&through.site, &through.site.bench);
    // First the hypervisor is in the groups.
    for group in ["1", "2"] {
        let name = format!("    - name: vmbr1{group}\n");
        let own = format!("      ipv4: 10.0.{group}.1/29\n      ipv6: fd00:10:0:{group}::1/64\n");
        bench.edit(HV1, &name, &format!("{name}{own}"));
    }
    for host in ["hv1", "g1a", "g1b", "g2a"] {
        bench.eventually(host, Duration::from_secs(60), |bench| reachable(bench, host));
        site.apply(host).code(0).says("confirmed as generation 1");
    }
    for to in ["10.0.1.1", "fd00:10:0:1::1", "10.0.1.3", "fd00:10:0:1::3"] {
        reaches(bench, "g1a", to);
    }
    assert_eq!(neighbour(bench, "g1a", "10.0.1.1"), mac(bench, "hv1", "vmbr11"));
    never_reaches(bench, "g1a", "10.0.2.2");
    // The gateway VM cannot have the address while the hypervisor has it.
    bench.edit("inventory/host_vars/gw12.yml", "forwarding: true", "forwarding: false");
    site.apply("gw12").code(5).says("10.0.1.1").says(&mac(bench, "hv1", "vmbr11"));

    // The hypervisor leaves the groups.
    for group in ["1", "2"] {
        let own = format!("      ipv4: 10.0.{group}.1/29\n      ipv6: fd00:10:0:{group}::1/64\n");
        bench.edit(HV1, &own, "");
    }
    site.apply("hv1").code(0).says("confirmed as generation 2");
    for to in ["10.0.1.1", "fd00:10:0:1::1"] {
        never_reaches(bench, "g1a", to);
    }
    reaches(bench, "g1a", "10.0.1.3");

    // The gateway VM joins them, first without forwarding: packets arrive there and end.
    site.apply("gw12").code(0).says("confirmed as generation 1");
    reaches(bench, "g1a", "10.0.1.1");
    for to in ["10.0.2.2", "fd00:10:0:2::2"] {
        let echo = format!("dst host {to} and (icmp or icmp6[0] == 128)");
        let packet = seen(bench, "gw12", "eth0", &echo, || {
            never_reaches(bench, "g1a", to);
        });
        assert!(packet.contains("echo request"), "{packet}");
    }
    bench.edit("inventory/host_vars/gw12.yml", "forwarding: false", "forwarding: true");
    site.apply("gw12").code(0).says("confirmed as generation 2").never_says("taken down");
    for to in ["10.0.2.2", "fd00:10:0:2::2"] {
        let echo = format!("dst host {to} and (icmp or icmp6[0] == 128)");
        let packet = seen(bench, "gw12", "eth1", &echo, || {
            reaches(bench, "g1a", to);
        });
        assert!(packet.contains("echo request"), "{packet}");
    }
}
