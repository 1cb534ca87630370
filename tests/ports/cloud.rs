//! Ports of the public switch, through OVHcloud's API.

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::bench::{Bench, Said};
use crate::cloud_api::{LAN, SERVICE, Shared, WAN, cloud, handle};
use crate::http::{Response, serve};
use crate::ovh_api::{APPLICATION, CLIENT, CLIENT_SECRET, CONSUMER, SECRET, TOKEN};

const SECRETS: [&str; 5] = [SECRET, CONSUMER, CLIENT_SECRET, TOKEN, "$1$"];

fn start() -> (Shared, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let cloud = cloud();
    let (shared, at) = (Arc::clone(&cloud), base.clone());
    serve(listener, move |request| handle(&shared, &at, &request));
    (cloud, base)
}

/// A project whose host is a VM of this name with these NICs: name, MAC, promiscuous.
fn project(base: &str, vm: &str, nics: &[(&str, &str, bool)]) -> Bench {
    let bench = Bench::empty();
    let nics: String = nics
        .iter()
        .map(|(name, mac, on)| {
            format!("          {name}: {{mac: \"{mac}\", switch: public, promiscuous: {on}}}\n")
        })
        .collect();
    bench.write(
        "hosts.yml",
        &format!(
            "all:\n  hosts:\n    plain:\n    fw1:\n      rappel_promisc:\n        vm: {vm}\n        \
             ovhcloud:\n          service: {SERVICE}\n          endpoint: {base}/1.0\n          \
             application_key: {APPLICATION}\n          application_secret: {SECRET}\n          \
             consumer_key: {CONSUMER}\n        nics:\n{nics}"
        ),
    );
    bench
}

fn firewall(base: &str) -> Bench {
    project(base, "fw1", &[("wan", WAN, true), ("lan", LAN, false)])
}

#[track_caller]
fn run(bench: &Bench, words: &[&str]) -> Said {
    let said = bench.rappel(&[&["promisc"], words].concat());
    for secret in SECRETS {
        assert!(!said.text.contains(secret), "{secret} in\n{}", said.text);
    }
    said
}

fn posts(cloud: &Shared) -> usize {
    cloud.lock().unwrap().log.iter().filter(|call| call.starts_with("POST")).count()
}

fn is(cloud: &Shared, on: bool) -> bool {
    cloud.lock().unwrap().vms[&9].nics[0].on == [on; 3]
}

#[test]
fn a_port_is_switched_on_followed_read_back_and_off_again() {
    let (cloud, base) = start();
    let bench = firewall(&base);
    run(&bench, &["status"])
        .code(2)
        .says("fw1: wan 00:50:56:00:00:11 of fw1 (vm-102), Network adapter 1, VM Network, port 40")
        .says("promiscuous mode rejected (from its port group), forged transmits rejected")
        .says("OVHcloud's word for it is disabled")
        .says("the inventory says that it is to be promiscuous: rappel promisc on fw1 wan");
    run(&bench, &["on", "fw1", "wan"])
        .code(0)
        .says("task 700 is todo")
        .says("task 700 is doing, 50 %")
        .says("is promiscuous now, read back: promiscuous mode accepted, forged transmits accepted, MAC changes accepted");
    assert!(is(&cloud, true));
    run(&bench, &["status", "fw1"]).code(0).never_says("is to be");
    // The stand-in refuses what is so already: nothing is asked for.
    run(&bench, &["on", "fw1", WAN]).code(0).says("is promiscuous already");
    assert_eq!(posts(&cloud), 1);
    run(&bench, &["off", WAN])
        .code(0)
        .says("is not promiscuous any more, read back: promiscuous mode rejected")
        .says("the inventory says `promiscuous: true` of it");
    assert!(is(&cloud, false));
    run(&bench, &["off", "fw1", "wan"]).code(0).says("is not promiscuous: ");
    assert_eq!(posts(&cloud), 2);
    assert!(cloud.lock().unwrap().vms[&7].nics[0].on == [false; 3], "another VM's");
}

