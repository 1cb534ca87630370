//! Templates and playbooks that come with rappel, in the binary itself.
//!
//! A file of the same name in the user's `templates/` takes its place.

macro_rules! shipped {
    ($directory:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../", $directory, "/", $name)))),*]
    };
}

const TEMPLATES: &[(&str, &str)] = shipped!("templates":
    "network/interfaces-proxmox.j2",
    "network/interfaces.j2",
    "network/keepalived.conf.j2",
    "network/libvirt-network.xml.j2",
    "network/macros.j2",
    "network/ndp-proxy.sh.j2",
    "network/ndp-proxy-down.sh.j2",
    "network/proxmox-acl.j2",
    "network/proxmox-group.j2",
    "network/proxmox-user.j2",
    "network/proxmox-vm.j2",
    "network/rappel.nft.j2",
    "network/sysctl.conf.j2",
);

const PLAYBOOKS: &[(&str, &str)] = shipped!("playbooks":
    "server.yml",
    "t0.yml",
    "t1.yml",
    "t2.yml",
    "t3.yml",
    "t4.yml",
);

/// Name and text of every shipped template.
pub fn shipped_templates() -> &'static [(&'static str, &'static str)] {
    TEMPLATES
}

/// Name and text of every shipped playbook.
pub fn shipped_playbooks() -> &'static [(&'static str, &'static str)] {
    PLAYBOOKS
}

/// The text of a shipped playbook by its file name, as in `t3.yml`.
pub fn shipped_playbook(name: &str) -> Option<&'static str> {
    PLAYBOOKS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
