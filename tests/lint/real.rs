//! Files in the style of installers, providers' guides and Proxmox.

use rappel::network::lint::{Known, LintFile, LintHost, LintKind, System, review};

use crate::bench::Case;

const INSTALLER: &str = include_str!("files/debian-installer.interfaces");
const CLOUD: &str = include_str!("files/debian-cloud.interfaces");
const HETZNER: &str = include_str!("files/hetzner-routed.interfaces");
const OVH: &str = include_str!("files/ovh-bridge.interfaces");
const OLD: &str = include_str!("files/old-server.interfaces");
const ROAMING: &str = include_str!("files/laptop-mapping.interfaces");
const PROXMOX: &str = include_str!("files/proxmox-bond-vlan.interfaces");
const CUMULUS: &str = include_str!("files/switch-vlan-aware.interfaces");

/// Those that a host with ifupdown has.
pub fn for_ifupdown() -> Vec<Case> {
    [
        ("installer", INSTALLER),
        ("cloud", CLOUD),
        ("hetzner", HETZNER),
        ("ovh", OVH),
        ("old", OLD),
        ("roaming", ROAMING),
        ("proxmox", PROXMOX),
    ]
    .map(|(id, text)| Case::one(id, text))
    .into()
}

/// One card with addresses in every form, for ifupdown2.
const FORMS: [(&str, &str); 4] = [
    ("forms1", "inet static\n address 10.1.0.1/24\n address 10.1.1.1/25\n"),
    ("forms2", "inet static\n address 10.1.0.1\n netmask 255.255.252.0\n"),
    ("forms3", "inet static\n netmask 20\n address 10.1.0.1\n address 10.1.2.1\n netmask 25\n"),
    ("forms4", "\n address 10.1.0.1/30\n address 2001:db8::1/64\n address 2001:db8::2\n"),
];

/// Those that a host with ifupdown2 has.
pub fn for_ifupdown2() -> Vec<Case> {
    let forms =
        FORMS.map(|(id, text)| Case::one(id, format!("auto eth0\niface eth0 {text}"))).into_iter();
    [("proxmox", PROXMOX), ("cumulus", CUMULUS), ("hetzner", HETZNER), ("installer", INSTALLER)]
        .map(|(id, text)| Case::one(id, text))
        .into_iter()
        .chain(forms)
        .collect()
}

/// What lint says to them: what their owners would want to know, and nothing else.
#[test]
fn lint_finds_in_them_what_is_wrong() {
    let cases: [(&str, &str, Option<System>, &[&str]); 9] = [
        ("installer", INSTALLER, None, &[]),
        ("cloud", CLOUD, None, &[]),
        ("hetzner", HETZNER, None, &[]),
        ("ovh", OVH, None, &["BR01:8", "IF16:16", "IF14:20"]),
        ("old", OLD, Some(System::Ifupdown), &["IF16:11", "IF14:20", "IF07:29"]),
        ("roaming", ROAMING, None, &[]),
        ("proxmox", PROXMOX, None, &["BR01:22"]),
        ("proxmox with ifupdown", PROXMOX, Some(System::Ifupdown), &["BR01:22"]),
        ("cumulus", CUMULUS, None, &[]),
    ];
    let mut wrong = Vec::new();
    for (name, text, system, expected) in cases {
        let files = [LintFile {
            kind: LintKind::Interfaces,
            path: "/etc/network/interfaces".to_owned(),
            mode: 0o644,
            source: rappel::diagnostic::Source::new("interfaces", text),
        }];
        let known = Known { system, complete: true, ..Known::default() };
        let found = review(&[LintHost { name: "host", files: &files, known: &known }]);
        let shown: Vec<String> = found
            .iter()
            .map(|one| {
                let line = one.place.as_ref().map_or(0, |place| place.line_column().0);
                format!("{}:{line}", one.rule.unwrap_or("none"))
            })
            .collect();
        if shown != expected {
            let why: Vec<String> = found.iter().map(ToString::to_string).collect();
            wrong.push(format!("{name}: {shown:?}\n{}", why.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
