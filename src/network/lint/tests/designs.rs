//! Files that were tried on real hosts and are right: no rule may fire on them.

use super::{hook, ids, interfaces, nft, sysctl};
use crate::network::lint::{Known, LintFile, LintHost, check, review};

const ROUTED: &str = "\
auto lo
iface lo inet loopback

source /etc/network/interfaces.d/*

auto eth0
iface eth0 inet static
    address 203.0.113.10/24
    gateway 203.0.113.254
    pre-up nft -f /etc/nftables.d/rappel.nft
iface eth0 inet6 static
    address 2001:db8:2:96ce::1/128
    gateway 2001:db8:2:96ff:ff:ff:ff:ff
    accept_ra 0
    dad-attempts 0
    up ip -6 neigh replace proxy 2001:db8:2:96ce::2 dev $IFACE
    pre-down ip -6 neigh del proxy 2001:db8:2:96ce::2 dev $IFACE || true

auto br1
iface br1 inet static
    address 10.42.0.1/24
    bridge_ports none
    bridge_fd 0
    bridge_maxwait 0
iface br1 inet6 static
    address 2001:db8:2:96ce::1/64
    dad-attempts 0
    up ip -6 addr replace fe80::1/64 dev $IFACE nodad
";

const ROUTED_SYSCTL: &str =
    "net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\nnet.ipv6.conf.eth0.proxy_ndp=1\n";

const ROUTED_NFT: &str = "\
table inet rappel
delete table inet rappel
table inet rappel {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iifname \"lo\" accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 22 accept
    }
    chain postrouting {
        type nat hook postrouting priority srcnat;
        ip saddr 10.42.0.0/24 oifname \"eth0\" snat ip to 203.0.113.10;
    }
}
";

const HOOK: &str = "\
#!/bin/sh
# Puts the entries back after the link came up again.
[ \"$IFACE\" = eth0 ] && [ \"$ADDRFAM\" = inet6 ] || exit 0
ip -6 neigh replace proxy 2001:db8:2:96ce::2 dev \"$IFACE\"
";

const BRIDGED: &str = "\
auto lo
iface lo inet loopback

iface enp4s0f0 inet manual

auto br0
iface br0 inet static
    address 172.16.1.1/16
    gateway 172.16.0.1
    bridge_ports enp4s0f0
    bridge_hw enp4s0f0
    bridge_fd 0
    bridge_maxwait 0
";

const PROXMOX: &str = "\
auto lo
iface lo inet loopback

iface eno1 inet manual

iface eno2 inet manual

auto vmbr0
iface vmbr0 inet static
\taddress 203.0.113.10/24
\tgateway 203.0.113.254
\tbridge-ports eno1
\tbridge-stp off
\tbridge-fd 0
\thwaddress 0c:c4:7a:00:00:01

auto vmbr1
iface vmbr1 inet manual
\tbridge-ports none
\tbridge-stp off
\tbridge-fd 0

auto vmbr11
iface vmbr11 inet static
\taddress 10.0.1.1/29
\tbridge-ports none
\tbridge-stp off
\tbridge-fd 0
";

const SCALE: &str = "\
auto eno1
iface eno1 inet static
    address 203.0.113.10/32
    gateway 100.64.0.1

auto vmbr0
iface vmbr0 inet static
    address 192.168.0.1/24
    bridge_ports none
    up ip route add 198.51.100.7/32 dev vmbr0
";

const ROUTER_VM: &str = "\
auto wan
iface wan inet static
    address 198.51.100.7/32
    gateway 203.0.113.254

auto lan
iface lan inet static
    address 172.16.0.1/16
";

const CLIENT: &str = "\
source /etc/network/interfaces.d/*
auto lo
iface lo inet loopback
allow-hotplug ens3
iface ens3 inet dhcp
iface ens3 inet6 auto
";

fn assert_clean(files: &[LintFile]) {
    let found = check(files);
    let shown: Vec<String> = found.iter().map(|d| format!("{:?} {d}", d.rule)).collect();
    assert!(found.is_empty(), "{shown:#?}");
}

#[test]
fn the_routed_hypervisor_is_clean() {
    let files = [interfaces(ROUTED), sysctl(ROUTED_SYSCTL), nft(ROUTED_NFT), hook(HOOK)];
    assert_clean(&files);
    assert_clean(&[interfaces(ROUTED)]);
}

#[test]
fn other_designs_are_clean() {
    for text in [BRIDGED, PROXMOX, SCALE, ROUTER_VM, CLIENT] {
        assert_clean(&[interfaces(text)]);
    }
}

#[test]
fn a_fleet_of_one_design_is_clean() {
    let one = [interfaces(ROUTED)];
    let two = [interfaces(&ROUTED.replace("203.0.113.10", "203.0.113.11").replace("96ce", "96cf"))];
    let known = Known::default();
    let host = |name, files| LintHost { name, files, known: &known };
    let found = review(&[host("one", &one), host("two", &two)]);
    assert!(found.is_empty(), "{found:#?}");
}

/// A layout that is often copied: everything on the uplink bridge, one hook for all.
#[test]
fn the_bridged_layout_with_proxies_is_caught() {
    let layout = "\
auto eth0
iface eth0 inet manual
auto br0
iface br0 inet static
    bridge_ports eth0
    address 203.0.113.10
    netmask 255.255.255.0
    network 203.0.113.0
    gateway 203.0.113.254
    post-up iptables -t nat -A POSTROUTING -s 10.42.0.0/24 -o br0 -j SNAT --to 203.0.113.10
    pre-down iptables -t nat -D POSTROUTING -s 10.42.0.0/24 -o br0 -j SNAT --to 203.0.113.10
iface br0 inet6 static
    address 2001:db8:2:96ce::1
    netmask 64
    up ip neigh add proxy 2001:db8:2:96ff:ff:ff:ff:ff dev br0
    up ip neigh add proxy 2001:db8:2:96ce::2 dev br0
auto br0:0
iface br0:0 inet static
    address 10.42.0.1/24
";
    let script = "\
#!/bin/sh
if [ \"$IFACE\" = \"br0\" ]; then
    ip -6 route add 2001:db8:2:96ce::/56 dev br0
    ip -6 route add default via 2001:db8:2:96ff:ff:ff:ff:ff
fi
";
    let settings = "net.ipv6.conf.all.forwarding=1\nnet.ipv6.conf.all.proxy_ndp=1\n";
    let mut found = ids(&[interfaces(layout), hook(script), sysctl(settings)]);
    found.sort_unstable();
    found.dedup();
    let expected =
        ["AD08", "BR01", "BR04", "IF10", "IF11", "IF14", "IF16", "ND01", "ND02", "SY04", "SY05"];
    assert_eq!(found, expected);
}
