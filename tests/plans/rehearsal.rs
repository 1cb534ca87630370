//! A rehearsal shows what nobody can foresee, and leaves the host as it was, whatever the
//! new files try.

use crate::bench::Bench;
use crate::state::{keep, lasting, lines, live, variant};

const T3: &str = "playbooks/t3.yml";

/// A hook that no reader of files can follow.
const COMPUTES: &str = "\
[ \"$IFACE\" = eth0 ] || exit 0
for n in 21 22; do ip -6 neigh replace proxy 2001:db8:2:96ce::$n dev \"$IFACE\"; done
ip route replace 10.98.0.0/16 via 203.0.113.$((250 + 4)) dev \"$IFACE\"
";

fn play(hook: &str) -> String {
    let body: String = hook.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "- hosts: hypervisors\n  artifacts:\n    - kind: hook\n      phase: if-up.d\n      name: odd\n      content: |\n        #!/bin/sh\n{body}    - kind: interfaces\n      content: |\n        auto lo\n        iface lo inet loopback\n        auto eth0\n        iface eth0 inet static\n          address 203.0.113.10/24\n          gateway 203.0.113.254\n        iface eth0 inet6 static\n          address 2001:db8:2:96ce::1/64\n          dad-attempts 0\n"
    )
}

fn shows_what_comes(base: &str) {
    let bench = variant(base);
    bench.write("odd.yml", &play(COMPUTES));
    bench
        .rappel(&["plan", "odd.yml", "--ignore-lint"])
        .code(2)
        .says("not foreseen: what the hook if-up.d/odd does")
        .never_says("+ neighbour proxy");
    let said =
        bench.rappel(&["plan", "odd.yml", "--ignore-lint", "--rehearse", "--out", "kept.plan"]);
    said.code(2)
        .says("rehearsed on the host: its ifupdown ended well")
        .says("+ neighbour proxy 2001:db8:2:96ce::21 dev eth0")
        .says("+ neighbour proxy 2001:db8:2:96ce::22 dev eth0")
        .says("+ route 10.98.0.0/16 via 203.0.113.254 dev eth0");
    let text = std::fs::read_to_string(bench.project.path().join("kept.plan")).expect("a plan");
    let kept: rappel::plan::SavedPlan = serde_json::from_str(&text).expect("a plan");
    bench.rappel(&["apply", "kept.plan", "--yes", "--confirm-window", "12"]).code(0);
    let foreseen = lasting(kept.hosts[0].after.clone());
    let found = lines(&foreseen.facts, &live(&bench).facts);
    assert!(found.is_empty(), "rehearsed (-) and found (+): {found:#?}");
    // What somebody took away from it is found only by playing the present files too.
    bench.console("hv1", "ip -6 neigh del proxy 2001:db8:2:96ce::21 dev eth0");
    bench.write("more.yml", &play(&format!("{COMPUTES}true\n")));
    bench.rappel(&["plan", "more.yml", "--ignore-lint", "--rehearse"]).code(2).says(
        "neighbour proxy 2001:db8:2:96ce::21 dev eth0: is in the files and not live; this change may mend it",
    );
}

#[test]
fn it_shows_what_a_hook_computes() {
    shows_what_comes("bookworm");
}

#[test]
fn it_shows_what_a_hook_computes_on_debian_13() {
    shows_what_comes("trixie");
}

#[test]
fn it_shows_what_a_hook_computes_under_ifupdown2() {
    shows_what_comes("bookworm-ifupdown2");
}

#[test]
fn a_file_that_ifup_cannot_carry_out_is_found_out_beforehand() {
    let bench = Bench::t3();
    bench.write("odd.yml", &play("[ \"$IFACE\" = eth0 ] && echo I refuse && exit 7\nexit 0"));
    bench
        .rappel(&["plan", "odd.yml", "--ignore-lint", "--rehearse"])
        .code(2)
        .says("its ifupdown failed")
        .says("| I refuse");
}

