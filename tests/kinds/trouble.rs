//! Files and file systems that are not as expected, locks, and an SSH server that dies.

use std::time::Duration;

use crate::bench::Bench;
use crate::cases::{Subject, picture, reached, same, slow_step, transaction_ends};

fn refused(subject: &Subject, why: &str) {
    let bench = &subject.bench;
    let before = picture(bench);
    let said = subject.apply().says(why).never_says("confirmed");
    assert!(matches!(said.code, Some(1 | 5)), "{:?}", said.code);
    same(&picture(bench), &before);
    assert!(
        !bench.holds("hv1", "test -e /var/lib/rappel/tx || test -e /var/lib/rappel/lock"),
        "nothing stays open"
    );
    let stray = bench.console("hv1", "find /etc -name '*.rappel-*'");
    assert_eq!(stray, "", "nothing staged stays");
}

#[test]
fn a_symbolic_link_is_refused() {
    let subject = Subject::variant("bookworm");
    subject.bench.console(
        "hv1",
        "cd /etc/network && mv interfaces interfaces.real && ln -s interfaces.real interfaces",
    );
    refused(&subject, "is a symbolic link to interfaces.real");
}

#[test]
fn a_file_that_nobody_may_replace_is_refused() {
    for flag in ["i", "a"] {
        let subject = Subject::variant("bookworm");
        subject.bench.console("hv1", &format!("chattr +{flag} /etc/network/interfaces"));
        refused(&subject, "/etc/network/interfaces is immutable or append-only");
        subject.bench.console("hv1", &format!("chattr -{flag} /etc/network/interfaces"));
        subject.apply().code(0);
    }
}

#[test]
fn a_directory_that_nobody_may_change_is_refused() {
    let subject = Subject::variant("bookworm");
    // An overlay takes the flag for directories that are all its own.
    subject.bench.console(
        "hv1",
        "cd /etc/network && cp -a if-up.d x && rm -r if-up.d && mv x if-up.d && chattr +i if-up.d",
    );
    refused(&subject, "cannot change /etc/network/if-up.d/rappel-ndp-proxy");
    subject.bench.console("hv1", "chattr -i /etc/network/if-up.d");
}

/// Runs a script at a step of the next transaction.
fn at_step(bench: &Bench, step: &str, script: &str) {
    bench.console(
        "hv1",
        &format!(
            "mkdir -p /run/rappel-fault && printf '%s\\n' '#!/bin/sh' '{script}' >/run/rappel-fault/{step} && chmod +x /run/rappel-fault/{step}"
        ),
    );
}

#[test]
fn a_file_made_immutable_between_plan_and_swap_is_left_so() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    at_step(bench, "arm", "chattr +i /etc/network/interfaces");
    subject
        .apply()
        .code(3)
        .says("/etc/network/interfaces cannot be replaced: Operation not permitted");
    same(&picture(bench), &before);
    let flags = bench.console("hv1", "rm -r /run/rappel-fault; lsattr -d /etc/network/interfaces");
    assert!(flags.contains('i'), "it is still immutable: {flags}");
    let kept = "find /var/lib/rappel -path '*/before/same*' -type f";
    assert_eq!(bench.console("hv1", kept), "", "nothing of it stays behind");
    bench.console("hv1", "chattr -i /etc/network/interfaces");
    subject.apply().code(0);
}

#[test]
fn a_file_made_immutable_after_the_swap_comes_back_all_the_same() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    subject.apply().code(0);
    let before = picture(bench);
    at_step(
        bench,
        "swap",
        "chattr +i /etc/network/interfaces /etc/nftables.d && touch /run/immutable",
    );
    bench.edit("inventory/host_vars/hv1.yml", "gateway: 203.0.113.254", "gateway: 203.0.113.253");
    bench.edit("inventory/host_vars/hv1.yml", "port: 8080", "port: 8081");
    subject.apply().code(3).says("rolled back");
    bench.console("hv1", "rm -r /run/rappel-fault /run/immutable");
    same(&picture(bench), &before);
}

/// A package's file stands aside under another name; ours is nobody else's.
#[test]
fn a_diverted_file_is_ours_and_its_diversion_stays() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.console(
        "hv1",
        "dpkg-divert --local --rename --divert /etc/nftables.conf.package --add /etc/nftables.conf && cp -a /etc/nftables.conf.package /etc/nftables.conf && mkdir -p /etc/nftables.d && touch /etc/nftables.d/rappel.nft && dpkg-divert --local --no-rename --divert /etc/nftables.d/rappel.package --add /etc/nftables.d/rappel.nft",
    );
    let diversions = bench.console("hv1", "dpkg-divert --list");
    let before = picture(bench);
    subject.apply().code(0).says("confirmed as generation 1");
    assert_eq!(bench.console("hv1", "dpkg-divert --list"), diversions);
    subject.rollback().code(0);
    same(&picture(bench), &before);
    assert_eq!(bench.console("hv1", "dpkg-divert --list"), diversions);
}

#[test]
fn a_host_without_inodes_is_refused() {
    let mut spec = rappel::lab::topology::t3();
    spec.host_mut("hv1").expect("hv1").disk = Some(48);
    let subject = Subject::of(Bench::of(&spec));
    subject.bench.console(
        "hv1",
        "mkdir /many && cd /many && i=0 && while touch $i 2>/dev/null; do i=$((i+1)); done; rm 1??",
    );
    refused(&subject, "no inodes left for /var/lib/rappel");
    subject.bench.console("hv1", "rm -r /many");
    subject.apply().code(0);
}

