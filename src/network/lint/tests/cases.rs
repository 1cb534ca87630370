//! One pair of cases per rule.

use super::{hook, ids, interfaces, nft, sysctl};
use crate::network::lint::{LintFile, RULES};

/// A rule, files with its mistake, and files that are close to it without.
struct Case {
    id: &'static str,
    fires: Vec<LintFile>,
    not: Vec<LintFile>,
}

fn case(id: &'static str, fires: Vec<LintFile>, not: Vec<LintFile>) -> Case {
    Case { id, fires, not }
}

/// A stanza of `eth0` with these options, brought up.
fn eth0(options: &str) -> Vec<LintFile> {
    vec![interfaces(&format!(
        "auto eth0\niface eth0 inet static\n\taddress 203.0.113.10/24\n{options}"
    ))]
}

fn only(text: &str) -> Vec<LintFile> {
    vec![interfaces(text)]
}

fn both(one: &str, two: LintFile) -> Vec<LintFile> {
    vec![interfaces(one), two]
}

fn interface_cases() -> Vec<Case> {
    let port = |stanza: &str| {
        only(&format!(
            "auto br0\niface eth0 inet {stanza}\niface br0 inet manual\n bridge_ports eth0\n"
        ))
    };
    let masters = |second: &str| {
        only(&format!(
            "auto br0 br1\niface br0 inet manual\n bridge_ports eth0\niface br1 inet manual\n bridge_ports {second}\n"
        ))
    };
    vec![
        case(
            "IF01",
            only("auto-lo\niface lo inet loopback\n"),
            only("auto lo\niface lo inet loopback\n"),
        ),
        case(
            "IF02",
            eth0(" IPV6_GATEWAY 2001:db8::1\n"),
            eth0(
                " bond-primary eth1\n dns-nameservers 203.0.113.1\n Post-up x\n"
                    .replace("Post", "post")
                    .as_str(),
            ),
        ),
        case(
            "IF03",
            eth0(" gateway 203.0.113.254 # the router\n"),
            eth0(" # the router\n up echo x # y\n"),
        ),
        case(
            "IF04",
            eth0(" address 203.0.113.11/24\n"),
            eth0("iface eth0 inet static\n address 203.0.113.11/24\n"),
        ),
        case(
            "IF05",
            only("auto a\niface a inet dhcp\n address 203.0.113.9/24\n"),
            only("auto a\niface a inet dhcp\n hostname x\n"),
        ),
        case(
            "IF06",
            eth0(" gateway 203.0.113.256\n"),
            eth0(" gateway 203.0.113.254\n"),
        ),
        case(
            "IF06",
            eth0("iface eth0 inet6 static\n address 10.0.0.1/24\n"),
            eth0("iface eth0 inet6 static\n address 2001:db8::1/64\n"),
        ),
        case(
            "IF07",
            only("iface eth0 inet dhcp\n"),
            only("allow-hotplug eth0\niface eth0 inet dhcp\niface eth1 inet manual\n"),
        ),
        case("IF08", port("dhcp"), port("manual")),
        case("IF09", masters("eth0"), masters("eth1")),
        case(
            "IF14",
            only("auto a:0\niface a:0 inet static\n address 10.0.0.1/24\n"),
            only("auto a.5\niface a.5 inet static\n address 10.0.0.1/24\n"),
        ),
        case(
            "IF16",
            eth0(" netmask 255.255.0.0\n"),
            eth0(" netmask 255.255.255.0\n broadcast 203.0.113.255\n"),
        ),
        case(
            "IF16",
            only("auto a\niface a inet static\n address 10.0.0.1\n"),
            only("auto a\niface a inet static\n address 10.0.0.1\n netmask 24\n"),
        ),
        case(
            "IF17",
            eth0(" up iptables -t nat -A POSTROUTING -j MASQUERADE -o eth0\n"),
            eth0(
                " up iptables -t nat -A POSTROUTING -o eth0 -j X\n down iptables -t nat -D POSTROUTING -o eth0 -j X\n up ip route add 10.0.0.0/8 dev eth0\n",
            ),
        ),
        case("IF22", eth0(" mtu\n"), eth0(" mtu 1500\n")),
        case(
            "IF23",
            only("auto a\niface a inet4 static\n"),
            only("auto a\niface a inet6 auto\niface a\n"),
        ),
        case(
            "IF23",
            only("auto a\niface a inet statik\n"),
            only("auto a\niface a inet static\n"),
        ),
        case(
            "IF24",
            only("auto a\niface a inet static inherits b\n"),
            only("auto a\niface b inet static\niface a inet static inherits b\n"),
        ),
    ]
}

