//! What somebody does by hand, on the finished hypervisor of every topology: `drift` names
//! exactly that, in one line.

use rappel::lab::{Spec, topology};
use serde_json::Value;

use crate::bench::Bench;

/// A hypervisor, and what its changes are made with.
struct Site {
    spec: Spec,
    name: &'static str,
    words: [(&'static str, &'static str); 4],
}

/// What is done, its one line, and how it is undone. `@dev` has the host's `@address` and leads
/// to `@gateway`; `@bridge` is a bridge of guests. Files are `@file`.
type Hand = (&'static str, &'static str, &'static str);

const COMMON: [Hand; 26] = [
    (
        "ip addr add 10.99.0.1/24 dev @dev",
        "address 10.99.0.1/24 dev @dev: is in no file",
        "ip addr del 10.99.0.1/24 dev @dev",
    ),
    (
        "ip addr add 2001:db8:99::1/64 dev @dev nodad",
        "address 2001:db8:99::1/64 dev @dev: is in no file",
        "ip addr del 2001:db8:99::1/64 dev @dev",
    ),
    (
        "ip addr add 10.98.0.1/24 dev @bridge",
        "address 10.98.0.1/24 dev @bridge: is in no file",
        "ip addr del 10.98.0.1/24 dev @bridge",
    ),
    (
        "ip route add 10.97.0.0/16 via @gateway dev @dev",
        "route 10.97.0.0/16 via @gateway dev @dev: is in no file",
        "ip route del 10.97.0.0/16",
    ),
    (
        "ip route add 10.97.0.0/16 via @gateway dev @dev metric 50",
        "route 10.97.0.0/16 via @gateway dev @dev metric 50: is in no file",
        "ip route del 10.97.0.0/16 metric 50",
    ),
    (
        "ip route add 10.97.0.0/16 via @gateway dev @dev table 100",
        "route 10.97.0.0/16 via @gateway dev @dev table 100: is in no file",
        "ip route flush table 100",
    ),
    (
        "ip route add blackhole 10.96.0.0/16",
        "route blackhole 10.96.0.0/16: is in no file",
        "ip route del blackhole 10.96.0.0/16",
    ),
    (
        "ip -6 route add unreachable 2001:db8:66::/48",
        "route unreachable 2001:db8:66::/48: is in no file",
        "ip -6 route del unreachable 2001:db8:66::/48",
    ),
    (
        "ip -6 route add 2001:db8:55::/48 via 2001:db8:77::1 dev @dev onlink",
        "route 2001:db8:55::/48 via 2001:db8:77::1 dev @dev: is in no file",
        "ip -6 route del 2001:db8:55::/48",
    ),
    (
        "ip -6 route add 2001:db8:77::/64 dev @dev",
        "route 2001:db8:77::/64 dev @dev: is in no file",
        "ip -6 route del 2001:db8:77::/64",
    ),
    (
        "ip route replace default via @gateway dev @dev src @address",
        "route default via @gateway dev @dev: is default via @gateway dev @dev src @address instead",
        "ip route replace default via @gateway dev @dev",
    ),
    (
        "ip route add default via @gateway dev @dev metric 700",
        "route default via @gateway dev @dev metric 700: is in no file",
        "ip route del default metric 700",
    ),
    (
        "ip rule add from 10.99.0.0/24 lookup 100 pref 1000",
        "rule 1000: from 10.99.0.0/24 lookup 100: is in no file",
        "ip rule del pref 1000",
    ),
    (
        "ip -6 rule add from 2001:db8:99::/64 lookup 100 pref 1001",
        "rule 1001: from 2001:db8:99::/64 lookup 100 (IPv6): is in no file",
        "ip -6 rule del pref 1001",
    ),
    (
        "ip -6 neigh add proxy 2001:db8:2:96ce::99 dev @dev",
        "proxy 2001:db8:2:96ce::99 dev @dev: is in no file",
        "ip -6 neigh del proxy 2001:db8:2:96ce::99 dev @dev",
    ),
    (
        "ip neigh add proxy 10.42.0.99 dev @dev",
        "proxy 10.42.0.99 dev @dev: is in no file",
        "ip neigh del proxy 10.42.0.99 dev @dev",
    ),
    (
        "ip link set mtu 1400 dev @bridge",
        "link mtu 1500 on @bridge: is mtu 1400 on @bridge instead",
        "ip link set mtu 1500 dev @bridge",
    ),
    (
        "cp -p @file /root/keep; printf '\\tup true\\n' >>@file",
        "file @file: differs: 1 other lines, 0 missing",
        "cp -p /root/keep @file",
    ),
    (
        "cp -p @file /root/keep; sed -i 1d @file",
        "file @file: differs: 0 other lines, 1 missing",
        "cp -p /root/keep @file",
    ),
    (
        "cp -p @file /root/keep; sed -i 's/^auto lo$/auto  lo/' @file",
        "file @file: differs: 1 other lines, 1 missing",
        "cp -p /root/keep @file",
    ),
    ("chmod 0600 @file", "attributes @file: mode 0600, wanted 0644", "chmod 0644 @file"),
    ("chmod 0666 @file", "attributes @file: mode 0666, wanted 0644", "chmod 0644 @file"),
    ("chown daemon @file", "attributes @file: owner daemon, wanted root", "chown root @file"),
    ("chgrp daemon @file", "attributes @file: group daemon, wanted root", "chgrp root @file"),
    ("mv @file /root/keep", "file @file: is missing", "mv /root/keep @file"),
    (
        "printf 'auto @dev:7\\niface @dev:7 inet static\\n\\taddress 10.95.0.1/24\\n' >/etc/network/interfaces.d/extra",
        "address 10.95.0.1/24 dev @dev: is in the files and not live",
        "rm /etc/network/interfaces.d/extra",
    ),
];

/// Of sites with rules of their own.
const RULES: [Hand; 6] = [
    (
        "nft insert rule inet rappel forward tcp dport 81 drop",
        "nft inet rappel, chain forward: tcp dport 81 drop: is in no file",
        "nft -f /etc/nftables.d/rappel.nft",
    ),
    (
        "nft add rule inet rappel forward tcp dport 82 accept",
        "nft inet rappel, chain forward: tcp dport 82 accept: is in no file",
        "nft -f /etc/nftables.d/rappel.nft",
    ),
    (
        "nft delete table inet rappel",
        "nft inet rappel: is not loaded",
        "nft -f /etc/nftables.d/rappel.nft",
    ),
    (
        "cp -p /etc/nftables.d/rappel.nft /root/keep; echo '# tried' >>/etc/nftables.d/rappel.nft",
        "file /etc/nftables.d/rappel.nft: differs: 1 other lines, 0 missing",
        "cp -p /root/keep /etc/nftables.d/rappel.nft",
    ),
    (
        "mv /etc/nftables.d/rappel.nft /root/keep",
        "file /etc/nftables.d/rappel.nft: is missing",
        "mv /root/keep /etc/nftables.d/rappel.nft",
    ),
    (
        "chmod 0640 /etc/nftables.d/rappel.nft",
        "attributes /etc/nftables.d/rappel.nft: mode 0640, wanted 0644",
        "chmod 0644 /etc/nftables.d/rappel.nft",
    ),
];

/// Of the site that forwards, and has hooks and proxies.
const T3: [Hand; 12] = [
    (
        "sysctl -qw net.ipv4.ip_forward=0",
        "sysctl net.ipv4.ip_forward: is 0, wanted 1",
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.eth0.accept_ra=0",
    ),
    (
        "sysctl -qw net.ipv6.conf.eth0.proxy_ndp=0",
        "sysctl net.ipv6.conf.eth0.proxy_ndp: is 0, wanted 1",
        "sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1",
    ),
    (
        "sysctl -qw net.ipv6.conf.eth0.accept_ra=2",
        "sysctl net.ipv6.conf.eth0.accept_ra: is 2, wanted 0",
        "sysctl -qw net.ipv6.conf.eth0.accept_ra=0",
    ),
    (
        "ip -6 neigh del proxy 2001:db8:2:96ce::11 dev eth0",
        "proxy 2001:db8:2:96ce::11 dev eth0: is in the files and not live",
        "ip -6 neigh add proxy 2001:db8:2:96ce::11 dev eth0",
    ),
    (
        "ip addr del 10.42.0.1/24 dev br1",
        "address 10.42.0.1/24 dev br1: is in the files and not live",
        "ip addr add 10.42.0.1/24 dev br1",
    ),
    (
        "ip addr del 10.42.0.1/24 dev br1; ip addr add 10.42.0.1/16 dev br1",
        "address 10.42.0.1/24 dev br1: is 10.42.0.1/16 dev br1 instead",
        "ip addr del 10.42.0.1/16 dev br1; ip addr add 10.42.0.1/24 dev br1",
    ),
    (
        "ip -6 route replace default via 2001:db8:2:96ff:ff:ff:ff:fe dev eth0 onlink",
        "route default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0: is default via 2001:db8:2:96ff:ff:ff:ff:fe dev eth0 instead",
        "ip -6 route replace default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0 onlink",
    ),
    (
        "nft flush chain inet rappel postrouting",
        "nft inet rappel, chain postrouting: ip saddr 10.42.0.0/24 oifname \"eth0\" snat ip to 203.0.113.10: is in the files and not loaded",
        "nft -f /etc/nftables.d/rappel.nft",
    ),
    (
        "chmod -x /etc/network/if-up.d/rappel-ndp-proxy",
        "attributes /etc/network/if-up.d/rappel-ndp-proxy: mode 0644, wanted 0755",
        "chmod +x /etc/network/if-up.d/rappel-ndp-proxy",
    ),
    (
        "mv /etc/network/if-down.d/rappel-ndp-proxy /root/keep",
        "file /etc/network/if-down.d/rappel-ndp-proxy: is missing",
        "mv /root/keep /etc/network/if-down.d/rappel-ndp-proxy",
    ),
    (
        "ip link set veth9 nomaster",
        "link veth9 is a port of br9: is in the files and not live",
        "ip link set veth9 master br9",
    ),
    (
        "ip link set veth9 master br1",
        // A port that nobody's file names may be a guest's.
        "link veth9 is a port of br9: is in the files and not live",
        "ip link set veth9 master br9",
    ),
];

/// A bridge with a port, in a file that the shipped one sources.
const PORTS: &str = "ip link add veth9 type veth peer name veth9p; \
    printf 'auto br9\niface br9 inet manual\n\tbridge_ports veth9\n\tbridge_fd 0\n\tbridge_maxwait 0\n' \
    >/etc/network/interfaces.d/ports; ifup br9";

impl Site {
    fn new(spec: Spec, name: &'static str, dev: &'static str, bridge: &'static str) -> Self {
        let (address, gateway) = match name {
            "t4" => ("172.16.1.1", "172.16.0.1"),
            _ => ("203.0.113.10", "203.0.113.254"),
        };
        let words =
            [("@dev", dev), ("@bridge", bridge), ("@address", address), ("@gateway", gateway)];
        Self { spec, name, words }
    }

    fn filled(&self, text: &str) -> String {
        let text = text.replace("@file", "/etc/network/interfaces");
        self.words.iter().fold(text, |text, (word, own)| text.replace(word, own))
    }

    /// Finishes the host, then has each thing done and undone.
    fn each_is_one_line(&self, tables: &[&[Hand]]) {
        let bench = Bench::shipped(&self.spec, self.name);
        let playbook = format!("playbooks/{}.yml", self.name);
        let words = ["apply", &playbook, "--limit", "hv1", "--yes", "--confirm-window", "20"];
        bench.rappel(&words).code(0).says("confirmed as generation 1");
        if self.name == "t3" {
            bench.console("hv1", PORTS);
        }
        assert_eq!(lines(&bench, &playbook), Vec::<String>::new());
        let mut wrong = Vec::new();
        for (does, line, undo) in tables.iter().flat_map(|table| table.iter()) {
            let does = self.filled(does);
            bench.console("hv1", &does);
            let told = lines(&bench, &playbook);
            if told != [self.filled(line)] {
                wrong.push(format!("{does}\n    {told:?}"));
            }
            bench.console("hv1", &self.filled(undo));
        }
        assert!(wrong.is_empty(), "{}:\n{}", self.name, wrong.join("\n"));
        assert_eq!(lines(&bench, &playbook), Vec::<String>::new());
    }
}

fn lines(bench: &Bench, playbook: &str) -> Vec<String> {
    let said = bench.rappel(&["drift", playbook, "--limit", "hv1", "--output", "json"]);
    let host: Value = serde_json::from_str(said.out.trim())
        .unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let drift = host["drift"].as_array().unwrap_or_else(|| panic!("{host}")).iter();
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    drift
        .map(|e| format!("{} {}: {}", word(e, "what"), word(e, "subject"), word(e, "how")))
        .collect()
}

#[test]
fn on_a_router_vms_host() {
    Site::new(topology::t1(), "t1", "vmbr0", "vmbr1").each_is_one_line(&[&COMMON]);
}

#[test]
fn on_the_host_of_two_groups() {
    Site::new(topology::t2(), "t2", "eth0", "vmbr11").each_is_one_line(&[&COMMON]);
}

#[test]
fn on_a_host_with_nat_and_proxies() {
    Site::new(topology::t3(), "t3", "eth0", "br1").each_is_one_line(&[&COMMON, &RULES, &T3]);
}

#[test]
fn on_a_bridged_kvm_host() {
    Site::new(topology::t4(), "t4", "br0", "br0").each_is_one_line(&[&COMMON, &RULES]);
}

#[test]
fn under_ifupdown2() {
    let mut spec = topology::t3();
    "bookworm-ifupdown2".clone_into(&mut spec.host_mut("hv1").expect("hv1").base);
    Site::new(spec, "t3", "eth0", "br1").each_is_one_line(&[&COMMON, &RULES, &T3]);
}