#[test]
fn a_wrong_mac_is_refused_before_the_call() {
    let (cloud, base) = start();
    // It is another VM's.
    let bench = project(&base, "fw1", &[("wan", "00:50:56:00:00:99", true)]);
    run(&bench, &["on", "fw1"]).code(5).says(
        "00:50:56:00:00:99 is not a NIC of fw1, which has 00:50:56:00:00:11 (Network adapter 1)",
    );
    run(&bench, &["on", "fw1", "--dry-run"]).code(5).says("is not a NIC of fw1");
    run(&bench, &["status"]).code(1).says("is not a NIC of fw1");
    assert_eq!(posts(&cloud), 0);
}

#[test]
fn a_vm_is_found_by_name_or_moref_and_never_guessed() {
    let (cloud, base) = start();
    let bench = project(&base, "vm-102", &[("wan", WAN, true)]);
    run(&bench, &["on", "fw1"]).code(0).says("is promiscuous now");
    let bench = project(&base, "twin", &[("wan", "00:50:56:00:00:21", true)]);
    run(&bench, &["on", "fw1"])
        .code(5)
        .says("more than one VM has the name \"twin\": say which by its moRef, vm-103 or vm-104");
    let bench = project(&base, "fw9", &[("wan", WAN, true)]);
    run(&bench, &["on", "fw1"]).code(5).says("has no VM with the name or moRef \"fw9\", of 4");
    assert_eq!(posts(&cloud), 1);
}

#[test]
fn which_nic_is_meant_has_to_be_clear() {
    let (cloud, base) = start();
    let bench = firewall(&base);
    run(&bench, &["on", "fw1"])
        .code(5)
        .says("more than one NIC is meant: fw1 wan")
        .says("HOST NIC");
    run(&bench, &["on", "fw1", "wna"])
        .code(5)
        .says("there is no NIC wna, but wan (00:50:56:00:00:11)");
    run(&bench, &["on", "00:50:56:00:00:99"]).code(5).says("there is no NIC 00:50:56:00:00:99");
    run(&bench, &["on", "plain"]).code(5).says("the inventory names no NIC of plain");
    assert!(cloud.lock().unwrap().log.is_empty(), "the provider was not asked");
}

#[test]
fn a_dry_run_shows_the_call_and_makes_none() {
    let (cloud, base) = start();
    let bench = firewall(&base);
    run(&bench, &["on", "fw1", "wan", "--dry-run"]).code(2).says(
        "would be asked for: POST /dedicatedCloud/pcc-192-0-2-7/datacenter/42/vm/9/enableCarp \
         {\"macAddress\":\"00:50:56:00:00:11\"}",
    );
    run(&bench, &["off", "fw1", "wan", "--dry-run"]).code(0).says("is not promiscuous");
    // What would keep it from working is found as well.
    cloud.lock().unwrap().rules = json!([{ "method": "GET", "path": "/*" }]);
    run(&bench, &["on", "fw1", "wan", "--dry-run"])
        .code(1)
        .says("the consumer key may not POST /dedicatedCloud/")
        .says("GET and POST on /dedicatedCloud/*");
    assert_eq!(posts(&cloud), 0);
}

#[test]
fn a_task_that_fails_or_is_being_mended_is_told_with_its_text() {
    for (ends, words) in [
        ("error", "task 700 failed: error: the switch does not answer"),
        ("canceled", "task 700 failed: canceled: the switch does not answer"),
        ("fixing", "task 700 failed: fixing: the switch does not answer; OVHcloud's people"),
        ("surprised", "a task without a known state"),
    ] {
        let (cloud, base) = start();
        cloud.lock().unwrap().ends = ends;
        run(&firewall(&base), &["on", "fw1", "wan"]).code(1).says(words).never_says("read back");
        assert_eq!(posts(&cloud), 1, "{ends}");
    }
}

#[test]
fn what_cannot_be_read_back_is_not_claimed() {
    let (cloud, base) = start();
    cloud.lock().unwrap().ends = "nothing";
    run(&firewall(&base), &["on", "fw1", "wan"])
        .code(1)
        .says("says that it is done, and the port has promiscuous mode rejected");
    let (cloud, base) = start();
    cloud.lock().unwrap().tells = false;
    run(&firewall(&base), &["on", "fw1", "wan"])
        .code(1)
        .says("says that it is done, and it does not tell the port's policy");
}

