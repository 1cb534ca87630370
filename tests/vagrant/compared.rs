//! Each Vagrantfile is valid for both providers, and its machines and networks are those of
//! the topology's inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::described::{Machine, TOPOLOGIES, machines};
use crate::station::{RAPPEL, Station, project};

/// Machines that no inventory knows: the provider's gateway, and a VM that T4 is about but
/// does not name.
const UNKNOWN: [&str; 2] = ["gw", "vm1"];

type Machines = BTreeMap<String, Machine>;
type Hosts = BTreeMap<String, Value>;

/// The vars of each host.
fn inventory(topology: &str) -> Hosts {
    let output = Command::new(RAPPEL)
        .args(["inventory", "-i"])
        .arg(project().join("inventories").join(topology))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(list["_meta"]["hostvars"].clone()).unwrap()
}

#[test]
fn every_vagrantfile_is_valid_and_has_the_machines_of_its_inventory() {
    let station = Station::up();
    for topology in TOPOLOGIES {
        station.sh(&format!("cd {topology} && vagrant validate"));
        station.sh(&format!(
            "cd {topology} && VAGRANT_DEFAULT_PROVIDER=virtualbox vagrant validate --ignore-provider"
        ));
        let (machines, hosts) = (machines(&station, topology, "libvirt"), inventory(topology));
        same_hosts(&machines, &hosts);
        wires(&machines);
        for (name, vars) in &hosts {
            nics(&machines[name], &vars["network"]);
            addresses(name, &machines, &vars["network"]);
            guests(name, &machines, &hosts, &vars["network"]);
            link_local(&machines[name], &machines, vars);
        }
        gateways(&machines, &hosts);
        let_in(&machines, &hosts);
        virtualbox(&station, topology, &machines);
    }
    // Real errors are found, so that silence means something.
    let said = station.says(
        "sed -i 's/auto_config: false/auto_config: false, type: \"static\"/' machine.rb; \
         cd t3 && vagrant validate",
    );
    said.code(1).says("IP");
}

/// Every host is a machine, and every other machine is known as somebody's guest.
fn same_hosts(machines: &Machines, hosts: &Hosts) {
    let guests: BTreeSet<&str> = hosts
        .values()
        .flat_map(|vars| vars["network"]["guests"].as_array().into_iter().flatten())
        .filter_map(|guest| guest["name"].as_str())
        .collect();
    for host in hosts.keys() {
        assert!(machines.contains_key(host), "no machine {host}");
    }
    for machine in machines.keys() {
        let known = hosts.contains_key(machine) || guests.contains(machine.as_str());
        assert!(known || UNKNOWN.contains(&machine.as_str()), "{machine} is nobody's");
    }
    for guest in guests {
        assert!(machines.contains_key(guest), "no machine {guest}");
    }
}

