//! The end state as data: what the inventory says of ports and virtual MACs is compared by
//! `plan` and `drift`, on a real host in a lab, with a stand-in at the controller's place.

use std::net::TcpListener;
use std::sync::Arc;

use rappel::lab::topology;

use crate::cloud_api::{LAN, SERVICE, WAN, cloud};
use crate::http::serve;
use crate::ovh_api::{APPLICATION, CONSUMER, SECRET, SERVER};
use crate::server_api::server;
use crate::site::Bench;
use crate::{cloud_api, running, server_api};

/// Where the stand-in listens, on the loopback of the lab's controller.
const PLACE: &str = "127.0.0.1:7321";

/// No test: the stand-in itself, started by one at the controller's place.
#[test]
#[ignore = "started by another test"]
fn stand_in() {
    let base = format!("http://{PLACE}");
    let (cloud, server) = (cloud(), server());
    let (cloud, server) = (Arc::clone(&cloud), Arc::clone(&server));
    serve(TcpListener::bind(PLACE).unwrap(), move |request| {
        match request.path.contains("/dedicated/server/") {
            true => server_api::handle(&server, &base, &request),
            false => cloud_api::handle(&cloud, &base, &request),
        }
    });
    loop {
        std::thread::park();
    }
}

fn project() -> Bench {
    let bench = Bench::of(&topology::plain_pair());
    let access = format!(
        "endpoint: http://{PLACE}/1.0\n            application_key: {APPLICATION}\n            \
         application_secret: {SECRET}\n            consumer_key: {CONSUMER}"
    );
    bench.write(
        "vms/hosts.yml",
        &format!(
            "all:\n  vars:\n    ansible_user: root\n  hosts:\n    p1:\n      ansible_host: 203.0.113.21\n      \
             rappel_promisc:\n        vm: fw1\n        ovhcloud:\n            service: {SERVICE}\n            \
             {access}\n        nics:\n          wan: {{mac: \"{WAN}\", promiscuous: true}}\n          \
             lan: {{mac: \"{LAN}\"}}\n      rappel_provider:\n            driver: ovhcloud\n            \
             server: {SERVER}\n            {access}\n      rappel_virtual_macs:\n        router1: {{ip: 192.0.2.7}}\n"
        ),
    );
    bench.write(
        "vms.yml",
        "- hosts: all\n  artifacts:\n    - kind: file\n      path: /etc/motd\n      content: hello\n",
    );
    bench
}

#[test]
fn plan_and_drift_have_what_providers_have() {
    let bench = project();
    let running = running::start(&|words| bench.at_controller(words), "planned::stand_in", PLACE);
    let run = |words: &[&str]| {
        let said = bench.rappel(&[words, &["-i", "vms/hosts.yml"]].concat());
        for secret in [SECRET, CONSUMER] {
            assert!(!said.out.contains(secret) && !said.err.contains(secret), "{words:?}");
        }
        said
    };
    run(&["plan", "vms.yml"])
        .code(2)
        .says("the port of wan 00:50:56:00:00:11 is not promiscuous, and is to be promiscuous")
        .says("rappel promisc on p1 wan")
        .says("the virtual MAC of 192.0.2.7 of router1: is missing")
        .never_says("the port of lan");
    // Applying changes the host, and says what it does not change.
    run(&["apply", "vms.yml", "--yes", "--confirm-window", "20", "--without-boot-revert"])
        .code(0)
        .says("this changes the host alone: rappel promisc on p1 wan");
    run(&["plan", "vms.yml"]).code(2).says("rappel promisc on p1 wan");
    run(&["drift", "vms.yml"])
        .code(2)
        .says("switch_port wan 00:50:56:00:00:11 of fw1: is not promiscuous, wanted promiscuous")
        .says("virtual_mac 192.0.2.7 of router1: is missing");
    run(&["promisc", "on", "p1", "wan"]).code(0).says("read back");
    run(&["vmac", "create", "p1"]).code(0).says("read back");
    run(&["plan", "vms.yml"]).code(0).says("1 unchanged");
    run(&["drift", "vms.yml"]).code(0);
    // Somebody's hand.
    run(&["promisc", "on", "p1", "lan"]).code(0).says("the inventory says `promiscuous: false`");
    let said = run(&["drift", "vms.yml", "--output", "json"]).code(2);
    assert!(said.out.contains("\"what\":\"switch_port\""), "{}", said.out);
    run(&["promisc", "off", "p1", "lan"]).code(0);
    run(&["drift", "vms.yml"]).code(0);
    // Of what cannot be asked nothing is claimed.
    drop(running);
    run(&["drift", "vms.yml"]).code(1).says("the port of wan 00:50:56:00:00:11: OVHcloud");
}
