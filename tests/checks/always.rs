//! The checks that no play can leave out, `ssh` and `gateway`: the same change with the same
//! fault is confirmed where the check is not made, or has nothing to see.

use rappel::lab::{HostSpec, Kind, NicSpec, topology};

use crate::bench::Bench;
use crate::play::{rules, same};

#[test]
fn only_ssh_finds_a_family_that_is_cut_off() {
    let bench = Bench::t3();
    bench.apply().code(0);
    let before = bench.picture("hv1");
    let cut = rules("input", "meta nfproto ipv6 tcp dport 22 ct state new drop");
    // Without SSH over this family beforehand it is not made over it.
    bench.console("gw", "nft 'table ip6 cut { chain f { type filter hook forward priority 0; tcp dport 22 drop; }; }'");
    bench.change("gateway", &cut).code(0).never_says("no SSH to").never_says(" fail");
    bench.rappel(&["rollback", "hv1", "--yes"]).code(0);
    same(&bench.picture("hv1"), &before);
    bench.console("gw", "nft delete table ip6 cut");
    bench.change("gateway", &cut).code(3).says("no SSH to 2001:db8:2:96ce::1 any more");
    same(&bench.picture("hv1"), &before);
}

#[test]
fn only_gateway_finds_a_dead_way_out() {
    let mut spec = topology::t3();
    // Has the address of the wrong gateway, and forwards nothing.
    let nic = NicSpec::new("eth0", topology::SEGMENT).address("203.0.113.253/24");
    spec.hosts.push(HostSpec::new("printer", Kind::Netns).nic(nic));
    let bench = Bench::of(&spec);
    bench.apply().code(0);
    let before = bench.picture("hv1");
    bench.edit("inventory/hosts.yml", "203.0.113.10", "2001:db8:2:96ce::1");
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    // SSH from outside would need the way out as well, if it came over this family.
    bench.console("gw", "nft 'table ip cut { chain f { type filter hook forward priority 0; tcp dport 22 drop; }; }'");
    // With nobody there, it is seen.
    bench.lab.link("printer", "eth0", false).expect("pulled");
    bench
        .apply()
        .code(3)
        .says("after the change: gateway 203.0.113.253 on eth0 fail")
        .never_says("no SSH to");
    same(&bench.picture("hv1"), &before);
    // What answers in its place leads nowhere either, and the change is confirmed.
    bench.lab.link("printer", "eth0", true).expect("plugged in");
    bench.apply().code(0).says("after the change: gateway 203.0.113.253 on eth0 pass");
    let beyond = "ping -n -q -c 1 -W 2 198.51.100.2";
    assert!(!bench.holds("hv1", beyond), "there is no way out");
    // A check of what is beyond it would have told.
    bench.rappel(&["rollback", "hv1", "--yes"]).code(0);
    assert!(bench.holds("hv1", beyond));
    bench.edit("playbooks/t3.yml", "- ndp_proxy", "- ping: 198.51.100.2");
    bench.apply().code(3).says("ping 198.51.100.2 fails");
}
