//! Commands of the user's own.

use crate::bench::Bench;
use crate::play::{artifact, interfaces, play};

const FILE: &str = "    - kind: file\n      path: /etc/rappel-lab\n      content: x\n";

#[test]
fn a_command_that_fails_after_the_change() {
    let bench = Bench::t3();
    bench.only_stopped_by(
        "'command': 'echo looking; test ! -e /etc/rappel-lab'",
        FILE,
        "command echo looking; test ! -e /etc/rappel-lab fails (it ended with status 1: looking)",
    );
}

#[test]
fn commands_that_hang_or_leave_a_child_behind_come_to_an_end() {
    let bench = Bench::t3();
    let checks = "{command: 'sleep 30 & echo left'}, {command: sleep 40}, {command: 'exit 3'}";
    let change = artifact("sysctl", "net.ipv4.ip_forward = 1");
    bench.write("playbooks/t3.yml", &play(checks, &change));
    bench
        .rappel(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "60"])
        .code(0)
        .says("after the change: command sleep 30 & echo left pass (left)")
        .says("after the change: command sleep 40 fail (it took longer than 10 s)")
        .says("command exit 3 fail (it ended with status 3: )");
}

#[test]
fn a_play_without_checks_gets_the_usual_ones() {
    let bench = Bench::t3();
    let second = interfaces("\niface eth0 inet static\n    address 203.0.113.11/24\n");
    let written = play("", &second).replace("  checks: []\n", "");
    assert!(!written.contains("checks"));
    bench.write("playbooks/t3.yml", &written);
    bench
        .apply()
        .code(0)
        .says("verifying over new connections")
        .says("after the change: gateway 203.0.113.254 on eth0 pass")
        .says("after the change: dad 203.0.113.11 on eth0 pass")
        .says("after the change: mtu 203.0.113.254 on eth0 pass");
    bench
        .rappel(&["ping", "playbooks/t3.yml"])
        .code(0)
        .says("ssh 203.0.113.10 from here")
        .says("gateway 203.0.113.254")
        .says("dad 203.0.113.11")
        .says("mtu 203.0.113.254");
}
