//! Each rule on a case that has the mistake and on one close to it that has not; the
//! designs that must stay clean; and the comments that silence.

mod book;
mod cases;
mod designs;

use super::{Exception, Known, LintFile, LintHost, LintKind, RULES, check, review};
use crate::diagnostic::{Diagnostic, Severity, Source};
use proptest::prelude::proptest;

fn file(kind: LintKind, text: &str) -> LintFile {
    let (path, mode) = match kind {
        LintKind::Interfaces => ("/etc/network/interfaces", 0o644),
        LintKind::Sysctl => ("/etc/sysctl.d/90-rappel.conf", 0o644),
        LintKind::Nft => ("/etc/nftables.d/rappel.nft", 0o644),
        LintKind::Hook => ("/etc/network/if-up.d/proxy", 0o755),
        LintKind::Other => ("/etc/systemd/network/10-x.network", 0o644),
    };
    LintFile { kind, path: path.to_owned(), mode, source: Source::new(path, text) }
}

fn interfaces(text: &str) -> LintFile {
    file(LintKind::Interfaces, text)
}

fn sysctl(text: &str) -> LintFile {
    file(LintKind::Sysctl, text)
}

fn nft(text: &str) -> LintFile {
    file(LintKind::Nft, text)
}

fn hook(text: &str) -> LintFile {
    file(LintKind::Hook, text)
}

fn ids(files: &[LintFile]) -> Vec<&'static str> {
    check(files).iter().filter_map(|d| d.rule).collect()
}

#[test]
fn ids_are_unique_and_sorted_within_a_family() {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[at + 1..].contains(id), "{id} twice");
    }
    for pair in ids.windows(2).filter(|pair| pair[0][..2] == pair[1][..2]) {
        assert!(pair[0] < pair[1], "{pair:?}");
    }
}

#[test]
fn findings_come_in_the_order_of_the_lines() {
    let found = check(&[
        interfaces("iface a:0 inet dhcp\n\taddress 10.0.0.1/24\n\tadress x\n"),
        sysctl("net.ipv6.conf.all.proxy_ndp=1\n"),
    ]);
    let shown: Vec<String> = found
        .iter()
        .map(|d| {
            let (line, column) =
                d.place.as_ref().map(crate::diagnostic::Place::line_column).unwrap_or_default();
            format!("{} {line}:{column}", d.rule.unwrap_or_default())
        })
        .collect();
    assert_eq!(shown, ["IF07 1:1", "IF14 1:1", "IF05 2:2", "IF02 3:2", "SY05 1:1"]);
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let found = check(&[sysctl("net.ipv4.ip_forward 1\n")]);
    let severities: Vec<_> = found.iter().map(|d| d.severity).collect();
    assert_eq!(severities, [Severity::Error]);
}

#[test]
fn the_reader_and_the_table_give_the_same_reasons() {
    let found = check(&[interfaces("x\niface a inet manual\n up\nauto a\n")]);
    let ids: Vec<_> = found.iter().filter_map(|d| d.rule).collect();
    assert_eq!(ids, ["IF01", "IF22"]);
    for d in &found {
        let rule = d.rule.and_then(super::rule);
        assert_eq!(rule.map(|rule| rule.reason), d.reason.as_deref());
        assert_eq!(rule.map(|rule| rule.remedy), d.remedy.as_deref());
        assert_eq!(rule.map(|rule| rule.severity), Some(d.severity));
    }
}

const ALIAS: &str = "iface eth0:1 inet static\n\taddress 10.0.0.1/24\n";

