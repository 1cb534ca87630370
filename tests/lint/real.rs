//! Files in the style of installers, providers' guides and Proxmox.

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
