//! What somebody changed by hand is named, exactly, and nothing else is.

use crate::bench::{Bench, Said};
use crate::state::variant;

const T3: &str = "playbooks/t3.yml";

/// A change by hand, the lines that the plan has for it, how it is undone, and the exit code.
struct Hand {
    does: &'static str,
    lines: &'static [&'static str],
    undo: &'static str,
    code: i32,
}

const HANDS: [Hand; 11] = [
    Hand {
        does: "ip addr add 10.99.0.1/24 dev eth0",
        lines: &["not as the files say: address 10.99.0.1/24 dev eth0: is in no file; it stays"],
        undo: "ip addr del 10.99.0.1/24 dev eth0",
        code: 0,
    },
    Hand {
        does: "ip addr del 10.42.0.1/24 dev br1",
        lines: &[
            "not as the files say: address 10.42.0.1/24 dev br1: is in the files and not live; this does not mend it",
        ],
        undo: "ip addr add 10.42.0.1/24 dev br1",
        code: 2,
    },
    Hand {
        does: "ip -6 route replace default via 2001:db8:2:96ff:ff:ff:ff:fe dev eth0 onlink",
        lines: &[
            "not as the files say: default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0: is in the files and not live; this does not mend it",
            "not as the files say: default via 2001:db8:2:96ff:ff:ff:ff:fe dev eth0: is in no file; it stays",
        ],
        undo: "ip -6 route replace default via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0 onlink",
        code: 2,
    },
    Hand {
        does: "ip route add 10.98.0.0/16 via 203.0.113.254 dev eth0 table 100",
        lines: &[
            "not as the files say: route 10.98.0.0/16 via 203.0.113.254 dev eth0 table 100: is in no file; it stays",
        ],
        undo: "ip route flush table 100",
        code: 0,
    },
    Hand {
        does: "ip rule add from 10.99.0.0/24 lookup 100 pref 1000",
        lines: &[
            "not as the files say: rule 1000: from 10.99.0.0/24 lookup 100: is in no file; it stays",
        ],
        undo: "ip rule del pref 1000",
        code: 0,
    },
    Hand {
        does: "ip -6 neigh del proxy 2001:db8:2:96ce::11 dev eth0",
        lines: &[
            "not as the files say: neighbour proxy 2001:db8:2:96ce::11 dev eth0: is in the files and not live; this does not mend it",
        ],
        undo: "ip -6 neigh add proxy 2001:db8:2:96ce::11 dev eth0",
        code: 2,
    },
    Hand {
        does: "ip -6 neigh add proxy 2001:db8:2:96ce::99 dev eth0",
        lines: &[
            "not as the files say: neighbour proxy 2001:db8:2:96ce::99 dev eth0: is in no file; it stays",
        ],
        undo: "ip -6 neigh del proxy 2001:db8:2:96ce::99 dev eth0",
        code: 0,
    },
    Hand {
        does: "sysctl -qw net.ipv4.ip_forward=0",
        lines: &["live sysctl net.ipv4.ip_forward: 0 → 1"],
        undo: "sysctl -qw net.ipv4.ip_forward=1; sysctl -qw net.ipv6.conf.eth0.accept_ra=0",
        code: 2,
    },
    Hand {
        does: "nft insert rule inet rappel input tcp dport 81 counter drop",
        lines: &["- nft inet rappel, chain input: tcp dport 81 counter drop"],
        undo: "nft flush chain inet rappel input",
        code: 2,
    },
    Hand {
        does: "nft flush chain inet rappel prerouting; nft add rule inet rappel prerouting ip daddr 203.0.113.10 tcp dport 8443 dnat ip to 10.42.0.12:443 comment '\"guest2\"'; nft add rule inet rappel prerouting ip daddr 203.0.113.10 tcp dport 8080 dnat ip to 10.42.0.11:80 comment '\"guest1\"'",
        lines: &[
            "+ nft inet rappel, chain prerouting: ip daddr 203.0.113.10 tcp dport 8080 dnat ip to 10.42.0.11:80 comment \"guest1\" (in another place)",
            "- nft inet rappel, chain prerouting: ip daddr 203.0.113.10 tcp dport 8080 dnat ip to 10.42.0.11:80 comment \"guest1\" (in another place)",
        ],
        undo: "nft -f /etc/nftables.d/rappel.nft",
        code: 2,
    },
    // Somebody else's tables, links and routes are their own business.
    Hand {
        does: "nft add table ip docker; nft add chain ip docker c '{ type filter hook forward priority 0; }'; ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; ip link set docker0 up; ip route add 172.18.0.0/16 dev docker0",
        lines: &[],
        undo: "ip link del docker0; nft delete table ip docker",
        code: 0,
    },
];

