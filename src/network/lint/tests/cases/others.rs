//! The families AD, SY, ND, FW and LN.

use super::{Case, both, case, eth0, only};
use crate::network::lint::tests::{interfaces, nft, sysctl};

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    [address_cases(), sysctl_cases(), neighbour_cases(), firewall_cases(), comment_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn address_cases() -> Vec<Case> {
    let two = |second: &str| {
        eth0(&format!(
            " gateway 203.0.113.254\nauto eth1\niface eth1 inet static\n address 198.51.100.2/24\n{second}"
        ))
    };
    let lan = |address: &str| only(&format!("auto a\niface a inet static\n address {address}\n"));
    let snat = |net: &str| {
        vec![nft(&format!(
            "table ip t\ndelete table ip t\ntable ip t {{\n chain c {{\n type nat hook postrouting priority 100;\n ip saddr {net} oifname x masquerade\n }}\n}}\n"
        ))]
    };
    vec![
        case("AD01", lan("172.10.16.1/20"), lan("172.16.10.1/20")),
        case("AD01", snat("172.10.16.0/20"), snat("172.16.0.0/20")),
        case("AD03", eth0(" gateway 203.0.113.10\n"), eth0(" gateway 203.0.113.1\n")),
        case("AD04", two(" gateway 198.51.100.1\n"), two(" gateway 198.51.100.1\n metric 100\n")),
        case("AD04", two(" gateway 198.51.100.1\n"), two("")),
        case(
            "AD05",
            eth0(" up ip route add default via 192.168.7.1\n"),
            eth0(
                " gateway 192.168.7.1\n up ip route add 10.0.0.0/8 via 192.168.7.1 dev eth0 onlink\n",
            ),
        ),
        case(
            "AD05",
            eth0(" up ip route add default via 192.168.7.1\n"),
            eth0(
                " up ip route add 192.168.7.1 dev eth0\n up ip route add default via 192.168.7.1\n",
            ),
        ),
        case("AD07", lan("10.0.0.255/24"), lan("10.0.0.254/24")),
        case("AD07", lan("10.0.0.0/24"), lan("10.0.0.0/31")),
        case(
            "AD08",
            eth0(" up ip -6 route add 2001:db8:2:96ce::/56 dev eth0\n"),
            eth0(" up ip -6 route add 2001:db8:2:9600::/56 dev eth0\n"),
        ),
        case("AD08", snat("10.42.0.1/24"), snat("10.42.0.0/24")),
        case(
            "AD09",
            eth0("auto eth1\niface eth1 inet static\n address 203.0.113.20/25\n"),
            eth0("auto eth1\niface eth1 inet static\n address 203.0.113.20/32\n"),
        ),
        case(
            "AD13",
            eth0(" hwaddress ether 01:00:5e:00:00:01\n"),
            eth0(" hwaddress ether 02:00:5e:00:00:01\n"),
        ),
    ]
}

fn sysctl_cases() -> Vec<Case> {
    let at = |path: &str| {
        let mut file = sysctl("net.ipv4.ip_forward=1\n");
        file.path = path.to_owned();
        vec![file]
    };
    let auto = "auto eth0\niface eth0 inet6 auto\n";
    let forward = "net.ipv6.conf.all.forwarding=1\n";
    let nat = "table ip t\ndelete table ip t\ntable ip t {\n chain c {\n type nat hook postrouting priority 100;\n oifname x masquerade\n }\n}\n";
    let bridge = "auto br0\niface br0 inet manual\n bridge_ports none\n";
    vec![
        case("SY01", at("/etc/sysctl.conf"), at("/etc/sysctl.d/x.conf")),
        case(
            "SY02",
            both(auto, sysctl(forward)),
            both(auto, sysctl(&format!("net.ipv6.conf.eth0.accept_ra=2\n{forward}"))),
        ),
        case(
            "SY02",
            both(auto, sysctl(forward)),
            both(
                "auto eth0\niface eth0 inet6 static\n address 2001:db8::1/64\n gateway fe80::1\n",
                sysctl(forward),
            ),
        ),
        case(
            "SY03",
            vec![sysctl("net.ipv6.conf.all.accept_ra=0\n")],
            vec![sysctl("net.ipv6.conf.all.accept_ra=0\nnet.ipv6.conf.eth0.accept_ra=0\n")],
        ),
        case(
            "SY04",
            vec![nft(nat), sysctl(forward)],
            vec![nft(nat), sysctl("net/ipv4/ip_forward = 1\n")],
        ),
        case(
            "SY05",
            vec![sysctl("net.ipv6.conf.all.proxy_ndp=1\n")],
            vec![sysctl("net.ipv6.conf.eth0.proxy_ndp=1\n")],
        ),
        case(
            "SY06",
            both(bridge, sysctl("net.ipv6.conf.br0.forwarding=1\n")),
            both(
                bridge,
                sysctl("-net.ipv6.conf.br0.forwarding=1\nnet.ipv6.conf.eth0.forwarding=1\n"),
            ),
        ),
    ]
}

fn neighbour_cases() -> Vec<Case> {
    let wan = |entry: &str| {
        only(&format!(
            "auto eth0\niface eth0 inet6 static\n address 2001:db8::1/128\n gateway 2001:db8::ff\n up ip -6 neigh replace proxy {entry}\n"
        ))
    };
    let bridged = |inner: &str| {
        only(&format!(
            "auto br0\niface br0 inet6 static\n address 2001:db8::1/128\n bridge_ports eth0\n up ip neigh add proxy 2001:db8::2 dev br0\n{inner}"
        ))
    };
    let lan = |prefix: &str| {
        only(&format!(
            "auto a b\niface a inet6 static\n address 2001:db8::1/{prefix}\niface b inet6 static\n address 2001:db8::2/64\n"
        ))
    };
    vec![
        case("ND01", wan("2001:db8::ff dev eth0"), wan("2001:db8::2 dev eth0")),
        case("ND02", bridged(""), bridged("auto br1\niface br1 inet manual\n bridge_ports none\n")),
        case("ND04", lan("64"), lan("128")),
    ]
}

fn firewall_cases() -> Vec<Case> {
    let chain = |kind: &str, rules: &str| {
        vec![nft(&format!(
            "table inet t\ndelete table inet t\ntable inet t {{\n chain c {{\n  type {kind} priority 0;\n{rules}\n }}\n}}\n"
        ))]
    };
    let input = |rules: &str| {
        chain(
            "filter hook input",
            &format!("policy drop;\n ct state established,related accept\n iif lo accept\n{rules}"),
        )
    };
    let port = |name: &str| {
        let mut files = chain("filter hook forward", &format!("iifname \"{name}\" accept"));
        files.push(interfaces("auto br0\niface br0 inet manual\n bridge_ports eth0\n"));
        files
    };
    vec![
        case(
            "FW04",
            chain("filter hook forward", "reject\n tcp dport 80 accept"),
            chain("filter hook forward", "tcp dport 80 accept\n counter reject"),
        ),
        case("FW05", port("eth0"), port("br0")),
        case(
            "FW06",
            chain("nat hook postrouting", "counter masquerade"),
            chain("nat hook postrouting", "oifname eth0 masquerade"),
        ),
        case("FW08", input("tcp dport { 80, 443 } accept"), input("tcp dport { 22, 443 } accept")),
        case("FW08", input("udp dport 53 accept"), input("ip saddr 10.0.0.0/8 accept")),
        case("FW08", input("icmp type echo-request accept"), input("jump management")),
        case(
            "FW08",
            chain("filter hook input", "tcp dport 443 accept\n drop"),
            chain("filter hook input", "tcp dport 2222 accept\n drop"),
        ),
        case("FW08", input(""), chain("filter hook input", "policy accept; tcp dport 80 drop")),
    ]
}

fn comment_cases() -> Vec<Case> {
    vec![
        case(
            "LN01",
            vec![sysctl("# rappel: allow SY05\n")],
            vec![sysctl(
                "# rappel: allow SY05 one guest per host\nnet.ipv6.conf.all.proxy_ndp=1\n",
            )],
        ),
        case(
            "LN02",
            vec![sysctl("# rappel: allow SY99 why\n")],
            vec![sysctl("# rappel allows all\n")],
        ),
        case(
            "LN03",
            vec![sysctl("# rappel: allow SY05 why\nnet.ipv4.ip_forward=1\n")],
            vec![sysctl("# rappel: allow SY05 why\nnet.ipv6.conf.all.proxy_ndp=1\n")],
        ),
    ]
}
