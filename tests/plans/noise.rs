//! What makes no difference between nft rules is not shown as one: how a file is laid out,
//! handles, what packets counted, what fills a set by itself, and whatever others load.

use crate::bench::Bench;
use crate::state::variant;

/// Rules as people write them: in odd order and layout, with names for numbers.
const RULES: &str = r#"
define office = { 192.0.2.0/25 , 192.0.2.128/25 }
table inet site
delete table inet site
table inet site {
  set banned { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 100; }
  set office { type ipv4_addr; flags interval; auto-merge; elements = $office }
  counter seen { }
  chain  input   {
    type filter hook input priority 0 ; policy accept
    ct state { established, related } counter accept ; ip saddr @banned drop
    tcp dport { https, 22, 80 } \
      counter name seen accept comment "who knows"
    ip saddr @office meta l4proto icmp limit rate 5/second counter
    ip6 nexthdr icmpv6 accept
    ip saddr != 203.0.113.254 udp dport 9 add @banned { ip saddr timeout 30m } counter
  }
}
"#;

/// What Docker, fail2ban and libvirt load, each as it does it.
const OTHERS: &str = r#"
nft -f - <<'END'
table ip nat {
  chain DOCKER { iifname "docker0" counter return; }
  chain PREROUTING { type nat hook prerouting priority dstnat; policy accept; fib daddr type local counter jump DOCKER; }
}
table ip filter {
  chain DOCKER-USER { counter return; }
  chain FORWARD { type filter hook forward priority filter; policy accept; counter jump DOCKER-USER; }
}
table inet f2b-table {
  set addr-set-sshd { type ipv4_addr; elements = { 198.51.100.77 }; }
  chain f2b-chain { type filter hook input priority filter - 1; policy accept; tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable; }
}
table ip libvirt_network {
  chain guest_nat { type nat hook postrouting priority srcnat; policy accept; ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 counter masquerade; }
}
table bridge firewall {
  chain forward { type filter hook forward priority 0; policy accept; ether type ip6 counter; }
}
END
"#;

/// What changes by itself, or by somebody's hand without meaning anything else.
const NOISE: [(&str, &str); 5] = [
    (
        "packets are counted",
        "ping -c 3 -W 2 203.0.113.254; nft list table inet site | grep -q 'packets [1-9]'",
    ),
    ("a set fills itself", "nft add element inet site banned '{ 198.51.100.9 timeout 10m }'"),
    ("counters are set back", "nft reset counters table inet site"),
    (
        "the same rules under other handles",
        "nft -s list table inet site >/root/same; { echo 'delete table inet site'; cat /root/same; } | nft -f -",
    ),
    ("fail2ban bans", "nft add element inet f2b-table addr-set-sshd '{ 198.51.100.78 }'"),
];

fn play(rules: &str) -> String {
    let rules: String = rules.lines().map(|line| format!("        {line}\n")).collect();
    format!("- hosts: hypervisors\n  artifacts:\n    - kind: nft\n      content: |\n{rules}")
}

#[track_caller]
fn silent(bench: &Bench, when: &str) {
    let said = bench.rappel(&["plan", "site.yml", "--ignore-lint"]);
    assert_eq!(said.code, Some(0), "{when}\n{}\n{}", said.out, said.err);
    let said = bench.rappel(&["drift", "site.yml"]);
    assert_eq!(said.code, Some(0), "{when}\n{}\n{}", said.out, said.err);
}

fn makes_no_noise(base: &str) {
    let bench = variant(base);
    bench.write("site.yml", &play(RULES));
    bench.console("hv1", OTHERS);
    let apply = ["apply", "site.yml", "--yes", "--ignore-lint", "--confirm-window", "12"];
    bench.rappel(&apply).code(0);
    silent(&bench, "right after");
    for (when, does) in NOISE {
        bench.console("hv1", does);
        silent(&bench, when);
    }
    let others = "for t in 'ip nat' 'ip filter' 'inet f2b-table' 'ip libvirt_network' 'bridge firewall'; do nft -s list table $t; done";
    let before = bench.console("hv1", others);
    assert!(before.contains("198.51.100.78"), "{before}");
    // Another layout of the same rules: the file changes, no rule does.
    bench.write(
        "site.yml",
        &play(&RULES.replace("  chain  input   {", "\n\n  # those who come in\n  chain input {")),
    );
    bench
        .rappel(&["plan", "site.yml", "--ignore-lint"])
        .code(2)
        .says("change /etc/nftables.d/rappel.nft")
        .never_says("nft inet site");
    bench.rappel(&apply).code(0);
    assert_eq!(bench.console("hv1", others), before, "what others loaded");
    silent(&bench, "after another layout");
    // And a rule of our own that moved is none of that.
    bench.console("hv1", "nft insert rule inet site input ip6 nexthdr icmpv6 accept");
    bench
        .rappel(&["plan", "site.yml", "--ignore-lint"])
        .code(2)
        .says("- nft inet site, chain input:");
}

#[test]
fn nothing_but_rules_counts() {
    makes_no_noise("bookworm");
}

#[test]
fn nothing_but_rules_counts_on_debian_13() {
    makes_no_noise("trixie");
}
