//! Virtual MACs of a dedicated server, through OVHcloud's API.

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::Value;

use crate::bench::{Bench, Said};
use crate::http::serve;
use crate::ovh_api::{APPLICATION, CONSUMER, SECRET, SERVER};
use crate::server_api::{NEXT, Shared, USED, handle, server};

fn start() -> (Shared, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = server();
    let (shared, at) = (Arc::clone(&server), base.clone());
    serve(listener, move |request| handle(&shared, &at, &request));
    (server, base)
}

/// A hypervisor with these VMs: lines of YAML.
fn project(base: &str, vms: &[&str]) -> Bench {
    let bench = Bench::empty();
    let vms: String = vms.iter().map(|vm| format!("        {vm}\n")).collect();
    bench.write(
        "hosts.yml",
        &format!(
            "all:\n  hosts:\n    plain:\n    hv1:\n      rappel_provider:\n        driver: ovhcloud\n        \
             server: {SERVER}\n        endpoint: {base}/1.0\n        application_key: {APPLICATION}\n        \
             application_secret: {SECRET}\n        consumer_key: {CONSUMER}\n      \
             rappel_virtual_macs:\n{vms}"
        ),
    );
    bench
}

#[track_caller]
fn run(bench: &Bench, words: &[&str]) -> Said {
    let said = bench.rappel(&[&["vmac"], words].concat());
    for secret in [SECRET, CONSUMER, "$1$"] {
        assert!(!said.text.contains(secret), "{secret} in\n{}", said.text);
    }
    said
}

fn posts(server: &Shared) -> usize {
    server.lock().unwrap().log.iter().filter(|call| call.starts_with("POST")).count()
}

#[test]
fn a_missing_one_is_shown_made_followed_and_read_back() {
    let (server, base) = start();
    let bench = project(&base, &["router1: {ip: 192.0.2.7}"]);
    run(&bench, &["status"])
        .code(2)
        .says("hv1: router1 192.0.2.7 has no virtual MAC yet: rappel vmac create hv1 router1")
        .says("would be asked for: POST /dedicated/server/ns1.ip-192-0-2.eu/virtualMac {\"ipAddress\":\"192.0.2.7\",\"type\":\"ovh\",\"virtualMachineName\":\"router1\"}");
    run(&bench, &["create", "--dry-run"]).code(2).says("would be asked for");
    assert_eq!(posts(&server), 0);
    run(&bench, &["create", "hv1", "router1"])
        .code(0)
        .says("task 3000 is init")
        .says("task 3000 is doing")
        .says("has the virtual MAC 02:00:00:9a:6c:01 now, read back")
        .says("write it down, here and in the VM's NIC: mac: \"02:00:00:9a:6c:01\"");
    assert_eq!(server.lock().unwrap().macs[NEXT]["192.0.2.7"], "router1");
    // The stand-in refuses a second one: nothing is asked for.
    run(&bench, &["create"]).code(0).says("has the virtual MAC 02:00:00:9a:6c:01\n");
    run(&bench, &["status"]).code(0);
    assert_eq!(posts(&server), 1);
    let said = run(&bench, &["status", "--output", "json"]).code(0);
    let object: Value = serde_json::from_str(said.text.trim()).unwrap();
    assert_eq!(
        (object["result"].as_str(), object["mac"].as_str()),
        (Some("unchanged"), Some(NEXT))
    );
}

#[test]
fn a_second_address_joins_the_same_vms_mac() {
    let (server, base) = start();
    let bench = project(&base, &[&format!("mail: {{ip: 192.0.2.4, mac: \"{USED}\"}}")]);
    run(&bench, &["create"]).code(0).says("has the virtual MAC 02:00:00:9a:6c:77 now, read back");
    assert_eq!(server.lock().unwrap().macs[USED]["192.0.2.4"], "mail");
}

#[test]
fn a_wrong_or_used_one_is_refused_before_the_call() {
    let (server, base) = start();
    for (vm, words) in [
        (
            "router1: {ip: 192.0.2.7, mac: \"02:00:00:9a:6c:77\"}",
            "is in use by the VM mail, for 192.0.2.3",
        ),
        ("router1: {ip: 192.0.2.3}", "are of the VM mail, not of router1"),
        (
            "mail: {ip: 192.0.2.3, mac: \"02:00:00:00:00:01\"}",
            "has the virtual MAC 02:00:00:9a:6c:77, and the inventory says",
        ),
        ("router1: {ip: 192.0.2.7, mac: \"02:00:00:00:00:01\"}", "leave `mac` out"),
        ("router1: {ip: 198.51.100.7}", "is not an additional address of this server"),
    ] {
        let bench = project(&base, &[vm]);
        run(&bench, &["create"]).code(5).says(words);
        run(&bench, &["status"]).code(5).says(words);
    }
    server.lock().unwrap().quota = 1;
    let bench = project(&base, &["router1: {ip: 192.0.2.7}"]);
    run(&bench, &["create"]).code(5).says("all the virtual MACs that it may have, 1");
    server.lock().unwrap().supported = false;
    run(&bench, &["create"]).code(5).says("t1-routed");
    assert_eq!(posts(&server), 0);
}

#[test]
fn a_task_that_fails_or_does_nothing_is_no_virtual_mac() {
    let (server, base) = start();
    let bench = project(&base, &["router1: {ip: 192.0.2.7}"]);
    server.lock().unwrap().ends = "ovhError";
    run(&bench, &["create"])
        .code(1)
        .says("task 3000 failed: ovhError: the router does not answer")
        .never_says("read back");
    server.lock().unwrap().ends = "nothing";
    run(&bench, &["create"]).code(1).says("and 192.0.2.7 has no virtual MAC when asked");
}

#[test]
fn what_is_wrong_in_the_inventory_is_named() {
    let (server, base) = start();
    for (vm, words) in [
        ("router1: {pi: 192.0.2.7}", "has no field `pi`"),
        ("router1: {ip: 192.0.2.0/28}", "a single address"),
        ("router1: {ip: 192.0.2.7, mac: 02}", "has a `mac` that is none"),
    ] {
        run(&project(&base, &[vm]), &["status"]).code(5).says(words);
    }
    let bench = project(&base, &["router1: {ip: 192.0.2.7}"]);
    run(&bench, &["status", "hv1", "router9"]).code(5).says("names such a VM");
    assert!(server.lock().unwrap().log.is_empty());
}
