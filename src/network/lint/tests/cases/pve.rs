//! What Proxmox VE keeps.

use super::{Case, case, case_by};
use crate::diagnostic::Source;
use crate::network::lint::tests::interfaces;
use crate::network::lint::{Known, LintFile, LintHost, LintKind, review};

fn object(path: &str, text: &str) -> LintFile {
    let path = format!("/@proxmox/{path}");
    let source = Source::new(path.as_str(), text);
    LintFile { kind: LintKind::Other, path, mode: 0o600, source }
}

fn acl(text: &str) -> Vec<LintFile> {
    vec![object("acl/g1", text)]
}

/// A VM with a NIC on each of these bridges.
fn vm(number: u32, bridges: &[&str]) -> LintFile {
    let nic = |(at, bridge): (usize, &&str)| {
        format!("net{at}: virtio=02:00:00:00:0{at}:{:02x},bridge={bridge}\n", number % 100)
    };
    let nics: String = bridges.iter().enumerate().map(nic).collect();
    object(&format!("vm/{number}"), &format!("name: a\ntemplate: 100\n{nics}"))
}

fn bridge(length: u8) -> LintFile {
    interfaces(&format!(
        "auto vmbr11\niface vmbr11 inet static\n\taddress 10.0.1.1/{length}\n\tbridge_ports none\n"
    ))
}

pub(super) fn cases() -> Vec<Case> {
    let known = Known { roles: vec!["Operator".to_owned()], ..Known::default() };
    let rest = "/storage: PVEDatastoreUser\n/sdn/zones/localnetwork: PVESDNUser\n";
    vec![
        case("PX01", acl("/vms: PVEVdmin\n"), acl("/vms: PVEVMUser\n")),
        case_by("PX01", Known::default(), known, acl("/vms: Operator\n")),
        case(
            "PX03",
            vec![bridge(30), vm(102, &["vmbr11"]), vm(103, &["vmbr11"])],
            vec![bridge(29), vm(102, &["vmbr11"]), vm(103, &["vmbr11", "vmbr12"])],
        ),
        case(
            "PX04",
            acl("/vms: PVEVMUser\n/vms/102: PVEAuditor\n"),
            acl("/vms: PVEVMUser propagate=0\n/vms/102: PVEAuditor\n/storage: PVEAuditor\n"),
        ),
        case(
            "PX04",
            acl("/: PVEAuditor\n/vms: PVEVMUser\n"),
            acl("/: PVEAuditor\n/vms: PVEVMUser\n/vms: PVEAuditor\n"),
        ),
        case("PX05", acl("/vms: PVEVMAdmin\n"), acl(&format!("/vms: PVEVMAdmin\n{rest}"))),
    ]
}

fn said(files: &[LintFile], known: &Known) -> Vec<String> {
    review(&[LintHost { name: "hv1", files, known }]).into_iter().map(|d| d.message).collect()
}

#[test]
fn a_misspelt_role_is_named_with_the_nearest_one() {
    let known = Known { roles: vec!["Operator".to_owned()], ..Known::default() };
    for (role, near) in [
        ("PVEVdmin", "PVEVMAdmin"),
        ("PVEVMadmin", "PVEVMAdmin"),
        ("PVEDatastoreUsr", "PVEDatastoreUser"),
        ("operater", "Operator"),
    ] {
        let said = said(&acl(&format!("/pool: {role}\n")), &known);
        assert_eq!(said, [format!("there is no role `{role}`; did you mean `{near}`?")]);
    }
}

#[test]
fn a_network_of_four_is_too_small_and_one_of_eight_is_proposed() {
    let said = said(&[bridge(30), vm(102, &["vmbr11"]), vm(103, &["vmbr11"])], &Known::default());
    let expected = "10.0.1.0/30 has 2 addresses, and 3 are needed on `vmbr11`: a /29 has 6";
    assert_eq!(said, [expected]);
}

#[test]
fn one_mac_of_two_vms_is_found_on_whatever_hosts_they_are() {
    let known = Known::default();
    let one = [vm(102, &["vmbr11"]), vm(202, &["vmbr12"])];
    let found = review(&[LintHost { name: "hv1", files: &one, known: &known }]);
    assert_eq!(found.iter().filter_map(|d| d.rule).collect::<Vec<_>>(), ["PX02"]);
    let (a, b) = ([vm(102, &["vmbr11"])], [vm(302, &["vmbr11"])]);
    let hosts = [
        LintHost { name: "hv1", files: &a, known: &known },
        LintHost { name: "hv2", files: &b, known: &known },
    ];
    let found = review(&hosts);
    assert!(found[0].message.contains("net0 of VM 102 on hv1"), "{found:?}");
    assert_eq!(found.len(), 1);
    assert!(review(&[hosts[0]]).is_empty());
}