#[test]
fn where_it_cannot_be_made_the_plan_says_so() {
    let bench = Bench::t3();
    bench.console("hv1", "mv /usr/bin/setpriv /usr/bin/setpriv.away");
    bench
        .rappel(&["plan", T3, "--rehearse"])
        .code(2)
        .says("not rehearsed: there is no setpriv on the host; the above is only foreseen")
        .says("+ bridge br1");
    bench.console("hv1", "mv /usr/bin/setpriv.away /usr/bin/setpriv; printf '#!/bin/sh\\necho unshare: no namespaces here >&2; exit 1\\n' >/usr/local/bin/unshare-no; mv /usr/bin/unshare /usr/bin/unshare.away; cp /usr/local/bin/unshare-no /usr/bin/unshare; chmod +x /usr/bin/unshare");
    bench
        .rappel(&["plan", T3, "--rehearse"])
        .code(2)
        .says("not rehearsed: the host gives no namespaces of its own: unshare: no namespaces here")
        .says("not foreseen: the nft rules, which the host cannot load aside");
}

/// Everything that root could do to a host, each of it tried. A lab's host keeps these from the
/// machine that it runs on also where a rehearsal does not; a /proc of one's own would not.
const BREAKS_OUT: &str = r#"
[ "$IFACE" = eth0 ] || exit 0
for d in /etc /root /var/lib /var/tmp /var/log /run /run/systemd/system /tmp /dev/shm /usr /usr/bin /boot /home /opt /sys/fs/cgroup; do echo x >$d/broken-out; done
cp /bin/sh /etc/network/if-up.d/broken-out
echo '* * * * * root touch /root/broken-out' >/etc/cron.d/broken-out
mount -o remount,rw / && touch /root/broken-out
mount --bind / /mnt && touch /mnt/root/broken-out
mkdir -p /tmp/etc && touch /tmp/etc/broken-out && mount --bind /tmp/etc /etc; mount -t tmpfs tmpfs /etc; mount --move /etc /mnt
mount --bind /bin/false /usr/sbin/sshd; mount -t overlay overlay -o lowerdir=/,upperdir=/tmp/u,workdir=/tmp/w /mnt
pivot_root /tmp /tmp/old
mount -t cgroup2 none /mnt && mkdir /mnt/broken-out; mkdir /sys/fs/cgroup/broken-out
umount -l /run; umount -l /etc; umount -l /proc; umount -l /var/lib; touch /run/broken-out
nsenter -t 1 -a touch /root/broken-out
nsenter --mount=/proc/1/ns/mnt touch /root/broken-out
nsenter --net=/proc/1/ns/net ip addr add 10.66.0.1/24 dev eth0
nsenter -t $PPID -m -p touch /root/broken-out
for p in /proc/[0-9]*; do touch $p/root/root/broken-out $p/cwd/broken-out; echo broke-out >$p/oom_score_adj; done
for fd in 3 4 5 6 7 8 9; do eval "echo broke-out >&$fd"; done
unshare -Urm sh -c 'mount -o remount,bind,rw /; mount --bind / /mnt; touch /root/broken-out /mnt/root/broken-out; umount /etc'
unshare -Urn ip link set eth0 netns 1
setpriv --bounding-set +all --inh-caps +all mount -o remount,rw /; capsh --caps=all+eip -- -c 'touch /root/broken-out'
cp /bin/sh /tmp/sh && chmod u+s /tmp/sh && /tmp/sh -p -c 'mount -o remount,rw /'
chroot /proc/1/root touch /root/broken-out
unshare -m sh -c 'mount -o remount,rw /; touch /root/broken-out'
mknod /tmp/disk b 8 0; mknod /dev/kmsg c 1 11 && echo broke-out >/dev/kmsg
kill -9 1; pkill -9 -f 98765432; killall -9 sleep
pkill -9 sshd; killall -9 sshd; kill -9 $(cat /run/sshd.pid /var/run/sshd.pid); pkill -9 -u root
service ssh stop; /etc/init.d/ssh stop; systemctl --no-ask-password mask ssh; systemctl kill -s KILL ssh; telinit 6; init 0
systemctl stop ssh; systemctl start broken-out; systemctl reboot -ff; reboot -f; shutdown now
systemd-run touch /root/broken-out
busctl call org.freedesktop.hostname1 /org/freedesktop/hostname1 org.freedesktop.hostname1 SetHostname sb broken-out 0
logger broke-out; echo broke-out | systemd-cat; echo broke-out >/dev/log
hostname broken-out; date -s 2001-01-01
for k in kernel/core_pattern kernel/hostname vm/swappiness fs/file-max kernel/panic; do echo 7 >/proc/sys/$k; done
echo 7 >/sys/kernel/mm/ksm/sleep_millisecs
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.log_martians=1
ip link set eth0 netns 1
ip addr add 10.66.0.1/24 dev eth0
ip route add 10.66.1.0/24 dev eth0
ip rule add pref 66 from 10.66.0.0/24 lookup 66
ip -6 neigh add proxy 2001:db8:2:96ce::66 dev eth0
ip link add broken type bridge
ip netns add broken-out && ip netns exec broken-out touch /root/broken-out; ip netns attach host 1; ip netns exec host ip addr add 10.66.0.1/24 dev eth0
ip link add broken2 type veth peer name broken3 netns 1
for k in kernel/ns_last_pid net/core/somaxconn; do echo 66 >/proc/sys/$k; done
sysctl --system; sysctl -qw vm.swappiness=7; echo 7 | tee /proc/sys/vm/swappiness
useradd broken-out; echo 'root::0:0::/:/bin/sh' >/etc/passwd; crontab -r; echo 'touch /root/broken-out' | at now; ipcmk -M 4711
nft flush ruleset; nft add table inet broken
perl -e 'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "/var/lib/canary.sock") or exit; print $s "broke-out\n"; sleep 1'
modprobe -r veth; insmod /tmp/x.ko
perl -e 'use Socket; socket(my $s, PF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un("\0canary")) and syswrite $s, "broke-out\n"'
setsid sleep 31415926 &
(trap '' HUP TERM INT; setsid sh -c 'sleep 3; touch /root/broken-out; ip addr add 10.66.0.1/24 dev eth0; sleep 31415926' </dev/null >/dev/null 2>&1 &) &
start-stop-daemon --start --background --exec /bin/sleep -- 31415926; nohup perl -e 'use POSIX; fork and exit; setsid; fork and exit; $0 = "sleep 31415926"; sleep 31415926' &
kill -9 -1
exit 0
"#;

