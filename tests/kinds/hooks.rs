//! Hooks and stanzas that misbehave while a change is activated.

use std::time::Duration;

use crate::bench::Bench;
use crate::cases::{Subject, picture, same, transaction_ends};

/// A play of one hook; activation may take 8 s.
fn play(body: &str) -> String {
    let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "- hosts: hypervisors\n  artifacts:\n    - kind: hook\n      phase: if-up.d\n      name: odd\n      content: |\n        #!/bin/sh\n{body}  rollout:\n    activation_timeout: 8s\n"
    )
}

#[test]
fn a_hook_that_hangs_is_reverted() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    bench.write("playbooks/t3.yml", &play("sleep 987654"));
    subject.apply().code(3).says("activation took longer than 8 s");
    same(&picture(bench), &before);
    assert!(!bench.holds("hv1", "pgrep -f [9]87654"), "the hook is gone");
}

#[test]
fn a_hook_that_hangs_and_ignores_signals_is_reverted() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    bench.write("playbooks/t3.yml", &play("trap '' TERM INT HUP\nwhile :; do sleep 1; done"));
    subject.apply().code(3).says("activation took longer than 8 s");
    same(&picture(bench), &before);
}

#[test]
fn a_hook_may_leave_a_daemon_behind() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    // It keeps standard output, as careless ones do.
    bench.write("playbooks/t3.yml", &play("[ \"$IFACE\" = eth0 ] || exit 0\nsleep 987654 &"));
    subject.apply().code(0).says("confirmed as generation 1");
    assert!(bench.holds("hv1", "pgrep -f [9]87654"), "the daemon lives on");
    transaction_ends(bench);
    assert!(bench.holds("hv1", "sleep 1; pgrep -f [9]87654"), "after the transaction as well");
}

#[test]
fn a_daemon_of_a_hook_does_not_outstay_a_window_that_ends() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.write("playbooks/t3.yml", &play("[ \"$IFACE\" = eth0 ] || exit 0\nsleep 987654 &"));
    subject.apply().code(0);
    subject.rollback().code(0);
    subject.apply().code(0).says("confirmed as generation 3");
}

#[test]
fn a_hook_that_prints_a_megabyte_is_bounded() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.write("playbooks/t3.yml", &play("head -c 1000000 /dev/zero | tr '\\0' x\necho\nexit 3"));
    let said = subject.apply().code(3).says("activation failed");
    assert!(said.out.len() + said.err.len() < 200_000, "what is shown is bounded");
    bench.console("hv1", "test $(du -sk /var/lib/rappel | cut -f 1) -lt 1024");
}

/// A stanza whose DHCP client is this script; no such client is in the image.
fn dhcp(bench: &Bench, client: &str, timeout: &str) {
    let client = format!("#!/bin/sh\ncase \"$*\" in *-r*|*-x*) exit 0;; esac\n{client}\n");
    bench.console("hv1", &format!("cat >/sbin/dhclient <<'E'\n{client}E\nchmod +x /sbin/dhclient"));
    let play = format!(
        "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      content: |\n        auto lo\n        iface lo inet loopback\n        auto eth0\n        iface eth0 inet dhcp\n  rollout:\n    activation_timeout: {timeout}\n"
    );
    bench.write("playbooks/t3.yml", &play);
}

/// There is no DHCP server: the client waits until the deadline.
#[test]
fn a_dhcp_stanza_that_hangs_is_reverted() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    dhcp(bench, "exec sleep 987654", "8s");
    let said = bench.apply_against_lint();
    said.code(3).says("activation took longer than 8 s");
    same(&picture(bench), &before);
    bench.eventually("the client is gone", Duration::from_secs(60), |b| {
        !b.holds("hv1", "pgrep -f [9]87654")
    });
}

/// As when the kernel runs out of memory: what the activation was just waiting for lives on,
/// and has ifupdown's lock.
#[test]
fn an_activation_that_is_killed_leaves_nothing_in_the_way_of_the_revert() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    dhcp(bench, "pkill -KILL -o -f '^/bin/sh [^ ]*/activate[.]sh'\nexec sleep 987654", "600s");
    let said = bench.apply_against_lint();
    said.code(3).says("activation was killed");
    same(&picture(bench), &before);
    assert!(!bench.holds("hv1", "pgrep -f [9]87654"), "the client is gone");
}

/// ifupdown gives hooks a PATH; a changed hook that is run without a cycle gets one too.
#[test]
fn a_hook_finds_tools_in_sbin() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.write(
        "playbooks/t3.yml",
        &play("[ \"$IFACE\" = eth0 ] || exit 0\nip link show \"$IFACE\" >/dev/null && sysctl -n net.ipv4.ip_forward >/dev/null && echo \"$PATH\" >/run/path-of-hook"),
    );
    subject.apply().code(0);
    let path = bench.console("hv1", "cat /run/path-of-hook");
    assert!(path.contains("/usr/sbin") && path.contains("/usr/local/sbin"), "{path}");
}
