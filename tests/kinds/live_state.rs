//! Live state that no file speaks of, and that somebody set by hand.

use crate::bench::Bench;
use crate::cases::{Subject, picture, same};

/// As somebody at work leaves a host.
const BY_HAND: &str = "
ip addr add 10.99.0.1/24 dev eth0
ip -6 addr add 2001:db8:2:96ce::77/128 dev eth0 nodad
ip route add 10.98.0.0/16 via 203.0.113.254
ip -6 route add 2001:db8:9::/48 via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0 onlink
ip route add 10.97.0.0/16 via 203.0.113.254 table 100
ip route add blackhole 10.96.0.0/16
ip rule add from 10.99.0.0/24 lookup 100 pref 1000
ip -6 rule add from 2001:db8:9::/48 lookup 100 pref 1001
ip -6 neigh add proxy 2001:db8:2:96ce::88 dev eth0
ip neigh add proxy 203.0.113.99 dev eth0
sysctl -qw net.ipv4.conf.eth0.proxy_arp=1 net.ipv4.ip_forward=1
nft add table ip docker
nft add chain ip docker DOCKER '{ type nat hook prerouting priority dstnat; }'
nft add rule ip docker DOCKER tcp dport 81 counter redirect to :82
";

fn slip(bench: &Bench) {
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
}

#[test]
fn what_was_set_by_hand_survives_a_revert() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.console("hv1", BY_HAND);
    let before = picture(bench);
    slip(bench);
    subject.apply().code(3).says("rolled back");
    same(&picture(bench), &before);
    assert!(!bench.holds("hv1", "test -e /sys/class/net/br1"), "what the change made is gone");
}

#[test]
fn what_was_set_by_hand_survives_a_revert_under_ifupdown2() {
    let subject = Subject::variant("bookworm-ifupdown2");
    let bench = &subject.bench;
    bench.console("hv1", BY_HAND);
    let before = picture(bench);
    slip(bench);
    subject.apply().code(3).says("rolled back");
    same(&picture(bench), &before);
    assert!(!bench.holds("hv1", "test -e /sys/class/net/br1"), "what the change made is gone");
}

#[test]
fn somebody_elses_nft_table_is_not_touched() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.console("hv1", BY_HAND);
    let before = bench.console("hv1", "nft list table ip docker");
    subject.apply().code(0);
    assert_eq!(bench.console("hv1", "nft list table ip docker"), before);
}
