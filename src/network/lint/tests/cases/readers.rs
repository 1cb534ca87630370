//! What depends on the program that reads the file, and what it does with odd lines.

use super::{Case, case, case_by, case_of, eth0, only};
use crate::network::lint::tests::{hook, interfaces, nft, sysctl};
use crate::network::lint::{Known, LintFile, System};

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    [reader_cases(), proxmox_cases(), address_cases(), odd_cases(), kernel_cases(), script_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn of(system: System) -> Known {
    Known { system: Some(system), ..Known::default() }
}

/// A file at another path.
fn at(path: &str, mut file: LintFile) -> LintFile {
    path.clone_into(&mut file.path);
    file
}

fn reader_cases() -> Vec<Case> {
    let off_link =
        "auto eth0\niface eth0 inet static\n address 203.0.113.10/32\n gateway 100.64.0.1\n";
    let modern = of(System::Ifupdown2);
    vec![
        case_by("IF15", of(System::IfupdownNg), of(System::Ifupdown), only(off_link)),
        case_of(
            "IF15",
            &of(System::IfupdownNg),
            only(off_link),
            only(&off_link.replace("/32", "/24").replace("100.64.0.1", "203.0.113.1")),
        ),
        case_of(
            "IF27",
            &modern,
            only("iface eth0 inet dhcp\nauto eth0\n"),
            only("auto eth0\niface eth0 inet dhcp\n"),
        ),
        case_by(
            "IF27",
            of(System::Proxmox),
            of(System::Ifupdown),
            only("iface eth0 inet dhcp\nauto eth0\n"),
        ),
        case(
            "IF28",
            eth0("iface eth0 inet6 static\n address 2001:db8::1/64\n dad_attempts 0\n"),
            eth0("iface eth0 inet6 static\n address 2001:db8::1/64\n dad-attempts 0\n"),
        ),
        case_of(
            "IF30",
            &modern,
            only("auto a\niface a inet manual\n up printf 'a\\nb'\n"),
            only("auto a\niface a inet manual\n up echo a \\\n  b\n"),
        ),
        case_of(
            "IF30",
            &modern,
            only("# c \\\n\nauto lo\niface lo inet loopback\n"),
            only("# c\n"),
        ),
        case(
            "IF32",
            vec![
                interfaces("source-directory interfaces.d\n"),
                at("/etc/network/interfaces.d/a.conf", interfaces("# nothing\n")),
            ],
            vec![
                interfaces("source-directory interfaces.d\n"),
                at("/etc/network/interfaces.d/a", interfaces("# nothing\n")),
            ],
        ),
        case_of(
            "IF33",
            &modern,
            only("source interfaces.d/*\n"),
            only("source /etc/network/interfaces.d/*\n"),
        ),
    ]
}

fn proxmox_cases() -> Vec<Case> {
    let proxmox = of(System::Proxmox);
    let two = |family: &str| {
        only(&format!(
            "auto vmbr1\niface vmbr1 inet static\n address 10.0.0.1/24\n bridge-ports none\niface vmbr1 {family}\n"
        ))
    };
    let pending =
        Known { beside: vec!["/etc/network/interfaces.new".to_owned()], ..Known::default() };
    let lo = "auto lo\niface lo inet loopback\n";
    vec![
        case_by("IF18", pending, Known::default(), only(lo)),
        case_of(
            "IF19",
            &proxmox,
            two("inet static\n address 10.0.1.1/24"),
            two("inet6 static\n address fd00::1/64"),
        ),
        case_of(
            "IF20",
            &proxmox,
            only("auto a\niface a inet manual\n up echo a \\\n  b\n"),
            only("auto a\niface a inet manual\n up echo a   b\n# c\n"),
        ),
        case_of(
            "IF21",
            &proxmox,
            vec![
                interfaces(&format!("{lo}source /etc/network/interfaces.d/*\n")),
                at(
                    "/etc/network/interfaces.d/x",
                    interfaces("auto vmbr9\niface vmbr9 inet manual\n bridge-ports none\n"),
                ),
            ],
            vec![
                interfaces(&format!("{lo}source /etc/network/interfaces.d/*\n")),
                at("/etc/network/interfaces.d/x", interfaces("# nothing\n")),
            ],
        ),
    ]
}

const AWARE: &str = "auto a\niface a\n bridge-ports none\n bridge-vlan-aware yes\nauto b\niface b\n bridge-ports none\n bridge-vlan-aware yes\n";

fn address_cases() -> Vec<Case> {
    let typed = "auto a\niface a inet static\n mtu 1400\n";
    let template = |own: &str| {
        format!(
            "iface base inet static\n{own}auto a\niface a inet static inherits base\n mtu 1400\n"
        )
    };
    vec![
        case("IF34", only(typed), only(&typed.replace("static", "manual"))),
        case_of(
            "IF34",
            &of(System::Ifupdown),
            only(&template("")),
            only(&template(" address 10.0.0.1/24\n")),
        ),
        case_by("IF34", of(System::Ifupdown), of(System::Ifupdown2), only(typed)),
        case_by("IF35", of(System::Ifupdown2), of(System::Proxmox), only(AWARE)),
        case_of(
            "IF35",
            &of(System::Ifupdown2),
            only(AWARE),
            only(&AWARE.replacen("aware yes", "aware no", 1)),
        ),
        // A template by itself is not brought up.
        case(
            "IF34",
            only("auto a\niface a inet6 static\n mtu 1400\n"),
            only(
                "iface b inet6 static\n mtu 1400\nauto a\niface a inet6 static inherits b\n address 2001:db8::1/64\n",
            ),
        ),
    ]
}

fn odd_cases() -> Vec<Case> {
    let template = |own: &str| {
        only(&format!(
            "auto a\niface base inet static\n mtu 1400\niface a inet static inherits base\n address 10.0.0.1/24\n{own}"
        ))
    };
    vec![
        case(
            "IF24",
            only("auto a\niface a inet dhcp inherits b\niface b inet manual\nauto b\n"),
            only("auto a b\niface b inet manual\niface a inet dhcp inherits b\n"),
        ),
        case(
            "IF25",
            eth0(" gateway 203.0.113.1\n gateway 203.0.113.2\n"),
            eth0(" gateway 203.0.113.1\n"),
        ),
        case_of(
            "IF25",
            &of(System::Ifupdown),
            eth0("iface eth0 inet6 static\n address 2001:db8::1/64\n address 2001:db8::2/64\n"),
            eth0(
                "iface eth0 inet6 static\n address 2001:db8::1/64\niface eth0 inet6 static\n address 2001:db8::2/64\n",
            ),
        ),
        case("IF26", template(" mtu 1300\n"), template(" up ip link set $IFACE mtu 1300\n")),
        case(
            "IF29",
            only("auto a\niface a inet dhcp fast\n"),
            only("auto a\niface b inet dhcp\niface a inet dhcp inherits b\n"),
        ),
        case(
            "IF31",
            only("auto bridge-of-the-guests\niface bridge-of-the-guests inet manual\n up x\n"),
            only(
                "auto eth0=the-network-of-the-office\niface the-network-of-the-office inet dhcp\n",
            ),
        ),
    ]
}

fn kernel_cases() -> Vec<Case> {
    let v6 = |mtu: &str| {
        only(&format!("auto a\niface a inet6 static\n address 2001:db8::1/64\n mtu {mtu}\n"))
    };
    let vlan = |tag: &str| only(&format!("auto a.{tag}\niface a.{tag} inet manual\n up x\n"));
    let two = |second: &str| eth0(&format!("iface eth0 inet static\n address {second}\n"));
    vec![
        case("AD15", v6("1200"), v6("1280")),
        case(
            "AD15",
            v6("1200"),
            only("auto a\niface a inet static\n address 10.0.0.1/24\n mtu 1200\n"),
        ),
        case("AD16", vlan("4095"), vlan("4094")),
        case("AD16", vlan("4095"), vlan("0")),
        case("AD17", two("203.0.113.10/24"), two("203.0.113.11/24")),
        case(
            "SY07",
            vec![sysctl("net.ipv4.ip_foward=1\n")],
            vec![sysctl("net.ipv4.ip_forward=1\nnet.ipv4.neigh.default.gc_thresh1=1\n")],
        ),
        case(
            "SY08",
            vec![sysctl("net.ipv4.ip_forward=1\nnet.ipv4.ip_forward=0\n")],
            vec![sysctl("net.ipv4.ip_forward=1\nnet/ipv4/ip_forward=1\n")],
        ),
    ]
}

fn script_cases() -> Vec<Case> {
    let bridge = "auto br0\niface br0 inet manual\n bridge_ports none\n";
    let with = |line: &str| vec![interfaces(bridge), hook(&format!("#!/bin/sh\n{line}\n"))];
    let table = "table inet t {\n chain c {\n  type filter hook forward priority 0;\n  ip daddr 10.0.0.1 drop\n }\n}\n";
    let proxy = |device: &str| {
        only(&format!(
            "auto eth0 br1\niface eth0 inet6 manual\niface br1 inet6 manual\n bridge_ports none\n up ip -6 neigh replace proxy 2001:db8::2 dev {device}\n"
        ))
    };
    vec![
        case("BR06", with("systemctl restart networking"), with("systemctl restart nftables")),
        case("BR06", with("ifdown br0"), with("ifdown eth7")),
        case("BR06", with("ip link set br0 down"), with("ip link set br0 up")),
        case(
            "ND03",
            proxy("eth0"),
            only(
                "auto eth0\niface eth0 inet6 manual\n up ip -6 neigh replace proxy 2001:db8::2 dev eth0\n",
            ),
        ),
        case(
            "FW09",
            vec![nft(table)],
            vec![nft(&format!("table inet t\ndelete table inet t\n{table}"))],
        ),
        case(
            "FW09",
            vec![nft(table)],
            vec![nft("table inet t {\n set s { type ipv4_addr; }\n}\n")],
        ),
    ]
}
