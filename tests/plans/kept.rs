//! Plans that are kept in a file: done exactly, or refused with what has changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rappel::lab::topology;

use crate::bench::Bench;
use crate::state::keep;

const T3: &str = "playbooks/t3.yml";

#[test]
fn a_kept_plan_is_done_exactly() {
    let bench = Bench::t3();
    keep(&bench, T3, "kept.plan");
    let path = bench.project.path().join("kept.plan");
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o7777, 0o600);
    // What the project says by now does not count.
    bench.edit("inventory/host_vars/hv1.yml", "10.42.0.1/24", "10.43.0.1/24");
    fs::remove_file(bench.project.path().join(T3)).expect("removed");
    bench
        .rappel(&["apply", "kept.plan", "--yes", "--confirm-window", "12"])
        .code(0)
        .says("+ address 10.42.0.1/24 dev br1")
        .says("confirmed as generation 1");
    bench.console("hv1", "ip addr show br1 | grep -q 10.42.0.1/24");
    // Done once, it is stale.
    bench.rappel(&["apply", "kept.plan", "--yes"]).code(5).says("generation 0 has become 1");
}

#[test]
fn a_stale_plan_is_refused_with_what_has_changed() {
    let bench = Bench::t3();
    bench.apply().code(0);
    bench.edit("inventory/host_vars/hv1.yml", "guest_port: 80", "guest_port: 81");
    keep(&bench, T3, "kept.plan");
    let before = bench.picture("hv1");
    for (does, says, undo) in [
        (
            "ip addr add 10.99.0.1/24 dev eth0",
            "new: address 10.99.0.1/24 dev eth0",
            "ip addr del 10.99.0.1/24 dev eth0",
        ),
        (
            "sysctl -qw net.ipv4.ip_forward=0",
            "sysctl net.ipv4.ip_forward is 0 now",
            "sysctl -qw net.ipv4.ip_forward=1; sysctl -qw net.ipv6.conf.eth0.accept_ra=0",
        ),
        (
            "nft insert rule inet rappel input tcp dport 81 drop",
            "+ nft inet rappel, chain input: tcp dport 81 drop",
            "nft -f /etc/nftables.d/rappel.nft",
        ),
        (
            "ip -6 neigh del proxy 2001:db8:2:96ce::11 dev eth0",
            "gone: neighbour proxy 2001:db8:2:96ce::11 dev eth0",
            "ip -6 neigh add proxy 2001:db8:2:96ce::11 dev eth0",
        ),
        (
            "cp -p /etc/sysctl.d/90-rappel.conf /run/kept && echo '# by hand' >>/etc/sysctl.d/90-rappel.conf",
            "/etc/sysctl.d/90-rappel.conf is another file now",
            "cp -p /run/kept /etc/sysctl.d/90-rappel.conf",
        ),
        (
            "cp -p /etc/sysctl.d/90-rappel.conf /run/kept && cat /run/kept >/etc/sysctl.d/90-rappel.conf",
            "/etc/sysctl.d/90-rappel.conf was written again, as it was",
            "cp -p /run/kept /etc/sysctl.d/90-rappel.conf",
        ),
        (
            "echo '# by hand' >/etc/network/interfaces.d/new",
            "/etc/network/interfaces.d/new is new",
            "rm /etc/network/interfaces.d/new",
        ),
    ] {
        bench.console("hv1", does);
        let said = bench.rappel(&["apply", "kept.plan", "--yes"]);
        said.code(5).says("the plan is stale").says(says).never_says("step");
        bench.console("hv1", undo);
    }
    assert_eq!(bench.picture("hv1"), before, "nothing was touched");
    bench.rappel(&["apply", "kept.plan", "--yes", "--confirm-window", "12"]).code(0);
    bench.rappel(&["plan", T3, "--out", "none.plan"]).code(0);
    bench.rappel(&["apply", "none.plan", "--yes"]).code(0).says("There is nothing to change");
}