/// Wires lead nowhere but to machines of the lab, and Vagrant leaves the NICs alone.
fn wires(machines: &Machines) {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut macs = BTreeSet::new();
    for (name, machine) in machines {
        assert_eq!(machine.whole["box"], "lab", "the box can be chosen");
        assert_eq!(machine.whole["folders"], serde_json::json!([]), "{name} shares no folder");
        for (nic, network) in
            machine.nics.iter().zip(machine.whole["networks"].as_array().into_iter().flatten())
        {
            let (kind, network) = (&network[0], &network[1]);
            assert_eq!(kind, "private_network");
            assert_eq!(network["auto_config"], false);
            assert_eq!(network["libvirt__forward_mode"], "none");
            assert_eq!(network["libvirt__dhcp_enabled"], false);
            assert_eq!(network["libvirt__network_name"], nic.wire.as_str());
            assert!(network.get("ip").is_none(), "your own computer would be on that wire");
            assert!(macs.insert(&nic.mac), "{} is there twice", nic.mac);
            assert!(nic.mac.starts_with("02:"), "{} may be somebody's", nic.mac);
            *ends.entry(&nic.wire).or_default() += 1;
        }
    }
    for (wire, ends) in ends {
        assert!(ends >= 2, "{wire} has one end");
    }
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// The NICs that the inventory names are those that the machine has, with their MACs; plugs
/// are for bridges that rappel is to make.
fn nics(machine: &Machine, network: &Value) {
    let mut named: BTreeSet<&str> = text(network, "/uplink/name").into_iter().collect();
    named.extend(list(network, "nics").filter_map(|nic| nic["name"].as_str()));
    let own: BTreeSet<&str> = machine.own().map(|nic| nic.name.as_str()).collect();
    assert_eq!(own, named);
    if let (Some(name), Some(mac)) = (text(network, "/uplink/name"), text(network, "/uplink/mac")) {
        assert_eq!(machine.nic(name).mac, mac);
    }
    let mut bridges: BTreeSet<&str> = text(network, "/uplink/bridge").into_iter().collect();
    bridges.extend(list(network, "bridges").filter_map(|bridge| bridge["name"].as_str()));
    let plugged: BTreeSet<&str> = machine.plugs().map(|(_, bridge)| bridge).collect();
    assert_eq!(plugged, bridges, "a plug for each bridge");
}

/// A machine begins where rappel finds it in the inventory, or gets that address by DHCP.
fn addresses(name: &str, machines: &Machines, network: &Value) {
    let Some(wanted) = text(network, "/uplink/ipv4/address") else { return };
    let start = machines[name].starts_with("address");
    if network["uplink"]["was_dhcp"] == true {
        let lease = format!(
            "--dhcp-host={},{} ",
            text(network, "/uplink/mac").unwrap(),
            wanted.split('/').next().unwrap()
        );
        assert!(machines["gw"].start.contains(&lease), "no lease for {name}");
        assert!(start.is_empty(), "{start:?}");
    } else if !start.is_empty() {
        assert!(start.contains(&wanted), "{name} begins at {start:?}");
        if let Some(gateway) = text(network, "/uplink/ipv4/gateway") {
            assert!(machines[name].starts_with("gateway").contains(&gateway), "{name}");
        }
    }
}

/// Guests hang on the hypervisor's bridges, with the addresses that it has for them.
fn guests(host: &str, machines: &Machines, hosts: &Hosts, network: &Value) {
    for guest in list(network, "guests") {
        let name = guest["name"].as_str().unwrap();
        let machine = &machines[name];
        let mut plugs = machines[host].plugs();
        // A router's guests hang on a bridge of the hypervisor, as its own NICs do.
        let shared = machines[host].own().chain(plugs.by_ref().map(|(nic, _)| nic));
        let wires: Vec<&str> = shared.map(|nic| nic.wire.as_str()).collect();
        assert!(machine.own().any(|nic| wires.contains(&nic.wire.as_str())), "{name} at {host}");
        if let Some(mac) = guest["mac"].as_str() {
            assert!(machine.own().any(|nic| nic.mac == mac), "{name} has not {mac}");
        }
        for address in ["ipv4", "ipv6"].iter().filter_map(|family| guest[family].as_str()) {
            let own = hosts.get(name).map(|vars| vars["network"].to_string()).unwrap_or_default();
            let has = machine.start.contains(&format!("address {address}/"))
                || own.contains(&format!("\"{address}/"));
            assert!(has, "{name} has not {address}");
        }
    }
}

/// An address that follows from a MAC address is that of the machine's NIC, on the wire of the
/// bridge that it is reached through.
fn link_local(machine: &Machine, machines: &Machines, vars: &Value) {
    let Some((address, bridge)) = text(vars, "/ansible_host").and_then(|host| host.split_once('%'))
    else {
        return;
    };
    let nic = machine.own().find(|nic| eui64(&nic.mac) == address);
    let nic = nic.unwrap_or_else(|| panic!("no NIC for {address}"));
    let (plug, _) = machines["hv1"].plugs().find(|(_, is)| *is == bridge).unwrap();
    assert_eq!(nic.wire, plug.wire);
}

fn eui64(mac: &str) -> String {
    let bytes: Vec<u16> = mac.split(':').map(|b| u16::from_str_radix(b, 16).unwrap()).collect();
    let first = bytes[0] ^ 2;
    let address = std::net::Ipv6Addr::new(
        0xfe80,
        0,
        0,
        0,
        first << 8 | bytes[1],
        bytes[2] << 8 | 0xff,
        0xfe00 | bytes[3],
        bytes[4] << 8 | bytes[5],
    );
    address.to_string()
}

/// Every gateway is somebody.
fn gateways(machines: &Machines, hosts: &Hosts) {
    for vars in hosts.values() {
        for path in ["/network/uplink/ipv4/gateway", "/network/uplink/ipv6/gateway"] {
            let Some(gateway) = text(vars, path).filter(|it| !it.starts_with("fe80")) else {
                continue;
            };
            let start = |machine: &Machine| machine.start.contains(&format!("address {gateway}/"));
            let wanted =
                |vars: &Value| vars["network"].to_string().contains(&format!("\"{gateway}/"));
            let somebody = machines.values().any(start) || hosts.values().any(wanted);
            assert!(somebody, "nobody is {gateway}");
        }
    }
}

/// A firewall lets Vagrant's own network in.
fn let_in(machines: &Machines, hosts: &Hosts) {
    for (name, vars) in hosts {
        let management = &machines[name].whole["provider"]["management_network_address"];
        let from = &vars["network"]["firewall"]["ssh_from"];
        if let Some(from) = from.as_array() {
            assert!(from.contains(management), "{name} does not let {management} in");
        }
    }
}

/// The same for VirtualBox: same NICs on internal networks, which let a bridge work.
fn virtualbox(station: &Station, topology: &str, libvirt: &Machines) {
    for (name, machine) in machines(station, topology, "virtualbox") {
        assert_eq!(machine.whole["networks"], libvirt[&name].whole["networks"], "{name}");
        let told = machine.whole["provider"]["customizations"].to_string();
        for adapter in 2..machine.nics.len() + 2 {
            assert!(told.contains(&format!("\"--nicpromisc{adapter}\",\"allow-all\"")), "{told}");
        }
        let management = &libvirt[&name].whole["provider"]["management_network_address"];
        assert!(told.contains(&format!("\"--natnet1\",{management}")), "{told}");
    }
}
