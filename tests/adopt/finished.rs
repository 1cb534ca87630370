//! Each finished topology, taken up without a look at what made it.

use std::time::Duration;

use rappel::lab::topology;

use crate::bench::Bench;
use crate::pictured::not_as_drawn;
use crate::project::{Imported, import};

/// Brings a topology up, and imports its hosts.
fn finished(
    spec: &rappel::lab::Spec,
    name: &str,
    play: &str,
    hosts: &[&str],
    check: impl Fn(&str, &Imported<'_>),
) {
    let bench = Bench::shipped(spec, name);
    bench.key_for_jump_hosts();
    for host in hosts {
        bench.eventually(host, Duration::from_secs(60), |bench| {
            bench.rappel(&["status", "--limit", host, "-T", "3"]).code == Some(0)
        });
        let playbook = format!("playbooks/{play}.yml");
        bench
            .rappel(&["apply", &playbook, "--yes", "--confirm-window", "20", "--limit", host])
            .code(0)
            .says("confirmed as generation 1");
        assert_eq!(not_as_drawn(&bench, &playbook, host), Vec::<String>::new(), "{host}");
    }
    for host in hosts {
        let imported = import(&bench, host);
        imported.plans_nothing();
        let vars = imported.read(&format!("host_vars/{host}.yml"));
        let playbook = imported.read("site.yml");
        // What another program reads is kept as it is.
        if playbook.contains("/etc/keepalived/") {
            assert!(playbook.contains("template: network/interfaces.j2"), "{playbook}");
            continue;
        }
        assert!(!playbook.contains("kind: file"), "{playbook}");
        assert!(
            !playbook.contains(&format!("template: {host}/")),
            "kept as it is:\n{playbook}\n{vars}"
        );
        assert!(!imported.directory.join("templates").exists());
        check(host, &imported);
    }
}

#[test]
fn t0_firewalls_that_share_an_address() {
    finished(&topology::t0(), "t0", "t0", &["hv1", "fw1", "fw2"], |_, _| {});
}

#[test]
fn t1_a_router_vm() {
    finished(&topology::t1(), "t1", "t1", &["hv1", "router1"], |host, imported| {
        let vars = imported.read(&format!("host_vars/{host}.yml"));
        match host {
            "hv1" => assert!(
                vars.contains("    bridge: vmbr0\n") && vars.contains("  - name: vmbr1\n"),
                "{vars}"
            ),
            _ => assert!(
                vars.contains("    guest: lan1\n") && vars.contains("  nat: {}\n"),
                "{vars}"
            ),
        }
    });
}

#[test]
fn t1_with_routed_addresses() {
    finished(&topology::t1_routed(), "t1-routed", "t1", &["hv1", "router1"], |_, _| {});
}

#[test]
fn t2_two_groups() {
    finished(&topology::t2(), "t2", "t2", &["hv1", "gw12", "g1a", "g1b", "g2a"], |_, _| {});
}

#[test]
fn t3_nat_and_proxied_ipv6() {
    finished(&topology::t3(), "t3", "t3", &["hv1"], |_, imported| {
        assert_eq!(imported.read("host_vars/hv1.yml"), T3);
        assert_eq!(imported.read("hosts.yml"), T3_HOSTS);
        assert!(!imported.said.out.contains("Kept as they are"), "{}", imported.said.out);
    });
}

#[test]
fn t4_a_bridged_kvm_host() {
    finished(&topology::t4(), "t4", "t4", &["hv1"], |_, imported| {
        let vars = imported.read("host_vars/hv1.yml");
        assert!(
            vars.contains("    was_dhcp: true\n") && vars.contains("    ssh_from: ["),
            "{vars}"
        );
    });
}

const T3_HOSTS: &str = "hypervisors:\n  hosts:\n    hv1:\n      ansible_host: 203.0.113.10\n      ansible_user: root\n";

/// What the shipped inventory has, but for what no file of the host tells: the second guest's
/// IPv4 address.
const T3: &str = "\
# yaml-language-server: $schema=../network.schema.json
network:
  uplink:
    name: eth0
    ipv4:
      address: 203.0.113.10/24
      gateway: 203.0.113.254
    ipv6:
      address: 2001:db8:2:96ce::1/128
      gateway: \"2001:db8:2:96ff:ff:ff:ff:ff\"
  bridges:
    - name: br1
      mac: \"02:00:0a:2a:00:01\"
      ipv4: 10.42.0.1/24
      ipv6: 2001:db8:2:96ce::1/64
  guests:
    - name: guest1
      ipv4: 10.42.0.11
      ipv6: 2001:db8:2:96ce::11
    - name: guest2
      ipv6: 2001:db8:2:96ce::12
  nat: {}
  port_forwards:
    - protocol: tcp
      port: 8080
      guest: guest1
      guest_port: 80
";
