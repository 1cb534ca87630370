//! Ports of a vRack's switch, through vSphere.

use std::net::TcpListener;
use std::sync::Arc;

use crate::bench::{Bench, Said};
use crate::tls::{THUMBPRINT, authority, serve};
use crate::vcenter_api::{LAN, PASSWORD, Shared, USER, handle, vcenter};

fn start() -> (Shared, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let vcenter = vcenter();
    let shared = Arc::clone(&vcenter);
    serve(listener, move |request| handle(&shared, &request));
    (vcenter, base)
}

/// A project of one VM with this NIC, whose vCenter is trusted by a line of YAML.
fn trusting(base: &str, mac: &str, trust: &str) -> Bench {
    let bench = Bench::empty();
    bench.write(
        "hosts.yml",
        &format!(
            "all:\n  hosts:\n    fw1:\n      rappel_promisc:\n        vsphere:\n          \
             endpoint: {base}/sdk\n          user: {USER}\n          password: '{PASSWORD}'\n          \
             {trust}\n        nics:\n          lan: {{mac: \"{mac}\", switch: vrack, promiscuous: true}}\n"
        ),
    );
    bench
}

fn project(base: &str, mac: &str) -> Bench {
    trusting(base, mac, &format!("ca_file: {}", authority().display()))
}

#[track_caller]
fn run(bench: &Bench, words: &[&str]) -> Said {
    let said = bench.rappel(&[&["promisc"], words].concat());
    for secret in [PASSWORD, "53cr3t"] {
        assert!(!said.text.contains(secret), "{secret} in\n{}", said.text);
    }
    said
}

fn calls(vcenter: &Shared, method: &str) -> usize {
    vcenter.lock().unwrap().log.iter().filter(|call| call.starts_with(method)).count()
}

#[test]
fn one_port_is_switched_followed_read_back_and_given_back() {
    let (vcenter, base) = start();
    let bench = project(&base, LAN);
    run(&bench, &["status"])
        .code(2)
        .says("of fw1 (vm-102), Network adapter 2, VLAN10, pcc-192-0-2-7_DC1-vrack, port 51")
        .says("promiscuous mode rejected (from its port group)");
    run(&bench, &["on", "fw1", "--dry-run"])
        .code(2)
        .says("would be asked for: ReconfigureDVPort_Task dvs-20 port 51 <macManagementPolicy>");
    assert_eq!(calls(&vcenter, "Reconfigure"), 0);
    run(&bench, &["on", "fw1"]).code(0).says("task task-80 is running, 40 %").says(
        "is promiscuous now, read back: promiscuous mode accepted, forged transmits accepted",
    );
    assert_eq!(vcenter.lock().unwrap().ports["51"].own, Some([true; 3]));
    assert_eq!(vcenter.lock().unwrap().ports["50"].own, None, "its neighbour");
    run(&bench, &["on", LAN]).code(0).says("is promiscuous already");
    assert_eq!(calls(&vcenter, "Reconfigure"), 1);
    run(&bench, &["off", "fw1"]).code(0).says("rejected (from its port group)");
    assert_eq!(vcenter.lock().unwrap().ports["51"].own, None);
    assert_eq!(vcenter.lock().unwrap().open, 0, "every session was ended");
}

#[test]
fn where_override_is_not_allowed_that_is_said() {
    let (vcenter, base) = start();
    let bench = project(&base, "00:50:56:00:00:13");
    run(&bench, &["status"])
        .code(2)
        .says("the port group VLAN <20> & more allows no override")
        .says("resets a port when its VM is disconnected");
    run(&bench, &["on", "fw1"]).code(5).says(
        "lets no port have a security policy of its own: in vSphere, Edit Settings, Advanced",
    );
    assert_eq!(calls(&vcenter, "Reconfigure"), 0);
}

#[test]
fn a_public_switch_is_not_ours_to_touch() {
    let (vcenter, base) = start();
    let bench = project(&base, "00:50:56:00:00:11");
    run(&bench, &["on", "fw1"]).code(5).says("public switch pcc-192-0-2-7_DC1-dvs");
    run(&bench, &["on", "fw1", "--expose-whole-port-group"])
        .code(5)
        .says("a whole port group is switched on a -vrack switch only");
    assert_eq!(calls(&vcenter, "Reconfigure"), 0);
}

#[test]
fn a_whole_port_group_takes_a_flag_and_a_vrack() {
    let (vcenter, base) = start();
    let bench = project(&base, LAN);
    run(&bench, &["on", "fw1", "--expose-whole-port-group"])
        .code(0)
        .says("is promiscuous now, read back");
    assert_eq!(vcenter.lock().unwrap().groups["dvportgroup-31"].on, [true; 3]);
    // The port has it from there; it cannot be rid of it alone.
    run(&bench, &["off", "fw1"]).code(1).says("accepted (from its port group)");
    run(&bench, &["off", "fw1", "--expose-whole-port-group"]).code(0);
    assert_eq!(vcenter.lock().unwrap().groups["dvportgroup-31"].on, [false; 3]);
    // Another name is another switch.
    vcenter.lock().unwrap().switches.get_mut("uuid-v").unwrap().1 = "pcc-vrack-2".to_owned();
    run(&bench, &["on", "fw1", "--expose-whole-port-group"]).code(5).says("-vrack switch only");
    assert_eq!(vcenter.lock().unwrap().groups["dvportgroup-31"].on, [false; 3]);
}