/// What of a host must not move: everything that is not a log of the login itself.
const STATE: &str = r#"
hostname; pgrep -o -x sshd; systemctl is-active ssh; stat -c '%n %i %d' /etc /run /dev /proc/1; ipcs | wc -l; getent passwd | wc -l
cat /proc/sys/net/core/somaxconn; find /sys/fs/cgroup -name 'broken*'; atq 2>/dev/null
cat /proc/sys/kernel/core_pattern /proc/sys/kernel/panic /proc/sys/vm/swappiness /proc/sys/fs/file-max
ps -eo pid,args --no-headers | grep -v -e 'sshd' -e ' ps -eo' -e 'grep -v' -e '/bin/sh' -e ' sh ' -e '\[kworker' -e 'systemd-userwork' -e 'sort$' -e '(sd-pam)' -e udev-worker -e 'systemd --user' -e nsenter -e 'tr ' | sort
find / -xdev -newer /root/mark -not -path '/proc/*' -not -path '/sys/*' -not -path '/var/log/*' -not -path '/dev*' -not -path '/run*' -printf '%p\n' 2>/dev/null | sort
find /run -newer /root/mark -not -path '/run/systemd/*' -not -path '/run/user*' -not -path '/run/utmp' -not -path '/run/log/*' -not -path '/run/motd*' -not -path '/run/udev/*' -type f 2>/dev/null | sort
find /run/systemd/system /run/systemd/transient -type f -newer /root/mark 2>/dev/null | grep -v -e session- -e user- | sort
cat /proc/self/mountinfo | wc -l
cat /proc/modules | cut -d ' ' -f 1 | sort | grep -e bonding -e dummy
ls /run/netns /var/run/netns 2>/dev/null
:
"#;

