//! While the host waits for its confirmation, somebody else answers in its place.

use crate::bench::Bench;
use crate::evil::{HARMLESS, Seen, at_step, await_closed, await_step, bench, unchanged};

const APPLY: [&str; 5] = ["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "8"];

#[test]
fn a_machine_id_that_changed_is_never_confirmed() {
    let bench = bench();
    bench.console("hv1", "cp /etc/machine-id /root/id");
    at_step(&bench, "activated", "echo 0123456789abcdef0123456789abcdef >/etc/machine-id");
    let run = bench.start(&APPLY);
    await_step(&bench);
    await_closed(&bench);
    bench.console("hv1", "cat /root/id >/etc/machine-id");
    Seen::of(run).safe().code(3).says("another machine answers at the host's address");
    unchanged(&bench);
}

#[test]
fn a_host_key_that_changed_is_never_confirmed() {
    let bench = bench();
    let other = "cd /etc/ssh && mkdir /root/keys && mv ssh_host_* /root/keys && ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key && systemctl restart ssh";
    at_step(&bench, "activated", other);
    let run = bench.start(&APPLY);
    await_step(&bench);
    await_closed(&bench);
    bench.console("hv1", "cp -p /root/keys/* /etc/ssh/ && systemctl restart ssh");
    Seen::of(run).safe().code(3).says("host key").says("rolled back");
    unchanged(&bench);
}

/// A clone: it has the host's key, and takes its address over.
#[test]
fn another_machine_with_the_same_key_is_never_confirmed() {
    let mut spec = rappel::lab::topology::t3();
    let mut clone = spec.host("hv1").expect("hv1").clone();
    clone.name = "clone".to_owned();
    clone.address = "203.0.113.20".parse().ok();
    clone.interfaces = clone.interfaces.replace("203.0.113.10", "203.0.113.20");
    clone.aliases.clear();
    spec.hosts.push(clone);
    let bench = Bench::of(&spec);
    bench.write("playbooks/t3.yml", HARMLESS);
    for file in ["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"] {
        let path = format!("/etc/ssh/{file}");
        let key = bench.lab.read_file("hv1", &path).expect("the key");
        bench.lab.write_file("clone", &path, &key).expect("the key");
    }
    bench.console("clone", "systemctl restart ssh");
    at_step(&bench, "activated", "ip link set eth0 down");
    // Long enough for the controller to notice that the connection is gone, and to look.
    let run = bench.start(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "25"]);
    await_step(&bench);
    bench.console(
        "clone",
        "ip addr add 203.0.113.10/24 dev eth0; ping -c 1 -I 203.0.113.10 203.0.113.254; true",
    );
    bench.lab.flush_neighbours().expect("flushed");
    await_closed(&bench);
    bench.console("clone", "ip link set eth0 down");
    bench.console("hv1", "ip link set eth0 up; ip route replace default via 203.0.113.254");
    bench.lab.flush_neighbours().expect("flushed");
    let seen = Seen::of(run).safe();
    assert!(matches!(seen.code, Some(3 | 4)), "{:?}: {}", seen.code, seen.text);
    // When the clone answers in the middle of a connection, all that is seen is a reset.
    let told = ["another machine answers at the host's address", "the connection was lost"];
    assert!(told.iter().any(|words| seen.text.contains(words)), "{}", seen.text);
    unchanged(&bench);
}
