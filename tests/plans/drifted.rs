//! `rappel drift`: what somebody did by hand, one line each, and nothing else.

use serde_json::Value;

use crate::bench::Bench;
use crate::state::variant;

/// What somebody does, the lines for it, and how it is undone.
const HANDS: [(&str, &[&str], &str); 16] = [
    (
        "ip addr add 10.99.0.1/24 dev eth0",
        &["address 10.99.0.1/24 dev eth0: is in no file"],
        "ip addr del 10.99.0.1/24 dev eth0",
    ),
    (
        "ip addr del 10.42.0.1/24 dev br1",
        &["address 10.42.0.1/24 dev br1: is in the files and not live"],
        "ip addr add 10.42.0.1/24 dev br1",
    ),
    (
        "ip route add 10.98.0.0/16 via 203.0.113.254 dev eth0",
        &["route 10.98.0.0/16 via 203.0.113.254 dev eth0: is in no file"],
        "ip route del 10.98.0.0/16",
    ),
    (
        "ip route add 10.98.0.0/16 via 203.0.113.254 dev eth0 table 100",
        &["route 10.98.0.0/16 via 203.0.113.254 dev eth0 table 100: is in no file"],
        "ip route flush table 100",
    ),
    (
        "ip -6 route add 2001:db8:77::/64 via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0 onlink",
        &["route 2001:db8:77::/64 via 2001:db8:2:96ff:ff:ff:ff:ff dev eth0: is in no file"],
        "ip -6 route del 2001:db8:77::/64",
    ),
    (
        "ip rule add from 10.99.0.0/24 lookup 100 pref 1000",
        &["rule 1000: from 10.99.0.0/24 lookup 100: is in no file"],
        "ip rule del pref 1000",
    ),
    (
        "ip -6 neigh del proxy 2001:db8:2:96ce::11 dev eth0",
        &["proxy 2001:db8:2:96ce::11 dev eth0: is in the files and not live"],
        "ip -6 neigh add proxy 2001:db8:2:96ce::11 dev eth0",
    ),
    (
        "ip -6 neigh add proxy 2001:db8:2:96ce::99 dev eth0",
        &["proxy 2001:db8:2:96ce::99 dev eth0: is in no file"],
        "ip -6 neigh del proxy 2001:db8:2:96ce::99 dev eth0",
    ),
    (
        "sysctl -qw net.ipv6.conf.eth0.proxy_ndp=0",
        &["sysctl net.ipv6.conf.eth0.proxy_ndp: is 0, wanted 1"],
        "sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1",
    ),
    (
        "nft insert rule inet rappel input tcp dport 81 drop",
        &["nft inet rappel, chain input: tcp dport 81 drop: is in no file"],
        "nft flush chain inet rappel input",
    ),
    (
        "nft delete table inet rappel",
        &["nft inet rappel: is not loaded"],
        "nft -f /etc/nftables.d/rappel.nft",
    ),
    (
        "cp -p /etc/sysctl.d/90-rappel.conf /root/keep; echo '# by hand' >>/etc/sysctl.d/90-rappel.conf",
        &["file /etc/sysctl.d/90-rappel.conf: differs: 1 other lines, 0 missing"],
        "cp -p /root/keep /etc/sysctl.d/90-rappel.conf",
    ),
    (
        "cp -p /etc/network/interfaces /root/keep; printf '\\tup true\\n' >>/etc/network/interfaces",
        &["file /etc/network/interfaces: differs: 1 other lines, 0 missing"],
        "cp -p /root/keep /etc/network/interfaces",
    ),
    (
        "mv /etc/nftables.d/rappel.nft /root/keep",
        &["file /etc/nftables.d/rappel.nft: is missing"],
        "mv /root/keep /etc/nftables.d/rappel.nft",
    ),
    (
        "chmod 0600 /etc/sysctl.d/90-rappel.conf",
        &["attributes /etc/sysctl.d/90-rappel.conf: mode 0600, wanted 0644"],
        "chmod 0644 /etc/sysctl.d/90-rappel.conf",
    ),
    (
        "chmod -x /etc/network/if-up.d/rappel-ndp-proxy",
        &["attributes /etc/network/if-up.d/rappel-ndp-proxy: mode 0644, wanted 0755"],
        "chmod +x /etc/network/if-up.d/rappel-ndp-proxy",
    ),
];

const T3: &str = "playbooks/t3.yml";

fn lines(bench: &Bench, code: i32) -> Vec<String> {
    let said = bench.rappel(&["drift", T3, "--output", "json"]).code(code);
    let host: Value = serde_json::from_str(said.out.trim()).expect("one object");
    let drift = host["drift"].as_array().expect("a list").iter();
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    drift
        .map(|e| format!("{} {}: {}", word(e, "what"), word(e, "subject"), word(e, "how")))
        .collect()
}

