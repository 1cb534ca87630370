//! The checks alone, by `rappel ping`.

use crate::bench::Bench;

#[test]
fn what_works_passes_and_what_is_broken_is_named() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    bench
        .rappel(&["ping", "hv1", "playbooks/t3.yml"])
        .code(0)
        .says("hv1  ssh 203.0.113.10 from here")
        .says("hv1  ssh 2001:db8:2:96ce::1 from here")
        .says("mtu 2001:db8:2:96ff:ff:ff:ff:ff on eth0")
        .says("dad 203.0.113.10 on eth0")
        .says("ndp_proxy 2001:db8:2:96ce::12 on eth0")
        .never_says("fail");
    assert_eq!(bench.picture("hv1"), before, "nothing is changed");

    bench.console("hv1", "ip -6 neigh del proxy 2001:db8:2:96ce::12 dev eth0");
    bench.rappel(&["ping", "playbooks/t3.yml"]).code(1).says("there is no entry for it");
    let said = bench.rappel(&["ping", "hv1", "playbooks/t3.yml", "--output", "json"]).code(1);
    let failed: Vec<serde_json::Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .filter(|check: &serde_json::Value| check["result"] != "pass")
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["title"], "ndp_proxy 2001:db8:2:96ce::12 on eth0");

    bench.lab.power_cut("hv1").expect("cut");
    bench.rappel(&["ping", "playbooks/t3.yml", "-T", "2"]).code(4).says("hv1: unreachable");
}

#[test]
fn a_host_without_a_playbook_gets_the_usual_checks() {
    let bench = Bench::t3();
    bench
        .rappel(&["ping"])
        .code(0)
        .says("gateway 203.0.113.254 on eth0")
        .says("mtu 203.0.113.254 on eth0");
    // A second address of the host, which the gateway has as well.
    bench.console("hv1", "ip addr add 203.0.113.11/32 dev eth0");
    bench.console("gw", "ip addr add 203.0.113.11/32 dev inside");
    let mac = bench.console("gw", "cat /sys/class/net/inside/address");
    bench.rappel(&["ping"]).code(1).says(&format!("{} has it", mac.trim()));
}