#[test]
fn a_directory_in_the_place_of_a_file_is_refused() {
    let subject = Subject::variant("bookworm");
    subject.bench.console("hv1", "mkdir -p /etc/sysctl.d/90-rappel.conf");
    refused(&subject, "90-rappel.conf");
}

/// There is nothing that ifup could go back to: the live state is put back piece by piece.
#[test]
fn a_missing_interfaces_file_is_made_and_taken_away_again() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.console("hv1", "rm /etc/network/interfaces");
    let before = picture(bench);
    bench.edit(
        "playbooks/t3.yml",
        "    - kind: nft\n",
        "    - kind: hook\n      phase: if-up.d\n      name: broken\n      content: |\n        #!/bin/sh\n        exit 7\n    - kind: nft\n",
    );
    subject.apply().code(3).says("rolled back");
    same(&picture(bench), &before);
    assert!(!bench.holds("hv1", "test -e /etc/network/interfaces"));
}

#[test]
fn a_tmp_that_runs_nothing_does_not_matter() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.console("hv1", "mount -t tmpfs -o noexec,nosuid,mode=1777 tmpfs /tmp && mount -t tmpfs -o noexec,mode=1777 tmpfs /var/tmp");
    subject.apply().code(0).says("confirmed as generation 1");
}

#[test]
fn an_etc_that_cannot_be_written_is_refused() {
    let subject = Subject::variant("bookworm");
    subject.bench.console("hv1", "mount --bind /etc /etc && mount -o remount,bind,ro /etc");
    refused(&subject, "Read-only file system");
}

#[test]
fn a_state_directory_that_cannot_be_written_is_refused() {
    let subject = Subject::variant("bookworm");
    subject.bench.console("hv1", "mount --bind /var /var && mount -o remount,bind,ro /var");
    refused(&subject, "cannot write to /var/lib/rappel");
}

#[test]
fn an_ssh_server_that_dies_in_the_window_ends_in_a_revert() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    bench.console(
        "hv1",
        "mkdir -p /run/rappel-fault && printf '#!/bin/sh\\nsystemctl stop ssh\\nkill -KILL $(pidof sshd)\\ntouch /run/rappel-fault/reached\\n' >/run/rappel-fault/activated && chmod +x /run/rappel-fault/activated",
    );
    let mut child = subject.start("8");
    bench.eventually("activation", Duration::from_secs(40), reached);
    transaction_ends(bench);
    // Whoever repairs the server finds the old configuration.
    bench.console("hv1", "rm -r /run/rappel-fault; systemctl start ssh");
    same(&picture(bench), &before);
    let status = child.wait().expect("ended");
    assert_eq!(status.code(), Some(3));
}

/// A lock as a run leaves it whose process is gone.
fn lock(bench: &Bench, holder: &str) {
    bench.console(
        "hv1",
        &format!(
            "mkdir -p -m 700 /var/lib/rappel/lock && cd /var/lib/rappel/lock && echo abc123 >run && echo Ada >who && date +%s >since && {holder}"
        ),
    );
}

#[test]
fn the_lock_of_a_dead_run_is_broken() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    lock(bench, "echo 1 12345 $(cat /proc/sys/kernel/random/boot_id) >holder");
    subject.apply().code(0).says("confirmed as generation 1");
}

#[test]
fn the_lock_of_a_live_run_is_respected() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    lock(
        bench,
        "echo 1 $(sed 's/^.*) //' /proc/1/stat | cut -d ' ' -f 20) $(cat /proc/sys/kernel/random/boot_id) >holder",
    );
    let before = picture(bench);
    subject.apply().code(5).says("locked by Ada since ").says("(run abc123)");
    same(&picture(bench), &before);
}

#[test]
fn a_second_operator_is_refused_while_a_change_is_open() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    slow_step(bench, "swap");
    let mut child = subject.start("30");
    bench.eventually("the swap", Duration::from_secs(40), reached);
    subject.apply().code(5).says("locked by");
    assert_eq!(child.wait().expect("ended").code(), Some(0), "the first is not disturbed");
}

/// Activation hangs in ifup and nobody is left to stop it but the timer.
#[test]
fn a_killed_worker_leaves_a_host_that_reverts() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    let before = picture(bench);
    bench.edit("playbooks/t3.yml", "activation_timeout: 2m", "activation_timeout: 10s");
    bench.console(
        "hv1",
        "printf '#!/bin/sh\\n[ \"$IFACE\" != br1 ] || sleep 987654\\n' >/etc/network/if-pre-up.d/hang && chmod +x /etc/network/if-pre-up.d/hang",
    );
    let mut child = subject.start("8");
    bench.eventually("the hang", Duration::from_secs(40), |b| b.holds("hv1", "pgrep -f [9]87654"));
    bench.console("hv1", "kill -KILL $(systemctl show -P MainPID 'rappel-worker-*')");
    transaction_ends(bench);
    assert!(!bench.holds("hv1", "pgrep -f [9]87654"), "what hung is gone");
    bench.console("hv1", "rm /etc/network/if-pre-up.d/hang");
    same(&picture(bench), &before);
    assert_eq!(child.wait().expect("ended").code(), Some(3));
}