fn hook_cases() -> Vec<Case> {
    let script = |line: &str| vec![hook(&format!("#!/bin/sh\n{line}\n"))];
    let named = |name: &str| {
        let mut file = hook("#!/bin/sh\n");
        file.path = format!("/etc/network/if-up.d/{name}");
        vec![file]
    };
    let with_mode = |mode: u32| {
        let mut file = hook("#!/bin/sh\n");
        file.mode = mode;
        vec![file]
    };
    vec![
        case(
            "IF10",
            script("iptables -A INPUT -j ACCEPT"),
            script("[ \"$ADDRFAM\" = inet ] || exit 0\niptables -A INPUT -j ACCEPT"),
        ),
        case(
            "IF10",
            script("ip rule add from 10.0.0.1"),
            script("ethtool -s eth0 wol g"),
        ),
        case(
            "IF11",
            script("[ $ADDRFAM = inet6 ]\n/sbin/ip -6 route add 2001:db8::/64 dev $IFACE"),
            script(
                "ip -6 route replace 2001:db8::/64 dev $IFACE\n# ip route add x\nip route add 10.0.0.0/8 dev x || true",
            ),
        ),
        case("IF12", named("proxy.sh"), named("50-proxy_ndp")),
        case("IF13", with_mode(0o644), with_mode(0o755)),
    ]
}

fn bridge_cases() -> Vec<Case> {
    let uplink = |options: &str| {
        only(&format!(
            "auto br0\niface br0 inet static\n address 203.0.113.10/24\n gateway 203.0.113.254\n bridge_ports eth0\n{options}"
        ))
    };
    let hw = " bridge_hw eth0\n";
    vec![
        case("BR01", uplink(""), uplink(" hwaddress 0c:c4:7a:00:00:01\n")),
        case(
            "BR01",
            uplink(""),
            only("auto br0\niface br0 inet static\n address 10.0.0.1/24\n bridge_ports none\n"),
        ),
        case(
            "BR02",
            uplink(&format!("{hw} bridge_stp on\n")),
            uplink(&format!("{hw} bridge_stp off\n")),
        ),
        case(
            "BR04",
            uplink(&format!(
                "{hw}iface br0 inet static\n address 10.42.0.1/24\n"
            )),
            uplink(&format!(
                "{hw}auto br1\niface br1 inet static\n address 10.42.0.1/24\n bridge_ports none\n"
            )),
        ),
        case(
            "BR05",
            only("auto br0\niface br0 inet manual\n bridge_fd 0\n"),
            only(
                "auto br0\niface br0 inet manual\n bridge_ports none\niface br0 inet6 manual\n bridge_fd 0\n",
            ),
        ),
    ]
}