fn leaves_it_alone(base: &str) {
    let bench = variant(base);
    bench.console(
        "hv1",
        "nohup setsid sleep 98765432 >/dev/null 2>&1 & perl -e 'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Local => \"/var/lib/canary.sock\", Listen => 1) or die; if (fork == 0) { require POSIX; POSIX::setsid(); open STDIN, \"</dev/null\"; open STDOUT, \">/dev/null\"; open STDERR, \">/dev/null\"; while (my $c = $s->accept) { open my $f, \">>\", \"/root/canary.log\"; print $f scalar readline($c); close $f; } }'; test -S /var/lib/canary.sock",
    );
    bench.write("odd.yml", &play(BREAKS_OUT));
    // Once without, so that what a login leaves is there already.
    bench.rappel(&["plan", "odd.yml", "--ignore-lint"]).code(2);
    bench.console("hv1", "touch /root/mark; sleep 1.1");
    let (before, picture) = (bench.console("hv1", STATE), bench.picture("hv1"));
    bench
        .rappel(&["plan", "odd.yml", "--ignore-lint", "--rehearse"])
        .code(2)
        .says("rehearsed on the host")
        .says("+ neighbour proxy 2001:db8:2:96ce::66 dev eth0");
    // Time for what would outlive it.
    bench.console("hv1", "sleep 4");
    similar(&bench.console("hv1", STATE), &before);
    similar(&bench.picture("hv1"), &picture);
    assert!(bench.ssh_works());
    let journal = "journalctl --no-pager 2>/dev/null | grep -c -e broke-out -e broken-out || true";
    assert_eq!(bench.console("hv1", journal).trim(), "0", "the journal");
    assert!(!bench.holds("hv1", "pgrep -f [3]1415926"), "nothing of it runs on");
    assert!(bench.holds("hv1", "pgrep -f [9]8765432"), "the host's processes live");
    assert!(
        !bench.holds("hv1", "test -e /root/canary.log"),
        "sockets of the host are out of reach"
    );
    assert!(!bench.holds("hv1", "ls -d /*/broken-out /*/*/broken-out /var/lib/rappel"), "no files");
}

#[track_caller]
fn similar(now: &str, before: &str) {
    let missing: Vec<&str> = before.lines().filter(|l| !now.lines().any(|n| n == *l)).collect();
    let extra: Vec<&str> = now.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
}

#[test]
fn nothing_breaks_out_of_it() {
    leaves_it_alone("bookworm");
}

#[test]
fn nothing_breaks_out_of_it_under_ifupdown2() {
    leaves_it_alone("bookworm-ifupdown2");
}

/// The comparison that the plan makes of nft rules leaves nothing either.
#[test]
fn reading_rules_back_leaves_nothing() {
    let bench = Bench::t3();
    bench.apply().code(0);
    bench.console("hv1", "touch /root/mark; sleep 1.1");
    let (before, picture) = (bench.console("hv1", STATE), bench.picture("hv1"));
    keep_nothing(&bench);
    similar(&bench.console("hv1", STATE), &before);
    similar(&bench.picture("hv1"), &picture);
}

fn keep_nothing(bench: &Bench) {
    bench.edit("inventory/host_vars/hv1.yml", "guest_port: 80", "guest_port: 81");
    let (said, _) = keep(bench, T3, "kept.plan");
    said.says("- nft inet rappel, chain prerouting").says("+ nft inet rappel, chain prerouting");
}
