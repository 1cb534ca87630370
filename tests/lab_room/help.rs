//! Bringing labs up and asking them.

use std::net::IpAddr;
use std::path::Path;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rappel::lab::{Lab, Spec};

pub const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");
pub const HV1: &str = "203.0.113.10";
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn up(spec: &Spec) -> Lab {
    Lab::up(Path::new(RAPPEL), spec).unwrap_or_else(|error| panic!("{error}"))
}

pub fn printed(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

pub fn ssh(lab: &Lab, login: &str, script: &str) -> String {
    let output = lab.ssh(login, script).unwrap();
    assert!(output.status.success(), "{login} {script}: {}", printed(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn wait(lab: &Lab, address: &str) {
    let address: IpAddr = address.parse().unwrap();
    lab.wait_ssh(address, PATIENCE).unwrap_or_else(|error| panic!("{error}"));
}

/// Whether an address answers the gateway, which has forgotten all it knew.
pub fn answers(lab: &Lab, address: &str) -> bool {
    lab.flush_neighbours().unwrap();
    let ping = ["ping", "-n", "-q", "-c", "1", "-W", "1", address];
    lab.gateway(&ping).unwrap().status.success()
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "never happened: {what}");
        sleep(Duration::from_millis(50));
    }
}
