//! Commands of the user's own.

use crate::bench::Bench;
use crate::play::{artifact, play};

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
