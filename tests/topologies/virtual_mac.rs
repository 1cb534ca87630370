//! T1 where the provider's switch takes frames from the virtual MACs that its API has given, and
//! from no others: the VM has no wire before `rappel vmac` has asked for one.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use rappel::lab::topology::{self, VIRTUAL_MAC};

use crate::bench::Bench;
use crate::every::{Site, reachable};
use crate::http::serve;
use crate::ovh_api::{APPLICATION, CONSUMER, SECRET, SERVER};
use crate::traffic::{mac, never_reaches, reaches, seen};
use crate::{running, server_api, t1};

/// Where the API listens, on the loopback of the lab's controller.
const PLACE: &str = "127.0.0.1:7322";
/// The variable that tells it which lab's switch is its own.
const LAB: &str = "RAPPEL_TEST_LAB";
const NEVER_GIVEN: &str = "02:00:00:9a:6c:99";

/// No test: the provider, started by one at the controller's place. Its API has the state, and
/// its switch is told of every virtual MAC that this has after a call.
#[test]
#[ignore = "started by another test"]
fn provider() {
    let base = format!("http://{PLACE}");
    let server = server_api::server();
    let told = Mutex::new(Vec::<String>::new());
    serve(TcpListener::bind(PLACE).expect("listens"), move |request| {
        let answer = server_api::handle(&server, &base, &request);
        let given: Vec<String> = server.lock().expect("no panic").macs.keys().cloned().collect();
        let mut told = told.lock().expect("no panic");
        for mac in given.iter().filter(|mac| !told.contains(mac)).collect::<Vec<_>>() {
            register(mac);
        }
        *told = given;
        answer
    });
    loop {
        std::thread::park();
    }
}

/// On the switch's port that the hypervisor is plugged into.
fn register(mac: &str) {
    let element = format!("add element bridge strict known_hv1_eth0 {{ {mac} }}");
    let lab = std::env::var(LAB).expect("the lab's process");
    let enter = ["--target", &lab, "--mount", "--net", "--", "ip", "netns", "exec", "switch"];
    let status = Command::new("nsenter").args(enter).args(["nft", &element]).status();
    assert!(status.is_ok_and(|status| status.success()), "{mac} is not registered");
}

/// T1 at a provider that has registered no virtual MAC yet, and how its API is reached.
fn site() -> Site {
    let mut spec = topology::t1();
    spec.host_mut("hv1").expect("hv1").wire.nics[0].registered.clear();
    let site = t1::site_of(&spec, &["hv1", "router1"]);
    site.bench.edit(
        "inventory/hosts.yml",
        "      ansible_host: 203.0.113.10\n",
        &format!(
            "      ansible_host: 203.0.113.10\n      rappel_provider:\n        driver: ovhcloud\n        \
             server: {SERVER}\n        endpoint: http://{PLACE}/1.0\n        \
             application_key: {APPLICATION}\n        application_secret: {SECRET}\n        \
             consumer_key: {CONSUMER}\n      rappel_virtual_macs:\n        router1: {{ip: 192.0.2.7}}\n"
        ),
    );
    site
}

#[test]
fn a_vm_has_a_wire_once_its_virtual_mac_is_made() {
    let site = site();
    let bench = &site.bench;
    let at = |words: &[&str]| {
        let mut command = bench.at_controller(words);
        command.env(LAB, bench.lab.pid().to_string());
        command
    };
    let _provider = running::start(&at, "virtual_mac::provider", PLACE);
    for_the_first_time(&site, "hv1");
    is_cut_off(bench);
    bench.rappel(&["vmac", "status"]).code(2).says("router1 192.0.2.7 has no virtual MAC yet");
    is_cut_off(bench);

    bench
        .rappel(&["vmac", "create", "hv1", "router1"])
        .code(0)
        .says(&format!("has the virtual MAC {VIRTUAL_MAC} now, read back"));
    reaches(bench, "gw", "192.0.2.7");
    for_the_first_time(&site, "router1");
    (site.end)(bench);
    bench.rappel(&["vmac", "status"]).code(0);

    // Any other MAC address is dropped as before.
    bench.console("router1", &format!("ip link set eth0 address {NEVER_GIVEN}"));
    assert_eq!(mac(bench, "router1", "eth0"), NEVER_GIVEN);
    never_reaches(bench, "gw", "192.0.2.7");
    assert!(!reachable(bench, "router1"));
    bench.console("router1", &format!("ip link set eth0 address {VIRTUAL_MAC}"));
    reaches(bench, "gw", "192.0.2.7");
}

#[track_caller]
fn for_the_first_time(site: &Site, host: &str) {
    site.bench.eventually(host, Duration::from_secs(60), |bench| reachable(bench, host));
    site.apply(host).code(0).says("confirmed as generation 1");
}

/// The VM's frames leave the server, and the provider's switch drops them.
#[track_caller]
fn is_cut_off(bench: &Bench) {
    let asks = || never_reaches(bench, "router1", "203.0.113.254");
    let from_it = format!("ether src {VIRTUAL_MAC}");
    // Its port may have been put into a bridge just now.
    bench.eventually("its frames leave the server", Duration::from_secs(40), |bench| {
        seen(bench, "hv1", "eth0", &from_it, asks).contains(VIRTUAL_MAC)
    });
    assert_eq!(seen(bench, "gw", "inside", &from_it, asks).trim(), "");
    never_reaches(bench, "gw", "192.0.2.7");
    assert!(!reachable(bench, "router1"));
}
