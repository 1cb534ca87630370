//! Addresses that hosts share by VRRP.

use super::{Case, case};
use crate::diagnostic::Source;
use crate::network::lint::tests::interfaces;
use crate::network::lint::{Known, LintFile, LintHost, LintKind, review};

const PATH: &str = "/etc/keepalived/keepalived.conf";

fn keepalived(text: &str) -> LintFile {
    let source = Source::new(PATH, text);
    LintFile { kind: LintKind::Other, path: PATH.to_owned(), mode: 0o600, source }
}

fn with_password(password: &str) -> Vec<LintFile> {
    vec![keepalived(&format!(
        "vrrp_instance a {{\n    authentication {{\n        auth_type PASS\n        \
         auth_pass {password}\n    }}\n}}\n"
    ))]
}

pub(super) fn cases() -> Vec<Case> {
    vec![case("VR03", with_password("correct-9"), with_password("\"correct8\""))]
}

#[test]
fn a_password_is_never_shown() {
    let files = with_password("correct-horse");
    let found = review(&[LintHost { name: "a", files: &files, known: &Known::default() }]);
    assert_eq!(found.len(), 1);
    let place = found[0].place.as_ref().expect("a place");
    assert_eq!(&place.source.text[place.span.clone()], "vrrp_instance a {");
    assert!(!found[0].message.contains("correct"));
}

/// A host with this address, a gateway in that network, and one group.
fn host(address: &str, gateway: &str, group: &str) -> Vec<LintFile> {
    let family = if address.contains(':') { "inet6" } else { "inet" };
    let files = format!(
        "auto eth0\niface eth0 {family} static\n\taddress {address}\n\tgateway {gateway}\n"
    );
    vec![
        interfaces(&files),
        keepalived(&format!("vrrp_instance wan {{\n interface eth0\n{group}\n}}\n")),
    ]
}

fn group(id: u8, priority: u8, address: &str) -> String {
    format!(
        " virtual_router_id {id}\n priority {priority}\n virtual_ipaddress {{\n  {address}\n }}"
    )
}

fn said(one: &[LintFile], other: &[LintFile]) -> Vec<String> {
    let known = Known::default();
    let hosts =
        [("fw1", one), ("fw2", other)].map(|(name, files)| LintHost { name, files, known: &known });
    let found = review(&hosts);
    found.iter().map(|d| format!("{} {}", d.rule.unwrap_or_default(), d.message)).collect()
}

#[test]
fn hosts_on_one_wire_are_compared() {
    let on = |address: &str, group: &str| host(address, "203.0.113.254", group);
    let one = on("203.0.113.21/24", &group(51, 150, "203.0.113.20/32"));
    for (other, wanted) in [
        (group(51, 100, "203.0.113.20"), None),
        (group(52, 150, "203.0.113.30/32"), None),
        (
            group(51, 100, "203.0.113.30/32"),
            Some(
                "VR01 id 51 of fw2 is for 203.0.113.30, and that of fw1 on the same wire for 203.0.113.20",
            ),
        ),
        (
            group(51, 150, "203.0.113.20/32"),
            Some("VR02 priority 150 of fw2 for id 51 is also fw1's"),
        ),
        // Whoever answers goes on: then equal priorities are meant.
        (format!("{}\n nopreempt", group(51, 150, "203.0.113.20/32")), None),
        // They are not on the wire.
        (format!("{}\n unicast_peer {{\n 203.0.113.21\n }}", group(51, 100, "203.0.113.30")), None),
        // The other family is another group.
        (group(51, 100, "2001:db8::20/128"), None),
    ] {
        let other = on("203.0.113.22/24", &other);
        let wanted: Vec<&str> = wanted.into_iter().collect();
        assert_eq!(said(&one, &other), wanted);
    }
}

#[test]
fn a_priority_is_what_keepalived_takes() {
    let said = |line: &str| {
        let group = group(51, 7, "203.0.113.20/32").replace(" priority 7\n", line);
        let on = |address: &str| host(address, "203.0.113.254", &group);
        said(&on("203.0.113.21/24"), &on("203.0.113.22/24"))
    };
    assert_eq!(said(""), ["VR02 priority 100 of fw2 for id 51 is also fw1's"]);
    // Hosts may say different things by one name.
    assert_eq!(said(" priority $PRIORITY\n"), [""; 0]);
}

#[test]
fn a_public_network_is_one_whatever_the_gateway() {
    let at = |address, gateway| host(address, gateway, &group(51, 150, "203.0.113.20/32"));
    let one = at("203.0.113.21/24", "203.0.113.254");
    assert_eq!(said(&one, &at("203.0.113.22/24", "203.0.113.253")).len(), 1);
}

/// A file that keepalived does not read, and two groups of one host, whose mistake keepalived
/// itself names.
#[test]
fn only_what_keepalived_reads_of_other_hosts_is_compared() {
    let at = |address| host(address, "203.0.113.254", &group(51, 150, "203.0.113.20/32"));
    let (one, mut other) = (at("203.0.113.21/24"), at("203.0.113.22/24"));
    let again = LintFile { path: "/etc/keepalived/conf.d/again.conf".to_owned(), ..one[1].clone() };
    assert_eq!(said(&[&one[..], &[again]].concat(), &[]), [""; 0]);
    other[1].path = "/root/keepalived.conf".to_owned();
    assert_eq!(said(&one, &other), [""; 0]);
}

#[test]
fn hosts_on_other_wires_are_not() {
    let at =
        |address, gateway, priority| host(address, gateway, &group(51, priority, "10.0.0.20/32"));
    let one = at("10.0.0.21/24", "10.0.0.1", 150);
    assert_eq!(said(&one, &at("10.0.0.22/24", "10.0.0.254", 150)), [""; 0], "another site");
    assert_eq!(said(&one, &at("10.0.0.22/24", "10.0.0.1", 150)).len(), 1);
    let public = |address, gateway| host(address, gateway, &group(51, 150, "198.51.100.20/32"));
    let other = public("203.0.113.22/24", "203.0.113.254");
    assert_eq!(said(&public("198.51.100.21/24", "198.51.100.254"), &other), [""; 0]);
    // Every link has this gateway, and nobody else is in a network of one address.
    let at = |address, gateway| host(address, gateway, &group(51, 150, "fd00::20/128"));
    assert_eq!(said(&at("fd00::21/64", "fe80::1"), &at("fd00::22/64", "fe80::1")), [""; 0]);
    assert_eq!(said(&at("fd00::21/64", "fd00::1"), &at("fd00::22/64", "fd00::1")).len(), 1);
    let alone = at("fd00::21/128", "fd00::1");
    let found = said(&alone, &alone);
    assert!(found.iter().all(|one| !one.starts_with("VR")), "{found:?}");
}
