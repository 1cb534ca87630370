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

/// Those that a host with ifupdown2 has.
pub fn for_ifupdown2() -> Vec<Case> {
    [("proxmox", PROXMOX), ("cumulus", CUMULUS), ("hetzner", HETZNER), ("installer", INSTALLER)]
        .map(|(id, text)| Case::one(id, text))
        .into()
}