#[test]
fn a_comment_silences_its_rule_with_a_reason() {
    let on = |before: &str, inside: &str| {
        ids(&[interfaces(&format!("{before}auto eth0:1\n{inside}{ALIAS}"))])
    };
    assert_eq!(on("", ""), ["IF14"]);
    assert_eq!(on("", "# rappel: allow IF14 the monitoring wants it\n"), [""; 0]);
    assert_eq!(on("# rappel: allow IF14 the monitoring wants it\n", ""), [""; 0]);
    assert_eq!(on("#rappel:allow IF14 the monitoring wants it\n# more\n\n", ""), [""; 0]);
    assert_eq!(on("", "# rappel: allow IF14\n"), ["LN01"]);
    assert_eq!(on("", "# rappel: allow IF99 because\n"), ["LN02", "IF14"]);
    assert_eq!(on("", "# rappel: allow IF04 because\n"), ["LN03", "IF14"]);
    let inside = ALIAS.replace("\taddress", "# rappel: allow IF14 it is\n\taddress");
    assert_eq!(ids(&[interfaces(&format!("auto eth0:1\n{inside}"))]), [""; 0]);
}

#[test]
fn a_comment_silences_nothing_elsewhere() {
    let text = format!(
        "auto eth0:1 eth0:2\n# rappel: allow IF14 this one is wanted\n{ALIAS}{}",
        ALIAS.replace(":1", ":2").replace("10.0.0.1", "10.0.1.1")
    );
    let found = check(&[interfaces(&text)]);
    let places: Vec<_> =
        found.iter().filter_map(|d| d.place.as_ref()).map(ToString::to_string).collect();
    assert_eq!(places, ["/etc/network/interfaces:5:1"]);
    let text = "# rappel: allow SY05 x\nnet.ipv4.ip_forward=1\nnet.ipv6.conf.all.proxy_ndp=1\n";
    assert_eq!(ids(&[sysctl(text)]), ["LN03", "SY05"]);
    let text = "net.ipv4.ip_forward=1\n# rappel: allow SY05 x\nnet.ipv6.conf.all.proxy_ndp=1\n";
    assert_eq!(ids(&[sysctl(text)]), [""; 0]);
}

#[test]
fn a_comment_silences_a_whole_hook() {
    let text = "#!/bin/sh\n# rappel: allow IF13 installed by hand\n";
    let mut file = hook(text);
    file.mode = 0o644;
    assert_eq!(ids(&[file]), [""; 0]);
}

/// What the rules about several hosts find.
fn fleet(one: &str, two: &str) -> Vec<Diagnostic> {
    let (one, two, known) = ([interfaces(one)], [interfaces(two)], Known::default());
    let host = |name, files| LintHost { name, files, known: &known };
    let mut found = review(&[host("one", &one), host("two", &two)]);
    found.retain(|one| matches!(one.rule, Some("AD11" | "AD14" | "LN03")));
    found
}

#[test]
fn an_address_of_two_hosts_is_found_where_it_can_meet() {
    let host = |address: &str, rest: &str| {
        format!("auto eth0\niface eth0 inet static\n address {address}\n{rest}")
    };
    let found = fleet(&host("203.0.113.10/24", ""), &host("203.0.113.10/24", ""));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "203.0.113.10 of two is also one's");
    assert!(fleet(&host("203.0.113.10/24", ""), &host("203.0.113.11/24", "")).is_empty());
    // Every hypervisor may have the same network behind its NAT.
    let inner = " bridge_ports none\n";
    let found = fleet(&host("203.0.113.10/24", inner), &host("203.0.113.10/24", inner));
    assert!(found.iter().all(|one| one.rule == Some("AD14")));
    assert!(fleet(&host("10.42.0.1/24", inner), &host("10.42.0.1/24", inner)).is_empty());
    // A private range may be in use at two sites.
    assert!(fleet(&host("10.0.0.1/24", ""), &host("10.0.0.1/24", "")).is_empty());
    assert!(fleet(&host("100.64.0.1/24", ""), &host("100.64.0.1/24", "")).is_empty());
    let site = |gateway: &str| host("10.0.0.1/24", &format!(" gateway {gateway}\n"));
    assert!(fleet(&site("10.0.0.253"), &site("10.0.0.254")).is_empty());
    assert_eq!(fleet(&site("10.0.0.254"), &site("10.0.0.254")).len(), 1);
}

