//! The whole rescue through the drivers that speak a provider's API: the network is destroyed,
//! files and watchdog with it, and SSH over the restored one proves that the host is back.

use std::fs;

use crate::bench::{Bench, asked_for};
use crate::command::{RESCUE, judge};
use crate::server::{BASE, Server};
use crate::{dedibox_api, hetzner_api, metal_api, ovh_api};

/// A lost machine of a provider's.
fn lost(settings: &[String]) -> Bench {
    let bench = Bench::lost();
    bench.provider(&settings.join("\n        "));
    bench
}

/// Brings it back, and shows what the API was asked if that fails.
fn comes_back(bench: &Bench, usual: &str) {
    bench.rappel(&["rescue", "--check"]).code(0).says("web1: can be rescued").says(usual);
    let said = bench.rappel(&RESCUE);
    let asked = fs::read_to_string(bench.machine("calls-of-the-api")).unwrap_or_default();
    assert_eq!(said.code, Some(0), "{}\nthe API was asked:\n{asked}", said.text);
    bench.rescued(said).says("/etc/network/interfaces");
    judge(bench);
    bench.rappel(&["rescue", "--check"]).code(0).says("web1: can be rescued").says(usual);
}

#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_machine_of_ovhcloud_comes_back() {
    asked_for();
    let bench = lost(&ovh_api::settings(BASE));
    let _server = Server::of(&bench, "ovhcloud");
    comes_back(&bench, "boots 1)");
}

/// First something stands in between whose host key is another one than Robot tells: nothing is
/// done there, and the machine is not left in rescue mode.
#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_machine_of_hetzner_comes_back_and_a_wrong_host_key_is_not_let_pass() {
    asked_for();
    let bench = lost(&hetzner_api::settings(BASE));
    {
        let _server = Server::of(&bench, "hetzner!");
        let said = bench.rappel(&RESCUE).code(4).says("and the provider says MD5:c1:e4:08:73");
        let said = said.says("somebody may be in between").says("read back");
        said.says("in Robot: Server, 321");
        assert_eq!(bench.on("hostname"), "rescue");
    }
    let _server = Server::of(&bench, "hetzner");
    comes_back(&bench, "boots disk)");
}

#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_machine_of_dedibox_comes_back() {
    asked_for();
    let bench = lost(&dedibox_api::settings(BASE));
    let _server = Server::of(&bench, "dedibox");
    comes_back(&bench, "boots normal)");
}

#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_machine_of_elastic_metal_comes_back() {
    asked_for();
    let bench = lost(&metal_api::settings(BASE));
    let _server = Server::of(&bench, "elastic-metal");
    comes_back(&bench, "boots normal)");
}
