//! The families IF and BR.

use super::{Case, case, eth0, only};
use crate::network::lint::tests::hook;

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    [interface_cases(), hook_cases(), bridge_cases()].into_iter().flatten().collect()
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
        case("IF06", eth0(" gateway 203.0.113.256\n"), eth0(" gateway 203.0.113.254\n")),
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
        case("IF23", only("auto a\niface a inet dhcpd\n"), only("auto a\niface a inet dhcp\n")),
        case(
            "IF24",
            only("auto a\niface a inet static inherits b\n"),
            only("auto a\niface b inet dhcp\niface a inet dhcp inherits b\n"),
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
        case("IF10", script("ip rule add from 10.0.0.1"), script("ethtool -s eth0 wol g")),
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
            uplink(&format!("{hw}iface br0 inet static\n address 10.42.0.1/24\n")),
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
