//! Checks of what is farther away: names, services and echo, from the host and from here.

use std::net::{TcpListener, UdpSocket};
use std::process::{Child, Stdio};

use crate::bench::Bench;
use crate::play::{artifact, rules};

/// Serves DNS (every name has the address 10.0.0.1) and TCP port 5300. Run by the cases in
/// the lab's own network; on its own it would use this machine's.
#[test]
#[ignore = "a server for the other cases, started by them"]
fn serve() {
    let listener = TcpListener::bind("[::]:5300").expect("a port");
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let socket = UdpSocket::bind("[::]:53").expect("a port");
    let mut question = [0u8; 512];
    loop {
        let (length, from) = socket.recv_from(&mut question).expect("a question");
        // Answers hold the question again; what follows it (EDNS) is left out.
        let name = question[12..length].iter().position(|&byte| byte == 0).expect("a name");
        let asked = &question[12..12 + name + 5];
        let is_a = asked[name + 2] == 1;
        let mut answer = question[..2].to_vec();
        answer.extend([0x84, 0, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
        answer.extend(asked);
        if is_a {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]);
        }
        socket.send_to(&answer, from).expect("answered");
    }
}

/// The server at the controller's place; ends with the case.
struct Served(Child);

impl Served {
    fn of(bench: &Bench) -> Self {
        let program = std::env::current_exe().expect("the test's own program");
        let argv = [program.to_str().expect("text"), "far::serve", "--exact", "--ignored"];
        let mut command = bench.lab.controller(&argv).expect("a command");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("starts");
        let served = Self(child);
        bench.eventually("the server", std::time::Duration::from_secs(60), |b| {
            b.holds("hv1", "nc -z -w 1 198.51.100.2 5300")
        });
        served
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const DNS: &str = "{dns: {name: www.example, server: 198.51.100.2}}";

#[test]
fn a_firewall_that_cuts_names_off() {
    let bench = Bench::t3();
    let served = Served::of(&bench);
    let drop_dns = rules("output", "udp dport 53 drop");
    bench.only_stopped_by(DNS, &drop_dns, "dns www.example fails (no address, asked 198.51.100.2)");
    drop(served);
    // Dead already: told, and not blamed on the change.
    bench
        .change(DNS, &drop_dns)
        .code(0)
        .says("before the change: dns www.example fail")
        .says("after the change: dns www.example fail");
}

#[test]
fn a_firewall_that_cuts_a_service_off() {
    let bench = Bench::t3();
    let _served = Served::of(&bench);
    bench.only_stopped_by(
        "{tcp: {target: 198.51.100.2, port: 5300}}",
        &rules("output", "tcp dport 5300 drop"),
        "tcp 198.51.100.2:5300 fails (no connection (nc))",
    );
    bench.console("hv1", "busybox httpd -p 8099 -h /tmp");
    bench.only_stopped_by(
        "{tcp: {host: '{{ ansible_host }}', port: 8099, from: controller}}",
        &rules("input", "tcp dport 8099 drop"),
        "tcp 203.0.113.10:8099 from here fails",
    );
}

#[test]
fn a_firewall_that_cuts_echo_off() {
    let bench = Bench::t3();
    bench.only_stopped_by(
        "{ping: 198.51.100.2}",
        &rules("output", "ip daddr 198.51.100.2 icmp type echo-request drop"),
        "ping 198.51.100.2 fails (no answer to 3 echo requests)",
    );
    bench.only_stopped_by(
        "{ping: {target: 203.0.113.10, from: controller}}",
        &rules("input", "ip saddr 198.51.100.2 icmp type echo-request drop"),
        "ping 203.0.113.10 from here fails",
    );
}

#[test]
fn what_nobody_can_find_out_is_no_pass() {
    let bench = Bench::t3();
    let change = artifact("sysctl", "net.ipv4.ip_forward = 1");
    // No IPv6 yet, and no tool that could ask a server.
    bench.console("hv1", "chmod -x /usr/bin/busybox");
    bench
        .change(&format!("{{ping: '2001:db8:ffff::2'}}, {DNS}"), &change)
        .code(0)
        .says("ping 2001:db8:ffff::2 unknown (there is no route to it)")
        .says("dns www.example unknown (there is no dig, host or nslookup on this host");
}

/// Cuts off what the checks look at over IPv6, and neither SSH nor the gateway.
const NO_IPV6: &str = "icmpv6 type nd-neighbor-solicit @th,64,128 0x20010db8000296770000000000000077 drop\n        ip6 daddr 2001:db8:ffff::2 meta l4proto { icmpv6, udp } drop\n        ip6 daddr 2001:db8:ffff::2 tcp dport 5300 drop\n        icmpv6 type echo-request meta length > 1400 drop";

#[test]
fn the_same_over_ipv6_alone() {
    let bench = Bench::t3();
    let _served = Served::of(&bench);
    bench.console("gw", "ip addr add 2001:db8:2:9677::77/128 dev inside nodad");
    bench.apply().code(0);
    let before = bench.picture("hv1");
    let checks = "mtu, {ping: '2001:db8:ffff::2'}, {tcp: {target: '2001:db8:ffff::2', port: 5300}}, {dns: {name: www.example, server: '2001:db8:ffff::2'}}, {neighbour: {address: '2001:db8:2:9677::77', dev: eth0}}";
    let rules = rules("output", NO_IPV6);
    bench.write("playbooks/t3.yml", &crate::play::play(checks, &rules));
    bench
        .apply_patiently()
        .code(3)
        .says("after the change: ping 2001:db8:ffff::2 fail")
        .says("after the change: tcp [2001:db8:ffff::2]:5300 fail")
        .says("after the change: dns www.example fail")
        .says("after the change: neighbour 2001:db8:2:9677::77 on eth0 fail")
        .says("after the change: mtu 2001:db8:2:96ff:ff:ff:ff:ff on eth0 fail (packets of 1500 bytes get lost, small ones do not)")
        .says("after the change: mtu 203.0.113.254 on eth0 pass")
        .says("after the change: gateway 2001:db8:2:96ff:ff:ff:ff:ff on eth0 pass");
    crate::play::same(&bench.picture("hv1"), &before);
    bench.change("ssh", &rules).code(0);
}