#[test]
fn files_that_are_no_plan_of_ours_are_refused() {
    let bench = Bench::t3();
    keep(&bench, T3, "kept.plan");
    let path = bench.project.path().join("kept.plan");
    let text = fs::read_to_string(&path).expect("a plan");
    let apply = || bench.rappel(&["apply", "kept.plan", "--yes"]);
    let version = format!("\"rappel_plan\":{}", rappel::plan::SAVED_VERSION);
    assert!(text.contains(&version), "{text}");
    fs::write(&path, text.replace(&version, "\"rappel_plan\":9")).expect("written");
    apply().code(5).says("it is of version 9");
    fs::write(&path, &text[..text.len() / 2]).expect("written");
    apply().code(5).says("cannot be applied");
    fs::write(&path, text.replace("\"host\":\"hv1\"", "\"host\":\"hv9\"")).expect("written");
    apply().code(5).says("no host hv9");
    fs::write(&path, &text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("set");
    apply().code(5).says("others may write to it");
    assert!(!bench.holds("hv1", "test -e /var/lib/rappel"), "no host was touched");
}

/// A key in a file that changes is neither shown nor in the clear in the kept plan.
#[test]
fn secrets_are_masked_field_by_field() {
    let bench = Bench::t3();
    bench.write(
        "secret.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: /etc/vpn.conf\n      content: |\n        Address = 10.0.0.1\n        PrivateKey = aGVsbG8gd29ybGQ=\n        other {{ vpn_token }}\n",
    );
    bench.write("inventory/group_vars/all.yml", "vpn_token: not-for-your-eyes\n");
    let (said, _) = keep(&bench, "secret.yml", "kept.plan");
    said.says("+Address = 10.0.0.1")
        .says("+PrivateKey = ********")
        .says("+other ********")
        .never_says("aGVsbG8gd29ybGQ=")
        .never_says("not-for-your-eyes");
    let text = fs::read_to_string(bench.project.path().join("kept.plan")).expect("a plan");
    assert!(!text.contains("aGVsbG8gd29ybGQ=") && !text.contains("not-for-your-eyes"));
    bench
        .rappel(&["apply", "kept.plan", "--yes", "--confirm-window", "12"])
        .code(0)
        .never_says("not-for-your-eyes");
    bench.console("hv1", "grep -q not-for-your-eyes /etc/vpn.conf");
}

/// Each host is judged by itself: one that changed since is refused with what changed, the
/// others get exactly what was shown.
#[test]
fn a_stale_plan_is_refused_host_by_host() {
    let bench = Bench::of(&topology::fleet(3));
    bench.write(
        "inventory/hosts.yml",
        "all:\n  vars:\n    ansible_user: root\n  hosts:\n    h0: {ansible_host: 203.0.113.30}\n    h1: {ansible_host: 203.0.113.31}\n    h2: {ansible_host: 203.0.113.32}\n",
    );
    bench.write(
        "site.yml",
        "- hosts: all\n  rollout: {failure_budget: 1}\n  artifacts:\n    - kind: sysctl\n      content: net.ipv4.conf.all.rp_filter = 2\n",
    );
    let said = bench.rappel(&["plan", "site.yml", "--out", "kept.plan"]).code(2);
    // Piped, a diff has its signs and no colour.
    assert!(said.out.contains("+net.ipv4.conf.all.rp_filter = 2"), "{}", said.out);
    assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'), "{:?}", said.out);
    said.says("h0, h1, h2 (same on 3 hosts)");
    bench.console(
        "h1",
        "ip addr add 10.99.0.1/24 dev eth0; ip route add 10.98.0.0/16 via 10.99.0.2",
    );
    let before = bench.picture("h1");
    bench
        .rappel(&["apply", "kept.plan", "--yes", "--confirm-window", "12"])
        .code(5)
        .says("h1: refused: the plan is stale")
        .says("new: address 10.99.0.1/24 dev eth0")
        .says("new: route 10.98.0.0/16 via 10.99.0.2 dev eth0")
        .never_says("h0: refused")
        .never_says("h2: refused")
        .says("2 confirmed");
    assert_eq!(bench.picture("h1"), before, "nothing was touched");
    for host in ["h0", "h2"] {
        bench.console(host, "test \"$(sysctl -n net.ipv4.conf.all.rp_filter)\" = 2");
    }
}