#[test]
fn a_port_that_is_half_on_is_named_and_mended() {
    let (cloud, base) = start();
    cloud.lock().unwrap().vms.get_mut(&9).unwrap().nics[0].on = [false, true, false];
    let bench = firewall(&base);
    run(&bench, &["status", "fw1", "wan"]).code(2).says("forged transmits accepted");
    run(&bench, &["on", "fw1", "wan"]).code(0).says("is promiscuous now");
    // Somebody's hand, where the inventory wants none.
    cloud.lock().unwrap().vms.get_mut(&9).unwrap().nics[1].on = [true; 3];
    run(&bench, &["status"]).code(2).says("is not to be promiscuous: rappel promisc off fw1 lan");
}

#[test]
fn an_answer_that_was_lost_is_looked_for_and_busy_is_waited_for() {
    let (cloud, base) = start();
    let busy = Response::new(429, r#"{"message":"Too many requests"}"#).with("Retry-After", "1");
    cloud.lock().unwrap().faults = vec![
        ("GET", "/vm/9", 1, Some(busy)),
        // No answer at all: the connection ends.
        ("POST", "/enableCarp", 1, None),
    ];
    run(&firewall(&base), &["on", "fw1", "wan"])
        .code(0)
        .says("Too many requests (429); asking again in 1 s")
        .says("looking again in 2 s")
        .says("is promiscuous now");
}

#[test]
fn programs_get_one_object_a_line() {
    let (_, base) = start();
    let bench = firewall(&base);
    let objects = |words: &[&str]| -> Vec<Value> {
        let said = run(&bench, words);
        said.text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    };
    let status = objects(&["status", "--output", "json"]);
    assert_eq!(status.len(), 2, "{status:?}");
    assert_eq!(status[0]["state"], "off");
    assert_eq!(status[0]["change"]["promiscuous"], true);
    assert_eq!(status[1]["change"], Value::Null);
    let on = objects(&["on", "fw1", "wan", "--output", "json"]);
    let last = on.last().unwrap();
    assert_eq!((&last["result"], &last["state"]), (&json!("switched"), &json!("on")));
    assert_eq!(last["port"]["policy"]["forged_transmits"]["accepted"], true);
    assert_eq!(on[0]["event"], "note");
}

#[test]
fn a_service_account_is_as_good_and_wrong_credentials_change_nothing() {
    let (cloud, base) = start();
    let bench = firewall(&base);
    let inventory = bench.read("hosts.yml");
    bench.write("hosts.yml", &inventory.replace(SECRET, "another"));
    run(&bench, &["on", "fw1", "wan"]).code(5).says("Invalid signature");
    let keys = format!(
        "application_key: {APPLICATION}\n          application_secret: {SECRET}\n          consumer_key: {CONSUMER}"
    );
    let account = format!(
        "token_endpoint: {base}/token\n          client_id: {CLIENT}\n          client_secret: {CLIENT_SECRET}"
    );
    assert!(inventory.contains(&keys), "{inventory}");
    bench.write("hosts.yml", &inventory.replace(&keys, &account));
    assert_eq!(posts(&cloud), 0);
    run(&bench, &["on", "fw1", "wan"]).code(0).says("is promiscuous now");
}

#[test]
fn what_is_wrong_in_the_inventory_is_named() {
    let (cloud, base) = start();
    let bench = firewall(&base);
    let inventory = bench.read("hosts.yml");
    for (from, to, words) in [
        ("service: ", "sevrice: ", "sevrice"),
        ("ovhcloud:", "vsphere:", "`ovhcloud` is missing"),
        ("promiscuous: true", "promiscous: true", "promiscous"),
        ("switch: public", "switch: private", "neither public nor vrack"),
        (WAN, "00:50:56", "`nics.wan` has no `mac`"),
    ] {
        bench.write("hosts.yml", &inventory.replace(from, to));
        run(&bench, &["status"]).code(5).says(words).says("rappel_promisc");
    }
    assert!(cloud.lock().unwrap().log.is_empty());
}
