//! Hosts behind others: guests on a bridge, and hosts that are reached through a jump host.

use crate::project::{Project, Standing};

/// A hypervisor, its guest, and a host that is reached through the hypervisor.
fn behind() -> Project {
    let project = Project::of(2);
    let bridge = "  bridges:\n    - {name: br1, ipv4: 10.42.0.1/24}\n";
    project.host(1, "203.0.113.31", "203.0.113.254", bridge);
    inventory(&project, "ProxyJump=ops@203.0.113.31", "10.42.0.11");
    project.write(
        "inventory/host_vars/g1.yml",
        "network:\n  uplink:\n    name: eth0\n    ipv4: {address: 10.42.0.11/24, gateway: 10.42.0.1}\n",
    );
    project
}

/// By which option of SSH h2 is reached, and at which address the guest.
fn inventory(project: &Project, way: &str, guest: &str) {
    project.write(
        "inventory/hosts.yml",
        &format!(
            "servers:
  vars:
    ansible_user: root
  hosts:
    h1: {{ansible_host: 203.0.113.31}}
    h2:
      ansible_host: 203.0.113.32
      ansible_ssh_common_args: -o \"{way}\"
    g1:
      ansible_host: {guest}
      ansible_ssh_common_args: -o ProxyJump=203.0.113.31
"
        ),
    );
}

/// Nothing comes up for what could not be reached in it.
#[test]
fn a_way_that_no_lab_has_is_refused() {
    let project = behind();
    for (way, guest, named) in [
        ("ProxyJump=bastion.example.org", "10.42.0.11", ["h2", "through bastion.example.org"]),
        ("ProxyCommand=nc %h %p", "10.42.0.11", ["h2", "by a ProxyCommand"]),
        ("ProxyJump=203.0.113.31", "\"fe80::11%br1\"", ["g1", "an address of one link only"]),
    ] {
        inventory(&project, way, guest);
        let said = project.lab(&["rehearse", "site.yml"]).code(1).says(named[0]).says(named[1]);
        said.says(&format!("--exclude {}", named[0])).never_says("come up");
    }
}

#[test]
fn guests_and_hosts_behind_a_jump_host_get_their_change() {
    let project = behind();
    let lab = Standing::up(&project, "test-behind", &[]);
    lab.lab("status", &[]).code(0).says("h1 has br1 today, as g1 is behind it");
    lab.ssh("g1", "hostname; ip -br address show eth0").code(0).says("g1").says("10.42.0.11");
    lab.lab("apply", &["--yes"]).code(0).says("3 confirmed");
    lab.ssh("g1", "cat /etc/sysctl.d/90-rappel.conf").code(0).says("rp_filter");
    lab.lab("down", &[]).code(0);

    let (said, hosts) = project.rehearsed(&[]);
    said.code(0);
    for name in ["h1", "h2", "g1"] {
        assert_eq!(hosts[name]["fate"], "kept", "{hosts:#?}");
    }
}