#[test]
fn a_mac_of_two_hosts_is_found_and_can_be_allowed() {
    let host = |mac: &str| format!("iface eth0 inet manual\n hwaddress {mac}\n");
    let (one, two) = (host("0c:c4:7a:00:00:0a"), host("ether 0C:C4:7A:00:00:0A"));
    assert_eq!(fleet(&one, &two).len(), 1);
    let allowed = format!("# rappel: allow AD11 a cold spare\n{two}");
    assert!(fleet(&one, &allowed).is_empty());
    assert!(fleet(&one, &host("0c:c4:7a:00:00:0b")).is_empty());
}

#[test]
fn a_public_network_of_guests_is_one_hosts() {
    let host = |net: &str| {
        format!("auto br1\niface br1 inet6 static\n address {net}\n bridge_ports none\n")
    };
    let found = fleet(&host("2001:db8:1::1/64"), &host("2001:db8:1::2/64"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "2001:db8:1::/64 of two overlaps with 2001:db8:1::/64 of one");
    assert_eq!(fleet(&host("2001:db8:1::1/64"), &host("2001:db8:1::1/56")).len(), 1);
    assert_eq!(fleet(&host("2001:db8:1::1/56"), &host("2001:db8:1:1::1/64")).len(), 1);
    assert!(fleet(&host("2001:db8:1::1/64"), &host("2001:db8:2::1/64")).is_empty());
    assert!(fleet(&host("fd00:1::1/64"), &host("fd00:1::1/64")).is_empty());
}

#[test]
fn an_exception_in_a_template_is_used_if_one_host_needs_it() {
    let known = Known::default();
    let with = |name: &str| {
        vec![interfaces(&format!(
            "auto {name}\n# rappel: allow IF14 the monitoring\niface {name} inet manual\n"
        ))]
    };
    let (alias, plain) = (with("eth0:1"), with("eth0"));
    let host = |name, files| LintHost { name, files, known: &known };
    assert!(review(&[host("one", &alias), host("two", &plain)]).is_empty());
    let found = review(&[host("two", &plain)]);
    assert_eq!(found.iter().filter_map(|one| one.rule).collect::<Vec<_>>(), ["LN03"]);
}

#[test]
fn the_inventory_silences_with_a_reason_and_is_judged_too() {
    let place = Source::new("hosts.yml", "allow:\n  IF14: x\n").place(9..13);
    let allowed = |rule: &str, reason: &str| {
        let exception =
            Exception { rule: rule.to_owned(), reason: reason.to_owned(), place: place.clone() };
        let known = Known { exceptions: vec![exception], ..Known::default() };
        let files = [interfaces(&format!("auto eth0:1\n{ALIAS}"))];
        let found = review(&[LintHost { name: "one", files: &files, known: &known }]);
        found.into_iter().filter_map(|one| one.rule).collect::<Vec<_>>()
    };
    assert_eq!(allowed("IF14", "the monitoring"), [""; 0]);
    assert_eq!(allowed("IF14", " "), ["LN01"]);
    assert_eq!(allowed("IF04", "why"), ["LN03", "IF14"]);
    assert_eq!(allowed("IF99", "why"), ["LN02", "IF14"]);
}

proptest! {
    #[test]
    fn takes_any_text(text in "(?s).{0,80}|[a-z0-9:./{};# \n\t-]{0,120}") {
        let mut other = interfaces(&text);
        other.kind = LintKind::Other;
        let files = [interfaces(&text), sysctl(&text), nft(&text), hook(&text), other];
        check(&files);
        for (_, system) in super::System::ALL {
            let known = Known { system: Some(system), ..Known::default() };
            review(&[LintHost { name: "one", files: &files, known: &known }]);
        }
        LintKind::guess("x", &text);
    }
}
