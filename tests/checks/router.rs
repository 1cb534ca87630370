//! A router that advertises itself as the default gateway, for a lifetime.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv6Addr, SocketAddrV6};
use std::process::{Child, Stdio};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::bench::Bench;
use crate::play::interfaces;
use crate::settle::settling;

/// How long hosts may use it after its last word, in seconds.
const LIFETIME: u8 = 12;
/// The gateway's NIC on the hosts' segment.
const NIC: &str = "inside";

/// Sends a router advertisement (RFC 4861, 4.2) a second. Run by the cases in the gateway's
/// namespace, until they close its standard input; on its own it would use this machine's
/// network, which has no such NIC.
#[test]
#[ignore = "a router for the other cases, started by them"]
fn advertise() {
    let index = std::fs::read_to_string(format!("/sys/class/net/{NIC}/ifindex"));
    let index: u32 = index.expect("the gateway's NIC").trim().parse().expect("a number");
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6)).expect("a socket");
    // Hosts drop what may have come from another segment.
    socket.set_multicast_hops_v6(255).expect("set");
    socket.set_multicast_if_v6(index).expect("set");
    let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    let to = SockAddr::from(SocketAddrV6::new(all_nodes, 0, 0, index));
    // Type, code, checksum (the kernel's work), hop limit, flags, lifetime; two timers unset.
    let mut packet = [0u8; 16];
    (packet[0], packet[4], packet[7]) = (134, 64, LIFETIME);
    // Killing it would only reach who entered the namespace.
    std::thread::spawn(|| {
        let ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(ended.is_err()));
    });
    loop {
        socket.send_to(&packet, &to).expect("sent");
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The router, until it is dropped.
struct Router(Child);

impl Router {
    fn of(bench: &Bench) -> Self {
        let program = std::env::current_exe().expect("the test's own program");
        let argv = [program.to_str().expect("text"), "router::advertise", "--exact", "--ignored"];
        let mut command = bench.lab.console("gw", &argv).expect("a command");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit());
        Self(command.spawn().expect("starts"))
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It ends by itself, and was only to be there.
        let _ = self.0.wait();
    }
}

/// The second family, with whatever router is heard.
const HEARD: &str =
    "\niface eth0 inet6 static\n    address 2001:db8:2:96ce::1/56\n    accept_ra 1\n";

/// Applies it while the router comes up; `goes` takes the router away as soon as the host has
/// reached it. What was printed, and the exit code.
fn with_router(bench: &Bench, goes: bool) -> (String, Option<i32>) {
    bench.write("playbooks/t3.yml", &settling("ssh", &interfaces(HEARD), 25));
    let words = ["apply", "playbooks/t3.yml", "--yes", "--ignore-lint", "--confirm-window", "60"];
    let mut child = bench.start(&words);
    let (mut printed, mut router) = (String::new(), None);
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        if line.contains("verifying over new connections") {
            router = Some(Router::of(bench));
        }
        if goes && line.contains("gateway fe80::") && line.contains(" pass") {
            router = None;
        }
        printed.push_str(&line);
        printed.push('\n');
    }
    drop(router);
    let code = child.wait().expect("ended").code();
    child.stderr.take().expect("piped").read_to_string(&mut printed).expect("text");
    (printed, code)
}

#[test]
fn a_gateway_whose_advertisement_expires_is_missed() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    let (printed, code) = with_router(&bench, true);
    assert_eq!(code, Some(3), "{printed}");
    assert!(printed.contains("after the change: gateway fe80::"), "{printed}");
    let missed = "there is no default gateway for inet6 any more";
    assert!(printed.contains(missed), "{printed}");
    bench.eventually("as before", Duration::from_secs(60), |b| b.picture("hv1") == before);
}

#[test]
fn a_gateway_that_goes_on_advertising_itself_is_kept() {
    let bench = Bench::t3();
    let (printed, code) = with_router(&bench, false);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("after the change: gateway fe80::"), "{printed}");
}