#[test]
fn each_change_by_hand_is_one_line() {
    let bench = variant("bookworm");
    bench.apply().code(0);
    assert_eq!(lines(&bench, 0), Vec::<String>::new());
    for (does, wanted, undo) in HANDS {
        bench.console("hv1", does);
        assert_eq!(lines(&bench, 2), wanted, "{does}");
        bench.console("hv1", undo);
    }
    assert_eq!(lines(&bench, 0), Vec::<String>::new());
}

#[test]
fn reports_say_what_people_are_told() {
    let bench = variant("bookworm");
    bench.apply().code(0);
    let reports = ["drift", T3, "--junit", "drift.xml", "--prometheus", "rappel.prom"];
    bench.rappel(&reports).code(0).says("hv1: no drift").says("1 clean");
    let read =
        |file: &str| std::fs::read_to_string(bench.project.path().join(file)).expect("a report");
    assert!(read("drift.xml").contains("tests=\"1\" failures=\"0\" errors=\"0\""));
    bench.console("hv1", "sysctl -qw net.ipv4.ip_forward=0; touch -d 2020-01-02T03:04:05Z /root/x; printf '# x\\n' >/etc/sysctl.d/90-rappel.conf; touch -r /root/x /etc/sysctl.d/90-rappel.conf");
    bench
        .rappel(&reports)
        .code(2)
        .says("sysctl net.ipv4.ip_forward: is 0, wanted 1 (since generation 1, not there 20")
        .says("(written 2020-01-02 03:04:05Z, not there 20")
        .says("1 drifted");
    assert!(read("drift.xml").contains("failures=\"1\""));
    assert!(read("rappel.prom").contains("rappel_drift_differences{host=\"hv1\",kind=\"sysctl\"}"));
    bench.lab.power_cut("hv1").expect("cut");
    bench.rappel(&[&reports[..], &["-T", "2"]].concat()).code(4).says("1 unreachable");
    assert!(read("drift.xml").contains("errors=\"1\""));
    assert!(read("rappel.prom").contains("rappel_drift_read{host=\"hv1\"} 0"));
    bench.rappel(&["drift", T3, "--junit", "no/where.xml", "-T", "2"]).code(1).says("no/where.xml");
}

/// What came and went from look to look is told, and the journal has no secret of it.
#[test]
fn looks_are_kept_and_tell_what_came_and_went() {
    const SECRET: &str = "fd00:1234:5678:9abc::77";
    let bench = variant("bookworm");
    bench.apply().code(0);
    bench.write(
        "site.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      \
         content: net.ipv6.conf.lo.stable_secret = {{ kernel_secret }}\n    \
         - kind: sysctl\n      path: /etc/sysctl.d/91-more.conf\n      \
         content: net.ipv4.ip_forward = 1\n",
    );
    let drift = ["drift", "site.yml", "-e", &format!("kernel_secret={SECRET}")];
    bench.console("hv1", "printf 'net.ipv4.ip_forward = 1\\n' >/etc/sysctl.d/91-more.conf");
    bench.rappel(&drift).code(2).never_says("net.ipv4.ip_forward").never_says(SECRET);
    bench.console("hv1", "sysctl -qw net.ipv4.ip_forward=0");
    let came = bench.rappel(&drift).code(2);
    came.says("sysctl net.ipv4.ip_forward: is 0, wanted 1 (since generation 1, not there 20");
    bench.rappel(&drift).code(2).says("(since generation 1, first seen 20");
    bench.console("hv1", "sysctl -qw net.ipv4.ip_forward=1");
    bench.rappel(&drift).code(2).never_says("ip_forward");
    bench.lab.power_cut("hv1").expect("cut");
    bench.rappel(&[&drift[..], &["-T", "2"]].concat()).code(4);
    let history = bench.rappel(&["history", "--drift", "hv1"]).code(0).says("hv1 (site.yml):");
    let lines: Vec<&str> = history.out.lines().collect();
    let line = |word: &str| {
        *lines
            .iter()
            .find(|line| line.contains(word))
            .unwrap_or_else(|| panic!("{word}: {lines:?}"))
    };
    assert!(line("net.ipv4.ip_forward").contains("came 20"), "{lines:?}");
    assert!(line("net.ipv4.ip_forward").contains("went 20"), "{lines:?}");
    assert!(line("stable_secret").contains("still there 20"), "{lines:?}");
    let json = bench.rappel(&["history", "--drift", "--output", "json"]).code(0);
    let of = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    assert!(json.out.lines().map(of).any(|one| one["gone"].is_u64()), "{}", json.out);
    // A look is a run, and does not hide what was done to hosts.
    let looks = bench.rappel(&["history", "--runs", "--drift"]).code(0);
    assert_eq!(looks.out.lines().filter(|line| line.contains("drift site.yml")).count(), 5);
    looks.says("1 unreachable");
    bench.rappel(&["history", "--runs"]).code(0).says("apply").never_says("drift");
    bench.rappel(&["history", "--run", "last"]).code(0).says("apply playbooks/t3.yml");
    let state = bench.project.path().join(".local/state/rappel");
    for entry in std::fs::read_dir(state).expect("the journal") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("read");
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
    }
}
