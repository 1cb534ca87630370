//! Live state out of what `ip` prints: the parts of a snapshot.

use crate::bench::{Bench, SHELLS};

/// As iproute2 6.1 prints it; `\` is where `-o` took a line break out.
const DUMP: &str = r"#4
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc noqueue master br0 state UP mode DEFAULT group default \    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0\    alias mtu 9
3: br0: <BROADCAST,MULTICAST,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default \    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
3: br0    inet 203.0.113.10/24 metric 5 brd 203.0.113.255 scope global secondary br0\       valid_lft forever preferred_lft forever
3: br0    inet 203.0.113.11 peer 203.0.113.12/32 scope global br0\       valid_lft forever preferred_lft forever
3: br0    inet 203.0.113.99/24 scope global dynamic br0\       valid_lft 300sec preferred_lft 300sec
default via 203.0.113.254 dev br0 onlink linkdown 
10.9.0.0/16 proto static \	nexthop via 203.0.113.1 dev br0 weight 1 \	nexthop via 203.0.113.2 dev br0 weight 1 
203.0.113.0/24 dev br0 proto kernel scope link src 203.0.113.10 
local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 
203.0.113.77 dev br0 proxy
0:	from all lookup local
1000:	from 10.9.0.0/24 lookup 100
1000:	from all lookup 200
#6
3: br0    inet6 2001:db8::10/64 scope global tentative \       valid_lft forever preferred_lft forever
3: br0    inet6 fe80::1/64 scope link \       valid_lft forever preferred_lft forever
2001:db8::/64 dev br0 proto kernel metric 256 pref medium
fe80::/64 dev br0 proto kernel metric 256 pref medium
default via fe80::ff dev br0 proto ra metric 1024 expires 1790sec pref medium
unreachable 2001:db8:97::/48 dev lo metric 1024 error -113 pref medium
multicast ff00::/8 dev br0 table local proto kernel metric 256 pref medium
2001:db8::5 dev eth0  proxy 
0:	from all lookup local
#end
";

const PARTS: &str = "addresses br0 inet 203.0.113.10/24 brd 203.0.113.255 scope global
addresses br0 inet 203.0.113.11 peer 203.0.113.12/32 scope global
addresses br0 inet6 2001:db8::10/64 scope global
links br0 - down 1500
links eth0 br0 up 1400
links lo - up 65536
proxies4 203.0.113.77 dev br0 proxy
proxies6 2001:db8::5 dev eth0 proxy
routes4 10.9.0.0/16 proto static nexthop via 203.0.113.1 dev br0 weight 1 nexthop via 203.0.113.2 dev br0 weight 1
routes4 203.0.113.0/24 dev br0 proto kernel scope link src 203.0.113.10
routes4 default via 203.0.113.254 dev br0 onlink
routes6 2001:db8::/64 dev br0 proto kernel metric 256
routes6 unreachable 2001:db8:97::/48 dev lo metric 1024
rules4 pref 0 from all lookup local
rules4 pref 1000 from 10.9.0.0/24 lookup 100
rules4 pref 1000 from all lookup 200
rules6 pref 0 from all lookup local
";

/// Debian's awk, and the one of a small rescue system.
pub const AWKS: [&str; 2] = ["", "awk() { busybox awk \"$@\"; }\n"];

#[test]
fn what_files_cannot_bring_back_is_taken_apart() {
    for shell in SHELLS {
        for awk in AWKS {
            let bench = Bench::new(shell);
            bench.write_tx("dump", DUMP);
            let text = format!(
                "{awk}live_dump() {{ cat \"$tx/dump\"; }}\nmkdir \"$tx/now\" && live_net \"$tx/now\" && \
                 cd \"$tx/now\" && for part in *; do sed \"s/^/$part /\" $part; done | sort"
            );
            assert_eq!(bench.says(&["lib", "live"], &text, &[]), PARTS, "{shell:?} {awk}");
        }
    }
}

/// A hole in a snapshot would be called "restored" later.
#[test]
fn what_cannot_be_read_to_its_end_is_no_state() {
    for shell in SHELLS {
        for (what, ip) in [
            (
                "one family",
                "ip() { case $* in *-6*) return 1 ;; *) sed /#6/,\\$d \"$tx/dump\" ;; esac; }",
            ),
            ("the end", "live_dump() { sed /#end/d \"$tx/dump\"; }"),
            (
                "a full disk",
                "live_dump() { cat \"$tx/dump\"; }\nawk() { command awk \"$@\"; : >\"$tx/now/routes4\"; }",
            ),
        ] {
            let bench = Bench::new(shell);
            bench.write_tx("dump", DUMP);
            let text = format!(
                "{ip}\nmkdir \"$tx/now\"; if live_net \"$tx/now\"; then echo read; else echo unread; fi"
            );
            assert_eq!(bench.says(&["lib", "live"], &text, &[]), "unread\n", "{shell:?}: {what}");
        }
    }
}