#[test]
fn a_wrong_mac_or_vm_is_refused_before_the_call() {
    let (vcenter, base) = start();
    run(&project(&base, "00:50:56:00:00:99"), &["on", "fw1"]).code(5).says(
        "00:50:56:00:00:99 is not a NIC of fw1, which has 00:50:56:00:00:11 (Network adapter 1)",
    );
    run(&project(&base, "00:50:56:00:00:14"), &["on", "fw1"])
        .code(5)
        .says("Network adapter 4 is not on a distributed switch");
    let bench = project(&base, LAN);
    let inventory = bench.read("hosts.yml");
    bench.write("hosts.yml", &inventory.replace("vsphere:", "vm: twin\n        vsphere:"));
    run(&bench, &["on", "fw1"]).code(5).says("say which by its moRef, vm-103 or vm-104");
    bench.write("hosts.yml", &inventory.replace("vsphere:", "vm: fw9\n        vsphere:"));
    run(&bench, &["on", "fw1"]).code(5).says("no VM with the name or moRef \"fw9\", of 5");
    bench.write("hosts.yml", &inventory.replace("vsphere:", "vm: vm-102\n        vsphere:"));
    assert_eq!(calls(&vcenter, "Reconfigure"), 0);
    run(&bench, &["on", "fw1"]).code(0);
}

#[test]
fn a_task_that_fails_or_does_nothing_is_told() {
    let (vcenter, base) = start();
    let bench = project(&base, LAN);
    vcenter.lock().unwrap().somebody_else = true;
    run(&bench, &["on", "fw1"])
        .code(1)
        .says("task task-80 failed: The resource was changed by somebody else. (ConcurrentAccess)");
    vcenter.lock().unwrap().somebody_else = false;
    vcenter.lock().unwrap().sabotage = true;
    run(&bench, &["on", "fw1"])
        .code(1)
        .says("says that it is done, and the port has promiscuous mode rejected");
}

#[test]
fn a_session_that_ends_meanwhile_is_begun_again_and_every_one_is_ended() {
    let (vcenter, base) = start();
    vcenter.lock().unwrap().ends_before = Some("FetchDVPorts");
    run(&project(&base, LAN), &["on", "fw1"]).code(0).says("is promiscuous now");
    assert_eq!(calls(&vcenter, "Login"), 2);
    assert_eq!(vcenter.lock().unwrap().open, 0);
}

#[test]
fn only_a_trusted_certificate_gets_the_password() {
    let (vcenter, base) = start();
    run(&trusting(&base, LAN, "timeout: 3"), &["status"]).code(1).says("UnknownIssuer");
    let wrong = THUMBPRINT.replacen(&THUMBPRINT[..2], "00", 1);
    let bench = trusting(&base, LAN, &format!("thumbprint: \"{wrong}\""));
    let mut command = bench.command(&["promisc", "status"]);
    let said = Said::of(&command.output().unwrap());
    said.code(1).says("has another thumbprint").says(THUMBPRINT);
    assert_eq!(calls(&vcenter, ""), 0, "nothing was sent");
    let bench = trusting(&base, LAN, &format!("thumbprint: \"{THUMBPRINT}\""));
    run(&bench, &["on", "fw1"]).code(0).says("is promiscuous now");
    let bench = trusting(&base, LAN, "thumbprint: \"AB:CD\"");
    run(&bench, &["status"]).code(5).says("-fingerprint -sha256");
}

#[test]
fn credentials_come_from_the_environment_too_and_wrong_ones_change_nothing() {
    let (vcenter, base) = start();
    let bench = project(&base, LAN);
    let inventory = bench.read("hosts.yml");
    bench.write("hosts.yml", &inventory.replace(PASSWORD, "another"));
    run(&bench, &["on", "fw1"]).code(1).says("refuses the credentials: Cannot complete login");
    assert_eq!(calls(&vcenter, "Reconfigure"), 0);
    let bare = inventory
        .replace(&format!("          user: {USER}\n"), "")
        .replace(&format!("          password: '{PASSWORD}'\n"), "");
    bench.write("hosts.yml", &bare);
    run(&bench, &["status"]).code(5).says("VMWARE_USER");
    let mut command = bench.command(&["promisc", "on", "fw1"]);
    let output =
        command.env("VMWARE_USER", USER).env("VMWARE_PASSWORD", PASSWORD).output().unwrap();
    Said::of(&output).code(0).says("is promiscuous now");
}
