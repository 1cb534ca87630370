//! Hosts without the usual tools: the next best probe, named, and never a silent pass.

use crate::bench::Bench;
use crate::play::{artifact, interfaces};

const FORWARD: &str = "net.ipv4.ip_forward = 1";
const SECOND: &str = "\niface eth0 inet static\n    address 203.0.113.11/24\n";

/// Takes programs away from the host, as if they had never been installed.
fn without(bench: &Bench, programs: &[&str]) {
    for program in programs {
        bench.console("hv1", &format!("chmod -x \"$(readlink -f \"$(command -v {program})\")\""));
    }
}

#[test]
fn without_any_ping_or_arping_the_kernel_asks() {
    let bench = Bench::t3();
    without(&bench, &["ping", "arping", "busybox", "tcpdump"]);
    let checks = "mtu, {ping: 198.51.100.2}, {neighbour: 203.0.113.254}";
    bench
        .change(checks, &interfaces(SECOND))
        .code(0)
        .says("gateway 203.0.113.254 on eth0 pass (neighbour, asked by the kernel: there is no ping on this host)")
        .says("after the change: mtu 203.0.113.254 on eth0 unknown (there is no ping on this host)")
        .says("after the change: ping 198.51.100.2 unknown (there is no ping on this host)")
        .says("after the change: neighbour 203.0.113.254 pass")
        .says("before the change: dad 203.0.113.11 on eth0 pass (asked by the kernel)");
    // A duplicate is found without them.
    bench.console("gw", "ip addr add 203.0.113.12/32 dev inside");
    bench
        .change("ssh", &interfaces(&SECOND.replace("113.11", "113.12")))
        .code(5)
        .says("203.0.113.12 is taken");
}

#[test]
fn a_gateway_that_nobody_is_without_any_ping() {
    let bench = Bench::t3();
    without(&bench, &["ping", "arping", "busybox"]);
    let second = "    up ip route replace default via 203.0.113.253 dev eth0 metric 500\n    down ip route del default via 203.0.113.253 || true\n";
    bench.change("ssh", &interfaces(second)).code(3).says(
        "gateway 203.0.113.253 on eth0 fails (no answer to ARP or NDP, and there is no ping on this host)",
    );
}

#[test]
fn with_the_ping_of_busybox_alone() {
    let bench = Bench::t3();
    without(&bench, &["ping", "arping"]);
    bench
        .change("mtu, {mtu: 198.51.100.2}, {ping: 198.51.100.2}", &artifact("sysctl", FORWARD))
        .code(0)
        .says("after the change: gateway 203.0.113.254 on eth0 pass (busybox ping)")
        .says("after the change: ping 198.51.100.2 pass (busybox ping)")
        .says("after the change: mtu 203.0.113.254 on eth0 pass (1500 bytes, busybox ping)")
        .says("mtu 198.51.100.2 unknown (there is no ping of iputils on this host, and busybox ping cannot forbid cutting packets up)");
    bench.only_stopped_by(
        "mtu",
        &interfaces("    mtu 9000\n"),
        "mtu 203.0.113.254 on eth0 fails (packets of 9000 bytes get lost, small ones do not)",
    );
    bench
        .change("ssh", &interfaces(SECOND))
        .code(0)
        .says("dad 203.0.113.11 on eth0 pass (busybox arping)");
}

#[test]
fn services_with_one_tool_after_the_other() {
    let bench = Bench::t3();
    // Not its shell, which goes away here.
    bench.console("hv1", "usermod -s /bin/sh root");
    bench.console("gw", "busybox httpd -p 203.0.113.254:8098 -h /tmp");
    let checks =
        "{tcp: {target: 203.0.113.254, port: 8098}}, {tcp: {target: 203.0.113.254, port: 8097}}";
    bench.write("playbooks/t3.yml", &crate::play::play(checks, &artifact("sysctl", FORWARD)));
    for (gone, tool) in [(None, "nc"), (Some("nc"), "bash"), (Some("bash"), "busybox nc")] {
        if let Some(gone) = gone {
            without(&bench, &[gone]);
        }
        bench
            .rappel(&["ping", "playbooks/t3.yml"])
            .code(1)
            .says(&format!("s  {tool}\n"))
            .says(&format!("no connection ({tool})"));
    }
    without(&bench, &["busybox"]);
    bench
        .rappel(&["ping", "playbooks/t3.yml"])
        .code(1)
        .says("unknown")
        .says("there is neither nc nor bash on this host");
}
