//! Twins begin where the hosts are, as far as somebody has looked or told.

use crate::project::{Project, RAPPEL, Standing};

use rappel::lab::{Lab, topology};

/// Real hosts, for once played by another lab: they are read, and their twins are like them.
#[test]
fn twins_of_recorded_hosts_have_their_files_and_their_gateway() {
    let mut spec = topology::fleet(2);
    let real = spec.host_mut("h0").unwrap();
    real.interfaces =
        real.interfaces.replace("iface eth0 inet static", "# ours\niface eth0 inet static");
    let program = std::path::Path::new(RAPPEL);
    let real = Lab::up(program, &spec).unwrap_or_else(|error| panic!("{error}"));
    let project = Project::of(2);
    project.write(
        "inventory/hosts.yml",
        "servers:\n  vars:\n    ansible_user: root\n  hosts:\n    h1: {ansible_host: 203.0.113.30}\n    h2: {ansible_host: 203.0.113.31}\n",
    );
    // The wrong one for both: only who has looked can know.
    project.host(1, "203.0.113.30", "203.0.113.253", "");
    project.host(2, "203.0.113.31", "203.0.113.253", "");
    let (key, known) = (real.key(), real.known_hosts());
    let words = [
        RAPPEL.as_ref(),
        "lab".as_ref(),
        "record".as_ref(),
        "--inventory".as_ref(),
        "inventory".as_ref(),
        "--private-key".as_ref(),
        key.as_os_str(),
        "--known-hosts".as_ref(),
        known.as_os_str(),
    ];
    let mut record = real.controller(&words).unwrap();
    let output = record.current_dir(project.dir.path()).output().unwrap();
    crate::project::Said::of(&output).code(0).says("h1: recorded");
    drop(real);

    let lab = Standing::up(&project, "test-recorded", &[]);
    lab.ssh("h1", "cat /etc/network/interfaces; ip route")
        .code(0)
        .says("# ours")
        .says("203.0.113.254");
    lab.lab("status", &[]).code(0).says("recorded").says("nobody answers there");
    lab.lab("down", &[]).code(0);
    let (said, hosts) = project.rehearsed(&["--only-rappel"]);
    said.code(3).never_says("would not be found");
    assert!(hosts.values().all(|host| host["fate"] == "reverted"), "{hosts:?}");
}

/// Ports, accounts and names are as in the inventory; a guest of the vars answers on its
/// bridge once that is there.
#[test]
fn twins_are_reached_as_the_inventory_says() {
    let project = Project::of(1);
    project.write(
        "inventory/hosts.yml",
        "servers:\n  hosts:\n    hv_1.example.org:\n      ansible_host: 203.0.113.31\n      ansible_port: 2222\n      ansible_user: deploy\n      ansible_become: true\n",
    );
    project.write(
        "inventory/host_vars/hv_1.example.org.yml",
        "network:
  uplink:
    name: ens3
    ipv4: {address: 203.0.113.31/24, gateway: 203.0.113.254}
  bridges:
    - {name: br1, ipv4: 10.42.0.1/24}
  guests:
    - {name: guest1, bridge: br1, ipv4: 10.42.0.11}
",
    );
    let lab = Standing::up(&project, "test-reached", &[]);
    lab.lab("apply", &["--", "--yes"]).code(0).says("1 confirmed");
    lab.ssh("hv_1.example.org", "ip -br link show ens3 && ping -c 1 -W 5 10.42.0.11")
        .code(0)
        .says("ens3");
}
