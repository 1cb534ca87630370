//! What the inventory says of a host, against its files.

use std::net::IpAddr;

use super::{Case, case, case_by, case_of, eth0, only};
use crate::diagnostic::Source;
use crate::network::lint::tests::{hook, interfaces, nft, sysctl};
use crate::network::lint::{Guest, Known, LintFile, LintKind, Portgroup};

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    [address_cases(), guest_cases(), service_cases(), manager_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn nets(texts: &[&str]) -> Vec<ipnet::IpNet> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn address_cases() -> Vec<Case> {
    let pools = Known { address_pools: nets(&["203.0.113.0/28"]), ..Known::default() };
    let vrack = Known { vrack_blocks: nets(&["203.0.113.0/28"]), ..Known::default() };
    let own = |address: &str| only(&format!("auto a\niface a inet static\n address {address}\n"));
    let gateway = |gateway: &str| {
        only(&format!(
            "auto a\niface a inet6 static\n address 2001:db8:1:2::1/64\n gateway {gateway}\n"
        ))
    };
    let ranges = Known {
        ranges: vec![("lxc".to_owned(), "10.0.3.0/24".parse().unwrap_or_default())],
        ..Known::default()
    };
    vec![
        case_of("AD02", &pools, own("203.0.113.77/32"), own("203.0.113.7/32")),
        case_of("AD02", &pools, own("203.0.113.77/32"), own("10.0.0.7/24")),
        case("AD10", gateway("2001:db8:ffff::1"), gateway("2001:db8:1:ff:ff:ff:ff:ff")),
        case("AD10", gateway("2001:db8:ffff::1"), gateway("fe80::1")),
        case_of("AD12", &vrack, own("203.0.113.14/32"), own("203.0.113.13/32")),
        case_of("AD09", &ranges, own("10.0.3.1/16"), own("10.1.3.1/16")),
        case_by(
            "AD09",
            Known { services: vec!["libvirt".to_owned()], ..Known::default() },
            Known::default(),
            own("192.168.122.1/24"),
        ),
    ]
}

fn guest(mac: Option<&str>, address: &str) -> Known {
    let guest = Guest {
        name: "web".to_owned(),
        mac: mac.map(str::to_owned),
        bridge: Some("br0".to_owned()),
        addresses: address.parse::<IpAddr>().into_iter().collect(),
        place: None,
    };
    Known {
        guests: vec![guest],
        registered_macs: mac.map(|_| vec!["02:00:00:00:00:01".to_owned()]),
        ..Known::default()
    }
}

fn guest_cases() -> Vec<Case> {
    let bridge = |ports: &str, address: &str| {
        only(&format!(
            "auto br0\niface br0 inet static\n address {address}\n bridge_ports {ports}\n"
        ))
    };
    let stranger = guest(Some("02:00:00:00:00:09"), "10.0.0.5");
    vec![
        case_of("BR03", &stranger, bridge("eth0", "10.0.0.1/24"), bridge("none", "10.0.0.1/24")),
        case_by(
            "BR03",
            stranger.clone(),
            guest(Some("02:00:00:00:00:01"), "10.0.0.5"),
            bridge("eth0", "10.0.0.1/24"),
        ),
        case_of(
            "AD06",
            &guest(None, "10.0.0.9"),
            bridge("none", "10.0.0.1/29"),
            bridge("none", "10.0.0.1/28"),
        ),
        case_of(
            "AD06",
            &guest(None, "10.0.0.7"),
            bridge("none", "10.0.0.1/29"),
            bridge("none", "10.0.0.1/28"),
        ),
    ]
}

fn service_cases() -> Vec<Case> {
    let docker = Known { services: vec!["docker".to_owned()], ..Known::default() };
    let flush = vec![nft("flush ruleset\ntable inet t {\n}\n")];
    let bridge = "auto br0\niface br0 inet manual\n bridge_ports none\n";
    let ssh = |source: &str| {
        vec![nft(&format!(
            "table inet t\ndelete table inet t\ntable inet t {{\n chain c {{\n  type filter hook input priority 0; policy drop;\n  ip saddr {source} tcp dport 22 accept\n }}\n}}\n"
        ))]
    };
    let office = Known { ssh_from: nets(&["198.51.100.0/28"]), ..Known::default() };
    let table = nft("table inet t\ndelete table inet t\ntable inet t {\n}\n");
    let legacy = |program: &str| {
        vec![
            table.clone(),
            hook(&format!("#!/bin/sh\n[ $ADDRFAM ]\n{program} -P FORWARD ACCEPT\n")),
        ]
    };
    vec![
        case_by("FW01", docker.clone(), Known::default(), flush),
        case(
            "FW02",
            vec![sysctl("net.bridge.bridge-nf-call-iptables=1\n")],
            vec![sysctl("net.bridge.bridge-nf-call-iptables=0\n")],
        ),
        case_of(
            "FW03",
            &docker,
            only(bridge),
            vec![interfaces(&format!("{bridge} up iptables -C DOCKER-USER -i br0 -j ACCEPT\n"))],
        ),
        case("FW07", legacy("iptables-legacy"), legacy("iptables")),
        case_of("FW08", &office, ssh("192.0.2.0/24"), ssh("198.51.100.0/24")),
        case_of(
            "FW08",
            &office,
            ssh("{ 192.0.2.1, 192.0.2.2 }"),
            ssh("{ 192.0.2.1, 198.51.100.1 }"),
        ),
        case_of("FW08", &office, ssh("192.0.2.0/24"), ssh("@office")),
    ]
}

/// A port group of the host's VMs: on a switch, promiscuous, with overrides, forgetting them.
fn group(switch: &str, promiscuous: bool, port_override: bool, forgets: bool) -> Known {
    let group = Portgroup {
        name: "carp".to_owned(),
        switch: switch.to_owned(),
        promiscuous,
        port_override,
        reset_at_disconnect: forgets,
        place: None,
    };
    Known { portgroups: vec![group], ..Known::default() }
}

/// A playbook whose artifact has this `reload`.
fn reload(command: &str) -> Known {
    let place = Source::new("play.yml", command).place(0..command.len());
    Known { reloads: vec![(command.to_owned(), place)], ..Known::default() }
}

fn manager_cases() -> Vec<Case> {
    let bridge = only("auto br0\niface br0 inet manual\n bridge_ports none\n");
    let other = |path: &str, text: &str| {
        let mut file = interfaces(text);
        file.kind = LintKind::Other;
        path.clone_into(&mut file.path);
        file
    };
    let at = |path: &str| -> Vec<LintFile> {
        let mut file = interfaces("# empty\n");
        path.clone_into(&mut file.path);
        vec![file]
    };
    let networkd = |name: &str| {
        let mut files = eth0("");
        files.push(other("/etc/systemd/network/10.network", &format!("[Match]\nName={name}\n")));
        files
    };
    let console = |console| Known { console: Some(console), ..Known::default() };
    vec![
        case(
            "MG01",
            at("/etc/network/interfaces.d/50-cloud-init"),
            at("/etc/network/interfaces.d/50-rappel"),
        ),
        case_of(
            "MG01",
            &Known { services: vec!["cloud-init".to_owned()], ..Known::default() },
            eth0(""),
            [
                eth0(""),
                vec![other(
                    "/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg",
                    "network: {config: disabled}\n",
                )],
            ]
            .concat(),
        ),
        case("MG02", networkd("eth0"), networkd("eth7")),
        case_by("MG03", console(false), console(true), eth0("")),
        case_by(
            "VS01",
            group("pcc-1-dvs", true, false, false),
            group("pcc-1-vrack", true, false, false),
            eth0(""),
        ),
        case_by(
            "VS01",
            group("pcc-1-dvs", true, false, false),
            group("pcc-1-dvs", false, true, false),
            eth0(""),
        ),
        case_by(
            "VS02",
            group("pcc-1-vrack", false, true, true),
            group("pcc-1-vrack", false, true, false),
            eth0(""),
        ),
        case_by(
            "VS02",
            group("pcc-1-vrack", false, true, true),
            group("pcc-1-vrack", false, false, true),
            eth0(""),
        ),
        case_by("BR06", reload("service networking stop"), reload("ifreload -a"), bridge.clone()),
        case_of("BR06", &reload("/sbin/ifdown -a && ifup -a"), bridge, eth0("")),
    ]
}
