//! Checks that plays declare: what they come to on a host, and mistakes in them.

use super::{Files, shows};
use crate::desired::{CheckSpec, Family, Vantage};

const HOSTS: &str = "all:\n  hosts:\n    web:\n      port: 8080\n      network:\n        uplink: {name: eth0}\n        guests:\n          - {name: a, ipv6: 'fd00::11/64'}\n          - {name: b, ipv4: 10.0.0.2}\n          - {name: c, ipv6: 'fd00::12'}\n";

/// The checks of the host `web`.
fn checks(play: &str) -> Vec<CheckSpec> {
    let files = Files::new(&[("hosts.yml", HOSTS), ("play.yml", play)]);
    let (_, desired) = files.load().unwrap().render(None).unwrap().remove(0);
    desired.unwrap().checks
}

fn from_controller(check: CheckSpec) -> CheckSpec {
    CheckSpec::From { vantage: Vantage::Controller, check: Box::new(check) }
}

#[test]
fn a_play_that_says_nothing_gets_the_usual_ones() {
    assert_eq!(checks("- hosts: all\n"), CheckSpec::usual());
    assert_eq!(checks("- hosts: all\n  checks: []\n"), []);
}

#[test]
fn plays_that_meet_make_each_check_once() {
    let play = "- hosts: all\n  checks: [ssh, mtu]\n- hosts: web\n  checks: [mtu, mtu: 10.0.0.1]\n";
    let mtu = |target: Option<&str>| CheckSpec::Mtu {
        target: target.map(|t| t.parse().unwrap()),
        size: None,
    };
    assert_eq!(checks(play), [CheckSpec::Ssh, mtu(None), mtu(Some("10.0.0.1"))]);
}

#[test]
fn settings_are_rendered_per_host() {
    let play = "- hosts: all\n  checks:\n    - tcp: {host: '{{ inventory_hostname }}', port: '{{ port }}', from: controller}\n    - ping: fd00::1\n    - command: 'echo {{ port }}'\n    - route: {to: 10.1.2.3/16, via: 10.0.0.1}\n    - dns: {name: example.org, server: 10.0.0.53}\n    - neighbour: {address: 10.0.0.1, dev: '{{ network.uplink.name }}'}\n";
    assert_eq!(
        checks(play),
        [
            from_controller(CheckSpec::Tcp { target: "web".to_owned(), port: 8080 }),
            CheckSpec::Ping {
                target: "fd00::1".to_owned(),
                family: Some(Family::V6),
                source: None
            },
            CheckSpec::Command { run: "echo 8080".to_owned() },
            CheckSpec::Route {
                to: "10.1.0.0/16".to_owned(),
                via: Some("10.0.0.1".parse().unwrap()),
                dev: None
            },
            CheckSpec::Dns {
                name: "example.org".to_owned(),
                server: Some("10.0.0.53".parse().unwrap())
            },
            CheckSpec::Neighbour {
                address: "10.0.0.1".parse().unwrap(),
                dev: Some("eth0".to_owned())
            },
        ]
    );
}

#[test]
fn proxied_addresses_are_the_guests_own() {
    assert_eq!(
        checks("- hosts: all\n  checks: [ndp_proxy]\n"),
        [CheckSpec::NdpProxy {
            addresses: vec!["fd00::11".parse().unwrap(), "fd00::12".parse().unwrap()],
            never: Vec::new(),
            dev: "eth0".to_owned()
        }]
    );
    assert_eq!(checks("- hosts: all\n  checks:\n    - ndp_proxy: {addresses: []}\n"), []);
}

#[test]
fn settings_nobody_knows() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  checks:\n    - ping: {taget: 10.0.0.1}\n    - ssh: {port: 22}\n    - tcp: web\n    - dns: {server: 10.0.0.1}\n    - [ssh]\n",
        )],
        &[
            "play.yml:3:14: the check `ping` has no setting `taget` (help: did you mean `target`?)",
            "play.yml:4:13: the check `ssh` has no settings (help: write `- ssh`)",
            "play.yml:5:12: the settings of `tcp` are a mapping, not text (help: its settings are: target, host, port, from)",
            "play.yml:6:7: the check `dns` needs `name` (help: write `- dns: {name: …}`)",
            "play.yml:7:7: a check is a name, or one name with its settings (help: write `- gateway`, or `- ping: {…}`)",
        ],
    );
}

#[test]
fn values_that_are_not_of_their_type() {
    shows(
        &[(
            "play.yml",
            "- hosts: hv1\n  checks:\n    - ping: {target: -f}\n    - tcp: {target: a, port: 70000}\n    - mtu: 10.0.0.0/8\n    - ping: {target: 10.0.0.1, family: inet6}\n    - ping: {target: a, from: contoller}\n    - command: \"a\\nb\"\n    - neighbour: {address: 10.0.0.1, dev: a/b}\n    - route: elsewhere\n",
        )],
        &[
            "play.yml:3:22: `target` is not an address or a name (help: write an address or a host name)",
            "play.yml:4:30: `port` is not such a number (help: give it a number from 1 to 65535)",
            "play.yml:5:12: `target` is not an address (help: write an address without a prefix length)",
            "play.yml:6:7: an address has a family of its own, for `ping` on host `hv1` (help: remove `family`)",
            "play.yml:7:31: `from` is not one of its words (help: did you mean `controller`?)",
            "play.yml:8:16: `run` is not a command of one line (help: write one line; a longer script belongs into a `file` of its own)",
            "play.yml:9:43: `dev` is not the name of an interface (help: write a name such as eth0)",
            "play.yml:10:14: `to` is not a destination (help: write an address, a prefix such as 10.1.0.0/16, or `default`)",
        ],
    );
}

#[test]
fn an_undefined_var_in_a_check() {
    shows(
        &[("play.yml", "- hosts: hv1\n  checks:\n    - ping: '{{ nowhere }}'\n")],
        &[
            "play.yml:3:17: `nowhere` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `nowhere | default(…)`)",
        ],
    );
}
