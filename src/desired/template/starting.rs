//! The shipped inventories, in the binary itself: what a user starts from.

/// One starting point.
#[derive(Debug)]
pub struct Start {
    /// What `init --topology` calls it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// The shipped playbook's name.
    pub playbook: &'static str,
    /// Path below the inventory and text of each of its files.
    pub inventory: &'static [(&'static str, &'static str)],
}

/// The schema that the vars' files name for editors.
pub const SCHEMA: &str = include_str!("../../../docs/network.schema.json");

macro_rules! start {
    ($name:literal, $playbook:literal, $about:literal, $($file:literal),*) => {
        Start {
            name: $name,
            about: $about,
            playbook: $playbook,
            inventory: &[$((
                $file,
                include_str!(concat!("../../../inventories/", $name, "/", $file)),
            )),*],
        }
    };
}

/// All starting points.
pub const STARTS: &[Start] = &[
    start!(
        "t0",
        "t0.yml",
        "two firewall VMs that share an address by VRRP, on a KVM host",
        "hosts.yml",
        "host_vars/hv1.yml",
        "host_vars/fw1.yml",
        "host_vars/fw2.yml"
    ),
    start!(
        "t1",
        "t1.yml",
        "a router VM with an additional address and a virtual MAC, behind one NIC",
        "hosts.yml",
        "host_vars/hv1.yml",
        "host_vars/router1.yml"
    ),
    start!(
        "t1-routed",
        "t1.yml",
        "the same where additional addresses are routed to the server",
        "hosts.yml",
        "host_vars/hv1.yml",
        "host_vars/router1.yml"
    ),
    start!(
        "t2",
        "t2.yml",
        "two groups of VMs on a shared hypervisor, joined by a gateway VM",
        "hosts.yml",
        "host_vars/hv1.yml",
        "host_vars/gw12.yml",
        "host_vars/g1a.yml",
        "host_vars/g1b.yml",
        "host_vars/g2a.yml"
    ),
    start!(
        "t3",
        "t3.yml",
        "a hypervisor with NAT for IPv4 and proxied neighbour discovery for IPv6",
        "hosts.yml",
        "host_vars/hv1.yml"
    ),
    start!(
        "t4",
        "t4.yml",
        "a KVM host that moves from DHCP on its only NIC to a bridge",
        "hosts.yml",
        "host_vars/hv1.yml"
    ),
    start!(
        "static",
        "server.yml",
        "a server with a static address",
        "hosts.yml",
        "host_vars/server1.yml"
    ),
    start!(
        "single-address",
        "server.yml",
        "a server with a /32 and the gateway 100.64.0.1",
        "hosts.yml",
        "host_vars/server1.yml"
    ),
    start!(
        "hetzner",
        "server.yml",
        "a hypervisor with a point-to-point gateway and a routed /64",
        "hosts.yml",
        "host_vars/server1.yml"
    ),
    start!(
        "bond",
        "server.yml",
        "a server with a bond and a tagged uplink",
        "hosts.yml",
        "host_vars/server1.yml"
    ),
];

/// The starting point of that name.
pub fn start(name: &str) -> Option<&'static Start> {
    STARTS.iter().find(|start| start.name == name)
}
