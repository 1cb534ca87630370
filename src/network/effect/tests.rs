//! What files are foreseen to do, line by line.

use super::{Change, Files, Flavour, Foreseen, Hook, after, expected};
use crate::diagnostic::Source;
use crate::network::interfaces::{Interfaces, changed};
use crate::network::live::{Fact, Live, differences};

const PLAIN: &str = "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address 203.0.113.10/24\n  gateway 203.0.113.254\n";
const BRIDGED: &str = "auto lo\niface lo inet loopback\niface eth0 inet manual\nauto vmbr0\niface vmbr0 inet static\n  address 203.0.113.10/24\n  gateway 203.0.113.254\n  bridge_ports eth0\n";

fn parse(text: &str) -> Interfaces {
    Interfaces::parse(&Source::new("interfaces", text)).expect("parses")
}

fn only(interfaces: &Interfaces) -> Files<'_> {
    Files { interfaces, hooks: &[], partial: false }
}

/// A host with these NICs, and guests' taps, as it is after a boot with this file.
fn host(text: &str, links: &[&str]) -> Live {
    let mut live = Live::default();
    for name in ["lo"].iter().chain(links) {
        live.facts.insert(Fact::Link { name: (*name).to_owned(), kind: "device".to_owned() });
        live.facts.insert(Fact::Mtu { name: (*name).to_owned(), mtu: 1500 });
    }
    let files = parse(text);
    live.facts = expected(&live, only(&files)).facts;
    live
}

fn change(live: &Live, old: &str, new: &str, flavour: Flavour) -> Foreseen {
    let (old, new) = (parse(old), parse(new));
    let cycle = changed(&old, &new);
    after(&Change {
        live,
        old: only(&old),
        new: only(&new),
        down: &cycle.down,
        up: &cycle.up,
        hooks_run: false,
        flavour,
    })
}

fn lines(live: &Live, seen: &Foreseen) -> Vec<String> {
    differences(&live.facts, &seen.facts).iter().map(ToString::to_string).collect()
}

const MOVED: [&str; 5] = [
    "+ bridge vmbr0",
    "+ eth0 is a port of vmbr0",
    "- address 203.0.113.10/24 dev eth0",
    "+ address 203.0.113.10/24 dev vmbr0",
    "- default via 203.0.113.254 dev eth0",
];

#[test]
fn an_address_moves_from_a_nic_to_a_bridge() {
    let live = host(PLAIN, &["eth0"]);
    for flavour in [Flavour::Ifupdown, Flavour::Ifupdown2] {
        let seen = change(&live, PLAIN, BRIDGED, flavour);
        let found = lines(&live, &seen);
        assert_eq!(found[..5], MOVED, "{flavour:?}");
        assert_eq!(found[5..], ["+ default via 203.0.113.254 dev vmbr0"], "{flavour:?}");
        assert!(seen.unforeseen.is_empty());
    }
}

#[test]
fn a_hand_made_address_goes_with_the_cycle() {
    let mut live = host(PLAIN, &["eth0"]);
    live.facts.insert(Fact::Address {
        dev: "eth0".to_owned(),
        address: "10.99.0.1/24".parse().expect("one"),
        peer: None,
        dynamic: false,
    });
    let new = PLAIN.replace("254", "253");
    for flavour in [Flavour::Ifupdown, Flavour::Ifupdown2] {
        assert_eq!(
            lines(&live, &change(&live, PLAIN, &new, flavour)),
            [
                "- address 10.99.0.1/24 dev eth0",
                "- default via 203.0.113.254 dev eth0",
                "+ default via 203.0.113.253 dev eth0"
            ],
            "{flavour:?}"
        );
    }
}

#[test]
fn guests_stay_in_a_bridge_that_is_cycled() {
    let mut live = host(BRIDGED, &["eth0", "tap1"]);
    live.facts.insert(Fact::Port { name: "tap1".to_owned(), master: "vmbr0".to_owned() });
    live.facts.insert(Fact::Up { name: "tap1".to_owned() });
    let new = BRIDGED.replace("254", "253");
    assert_eq!(
        lines(&live, &change(&live, BRIDGED, &new, Flavour::Ifupdown)),
        ["- default via 203.0.113.254 dev vmbr0", "+ default via 203.0.113.253 dev vmbr0"]
    );
}

#[test]
fn what_is_not_foreseen_is_said() {
    let live = host(PLAIN, &["eth0"]);
    let dhcp = "auto eth0\niface eth0 inet dhcp\n  up /opt/routes\n";
    let seen = change(&live, PLAIN, dhcp, Flavour::Ifupdown);
    assert_eq!(
        seen.unforeseen,
        ["the lease that eth0 gets", "what `/opt/routes` does (interfaces:3:3)"]
    );
    assert!(seen.vague.contains("eth0"));
}

#[test]
fn a_changed_hook_runs_for_what_stays_up() {
    let live =
        host(&format!("{PLAIN}iface eth0 inet6 static\n  address 2001:db8::1/64\n"), &["eth0"]);
    let hook = |n: u8| Hook {
        directory: "if-up.d".to_owned(),
        name: "proxy".to_owned(),
        text: Some(format!(
            "#!/bin/sh\n[ \"$IFACE\" = eth0 ] || exit 0\nip -6 neigh replace proxy 2001:db8::{n} dev $IFACE\n"
        )),
    };
    let files = parse(PLAIN);
    let (old, new) = ([hook(1)], [hook(2)]);
    let seen = after(&Change {
        live: &live,
        old: Files { interfaces: &files, hooks: &old, partial: false },
        new: Files { interfaces: &files, hooks: &new, partial: false },
        down: &[],
        up: &[],
        hooks_run: true,
        flavour: Flavour::Ifupdown,
    });
    assert_eq!(lines(&live, &seen), ["+ neighbour proxy 2001:db8::2 dev eth0"]);
}

/// `eth1` is `work` by a mapping, which takes over from a template.
#[test]
fn mappings_and_templates_are_followed() {
    let old = "auto lo eth0\niface lo inet loopback\niface base inet static\n  address 10.0.0.1/24\n  mtu 1400\n\
        iface eth1-work inet static inherits base\n  gateway 10.0.0.254\nmapping eth1\n  script grep\n  map eth1-work\n";
    let new = format!("{old}auto eth1\n");
    let live = host(old, &["eth0", "eth1"]);
    let seen = change(&live, old, &new, Flavour::Ifupdown);
    assert_eq!(
        lines(&live, &seen),
        [
            "+ eth1 is up",
            "- mtu 1500 on eth1",
            "+ mtu 1400 on eth1",
            "+ address 10.0.0.1/24 dev eth1",
            "+ default via 10.0.0.254 dev eth1"
        ]
    );
    assert!(seen.unforeseen.is_empty(), "{:?}", seen.unforeseen);
    let script = new.replace("script grep", "script /usr/local/sbin/where");
    let seen = change(&live, &script.replace("auto eth1\n", ""), &script, Flavour::Ifupdown);
    assert_eq!(seen.unforeseen, ["what the mapping makes of eth1"]);
    assert!(seen.vague.contains("eth1"));
}

#[test]
fn with_files_that_were_not_read_nothing_is_certain() {
    let live = host(PLAIN, &["eth0"]);
    let files = parse(PLAIN);
    let seen = expected(&live, Files { partial: true, ..only(&files) });
    assert!(seen.partial && seen.vague.contains("eth0"));
}