/// The lines of a plan that speak of the live state.
fn live_lines(said: &Said) -> Vec<String> {
    let of = |line: &&str| {
        ["not as the files say:", "live sysctl", "- nft", "+ nft", "- ", "+ "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    said.out.lines().map(str::trim).filter(of).map(str::to_owned).collect()
}

fn hypervisor(base: &str) -> Bench {
    let bench = variant(base);
    bench.edit(
        "inventory/host_vars/hv1.yml",
        "      guest: guest1\n      guest_port: 80\n",
        "      guest: guest1\n      guest_port: 80\n    - protocol: tcp\n      port: 8443\n      guest: guest2\n      guest_port: 443\n",
    );
    bench.apply().code(0);
    bench
}

fn every_hand_is_named(base: &str) {
    let bench = hypervisor(base);
    bench.rappel(&["plan", T3]).code(0).says("1 unchanged").never_says("not as the files say");
    for hand in HANDS {
        bench.console("hv1", hand.does);
        let said = bench.rappel(&["plan", T3]);
        assert_eq!(live_lines(&said), hand.lines, "{}\n{}", hand.does, said.out);
        said.code(hand.code);
        bench.console("hv1", hand.undo);
    }
    bench.rappel(&["plan", T3]).code(0).says("1 unchanged").never_says("not as the files say");
}

#[test]
fn every_change_by_hand_is_named() {
    every_hand_is_named("bookworm");
}

#[test]
fn every_change_by_hand_is_named_under_ifupdown2() {
    every_hand_is_named("bookworm-ifupdown2");
}

#[test]
fn what_a_cycle_would_drop_is_a_risk() {
    let bench = hypervisor("bookworm");
    bench.console("hv1", "ip addr add 10.99.0.1/24 dev br1");
    bench.edit("inventory/host_vars/hv1.yml", "ipv4: 10.42.0.1/24", "ipv4: 10.42.0.254/24");
    bench
        .rappel(&["plan", T3])
        .code(2)
        .says("this drops what somebody set by hand: address 10.99.0.1/24 dev br1")
        .says("this takes down the bridge br1 with 2 guests");
}

/// A drift in the rules makes a plan, and applying it brings them back.
#[test]
fn a_rule_by_hand_is_taken_away_by_an_apply() {
    let bench = hypervisor("bookworm");
    bench.console("hv1", "nft insert rule inet rappel input tcp dport 81 drop");
    bench.apply().code(0).says("confirmed as generation 2");
    assert!(!bench.holds("hv1", "nft list table inet rappel | grep -q 'dport 81'"));
    bench.rappel(&["plan", T3]).code(0).says("1 unchanged");
}

/// A firewall that shuts us out, forwarding that ends, a value that does not last.
#[test]
fn what_can_go_wrong_is_named() {
    let bench = hypervisor("bookworm");
    bench.console("hv1", "echo 'net.ipv4.ip_forward = 0' >/etc/sysctl.d/99-local.conf");
    bench.edit(
        "inventory/host_vars/hv1.yml",
        "  nat:\n",
        "  firewall:\n    ssh_ports: [2222]\n  nat:\n",
    );
    bench.rappel(&["plan", T3, "--ignore-lint"]).code(2).says(
        "risk: SSH may be filtered: chain input of inet rappel drops by default and no rule accepts port 22",
    );
    bench.console("hv1", "sysctl -qw net.ipv4.ip_forward=0");
    bench
        .rappel(&["plan", T3, "--ignore-lint"])
        .says("net.ipv4.ip_forward = 1 does not last: /etc/sysctl.d/99-local.conf sets it to 0");
    bench.console("hv1", "sysctl -qw net.ipv4.ip_forward=1");
    bench.write(
        "off.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      content: net.ipv4.ip_forward = 0\n",
    );
    bench
        .rappel(&["plan", "off.yml", "--ignore-lint"])
        .code(2)
        .says("risk: net.ipv4.ip_forward is turned off, and there are guests on bridges");
}

/// The link that we come in by, taken down for a while: named, and only then.
#[test]
fn the_link_of_the_connection_is_named_when_it_goes_down() {
    let bench = hypervisor("bookworm");
    let risk = "this takes down eth0, which you are connected through, for a while";
    bench.edit("inventory/host_vars/hv1.yml", "ipv4: 10.42.0.1/24", "ipv4: 10.42.0.254/24");
    bench.rappel(&["plan", T3]).code(2).says("interfaces taken down: br1\n").never_says(risk);
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    bench.rappel(&["plan", T3]).code(2).says(risk).says(
        "risk: the way out over IPv4 changes: default via 203.0.113.254 dev eth0, then default via 203.0.113.253 dev eth0",
    );
}