fn address_cases() -> Vec<Case> {
    let two = |second: &str| {
        eth0(&format!(
            " gateway 203.0.113.254\nauto eth1\niface eth1 inet static\n address 198.51.100.2/24\n{second}"
        ))
    };
    let lan = |address: &str| {
        only(&format!(
            "auto a\niface a inet static\n address {address}\n"
        ))
    };
    let snat = |net: &str| {
        vec![nft(&format!(
            "table ip t {{\n chain c {{\n type nat hook postrouting priority 100;\n ip saddr {net} oifname x masquerade\n }}\n}}\n"
        ))]
    };
    vec![
        case("AD01", lan("172.10.16.1/20"), lan("172.16.10.1/20")),
        case("AD01", snat("172.10.16.0/20"), snat("172.16.0.0/20")),
        case(
            "AD03",
            eth0(" gateway 203.0.113.10\n"),
            eth0(" gateway 203.0.113.1\n"),
        ),
        case(
            "AD04",
            two(" gateway 198.51.100.1\n"),
            two(" gateway 198.51.100.1\n metric 100\n"),
        ),
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
    let nat = "table ip t {\n chain c {\n type nat hook postrouting priority 100;\n oifname x masquerade\n }\n}\n";
    let bridge = "auto br0\niface br0 inet manual\n bridge_ports none\n";
    vec![
        case("SY01", at("/etc/sysctl.conf"), at("/etc/sysctl.d/x.conf")),
        case(
            "SY02",
            both(auto, sysctl(forward)),
            both(
                auto,
                sysctl(&format!("net.ipv6.conf.eth0.accept_ra=2\n{forward}")),
            ),
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
            vec![sysctl(
                "net.ipv6.conf.all.accept_ra=0\nnet.ipv6.conf.eth0.accept_ra=0\n",
            )],
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
        case(
            "ND01",
            wan("2001:db8::ff dev eth0"),
            wan("2001:db8::2 dev eth0"),
        ),
        case(
            "ND02",
            bridged(""),
            bridged("auto br1\niface br1 inet manual\n bridge_ports none\n"),
        ),
        case("ND04", lan("64"), lan("128")),
    ]
}

fn firewall_cases() -> Vec<Case> {
    let chain = |kind: &str, rules: &str| {
        vec![nft(&format!(
            "table inet t {{\n chain c {{\n  type {kind} priority 0;\n{rules}\n }}\n}}\n"
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
        files.push(interfaces(
            "auto br0\niface br0 inet manual\n bridge_ports eth0\n",
        ));
        files
    };
    vec![
        case(
            "FW04",
            chain("filter hook forward", "reject\n tcp dport 80 accept"),
            chain(
                "filter hook forward",
                "tcp dport 80 accept\n counter reject",
            ),
        ),
        case("FW05", port("eth0"), port("br0")),
        case(
            "FW06",
            chain("nat hook postrouting", "counter masquerade"),
            chain("nat hook postrouting", "oifname eth0 masquerade"),
        ),
        case(
            "FW08",
            input("tcp dport { 80, 443 } accept"),
            input("tcp dport { 22, 443 } accept"),
        ),
        case(
            "FW08",
            input("udp dport 53 accept"),
            input("ip saddr 10.0.0.0/8 accept"),
        ),
        case(
            "FW08",
            input("icmp type echo-request accept"),
            input("jump management"),
        ),
        case(
            "FW08",
            chain("filter hook input", "tcp dport 443 accept\n drop"),
            chain("filter hook input", "tcp dport 2222 accept\n drop"),
        ),
        case(
            "FW08",
            input(""),
            chain("filter hook input", "policy accept; tcp dport 80 drop"),
        ),
    ]
}

fn comment_cases() -> Vec<Case> {
    vec![
        case(
            "LN01",
            vec![sysctl("# rappel: allow SY05\n")],
            vec![sysctl("# rappel: allow SY05 one guest per host\n")],
        ),
        case(
            "LN02",
            vec![sysctl("# rappel: allow SY99 why\n")],
            vec![sysctl("# rappel: allow SY05 why\n# rappel allows all\n")],
        ),
    ]
}

fn all() -> Vec<Case> {
    [
        interface_cases(),
        hook_cases(),
        bridge_cases(),
        address_cases(),
        sysctl_cases(),
        neighbour_cases(),
        firewall_cases(),
        comment_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn each_rule_fires_on_its_mistake_and_on_nothing_beside_it() {
    let mut wrong = Vec::new();
    for case in all() {
        let (fires, not) = (ids(&case.fires), ids(&case.not));
        if fires != [case.id] {
            wrong.push(format!(
                "{} should fire alone: {fires:?} on {}",
                case.id, case.fires[0].source.text
            ));
        }
        if !not.is_empty() {
            wrong.push(format!(
                "{} should not fire, nor any other: {not:?} on {}",
                case.id, case.not[0].source.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_has_a_case() {
    let cases = all();
    for rule in RULES {
        // The fleet's rule has its own tests.
        assert!(
            rule.id == "AD11" || cases.iter().any(|case| case.id == rule.id),
            "{}",
            rule.id
        );
    }
}
