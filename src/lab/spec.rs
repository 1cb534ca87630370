//! What a lab is made of, before it exists.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A whole lab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Switches that belong to no host: network segments of the provider.
    pub bridges: Vec<Bridge>,
    /// How the controller, the place where rappel runs, is wired.
    pub controller: Wire,
    /// The host whose namespace is the provider's gateway, if there is one.
    pub gateway: Option<String>,
    /// All hosts; a guest stands behind its hypervisor.
    pub hosts: Vec<HostSpec>,
}

impl Spec {
    /// The host of that name.
    pub fn host(&self, name: &str) -> Option<&HostSpec> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// The host of that name, to be changed before the lab comes up.
    pub fn host_mut(&mut self, name: &str) -> Option<&mut HostSpec> {
        self.hosts.iter_mut().find(|host| host.name == name)
    }
}

/// A switch in the lab's own switch room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Its interface name there, at most 15 bytes.
    pub name: String,
    /// Whether it drops frames from MAC addresses that are not registered for the port
    /// they come in by, as many providers' switches do. Those of NIC `eth0` of `hv1` are the
    /// nft set `known_hv1_eth0` of the table `bridge strict` in the namespace `switch`.
    #[serde(default)]
    pub strict: bool,
}

impl Bridge {
    /// A switch that takes every frame.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), strict: false }
    }
}

/// How a host runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Debian booted by its own init, which is systemd unless the base has another;
    /// configures its NICs itself.
    Systemd,
    /// Debian's files with an SSH server as process 1 and no service manager; the lab
    /// configures its NICs.
    Plain,
    /// A network namespace and nothing else: gateways and cheap guests. The lab
    /// configures its NICs.
    Netns,
}

/// Static addresses and routes that the lab sets, for namespaces that do not set their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// The NICs in order.
    pub nics: Vec<NicSpec>,
    /// Routes as `ip route add` takes them, as in `default via 10.42.0.1`.
    pub routes: Vec<String>,
    /// Settings as `sysctl` takes them, as in `net.ipv4.ip_forward=1`.
    pub sysctls: Vec<String>,
}

/// One network card and the cable from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicSpec {
    /// Interface name in the host.
    pub name: String,
    /// The bridge the cable leads to. Without `inside` it is a [`Bridge`] of the lab.
    pub bridge: String,
    /// The MAC address; without one a fixed one follows from host and NIC name.
    pub mac: Option<String>,
    /// Further MAC addresses that a strict switch takes frames from on this port.
    #[serde(default)]
    pub registered: Vec<String>,
    /// The host that owns the bridge (a hypervisor). The port is put into the bridge as
    /// soon and as often as the bridge appears there.
    pub inside: Option<String>,
    /// Addresses with prefix length that the lab sets; not for [`Kind::Systemd`].
    pub addresses: Vec<String>,
    /// Whether IPv6 addresses set by the lab go through duplicate address detection,
    /// which takes 1 to 2 seconds.
    pub dad: bool,
}

impl NicSpec {
    /// A NIC whose cable leads to a bridge of the lab.
    pub fn new(name: &str, bridge: &str) -> Self {
        Self { name: name.to_owned(), bridge: bridge.to_owned(), ..Self::default() }
    }

    /// The same NIC with one more address set by the lab.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        self.addresses.push(address.to_owned());
        self
    }

    /// The MAC address on a host of that name. It stays the same over reboots: a new
    /// one would leave stale neighbour entries for most of a minute.
    pub fn mac_on(&self, host: &str) -> String {
        if let Some(mac) = &self.mac {
            return mac.clone();
        }
        let digest = Sha256::digest(format!("{host}/{}", self.name));
        let mut mac = String::from("02");
        for byte in digest.iter().take(5) {
            mac.push_str(&format!(":{byte:02x}"));
        }
        mac
    }
}

/// One host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSpec {
    /// Host name, unique in the lab.
    pub name: String,
    /// How it runs.
    pub kind: Kind,
    /// The variant of the Debian root, as in `bookworm`.
    pub base: String,
    /// NICs, and what the lab sets on them.
    pub wire: Wire,
    /// Where the controller reaches its SSH server. `Lab::up` waits for it.
    pub address: Option<IpAddr>,
    /// Further names and addresses under which the controller knows its host key.
    pub aliases: Vec<String>,
    /// `/etc/network/interfaces`, as a whole.
    pub interfaces: String,
    /// Further files: absolute path to text.
    pub files: BTreeMap<String, String>,
    /// Permission bits of such files; without, 0755 for scripts and 0644 for others.
    #[serde(default)]
    pub modes: BTreeMap<String, u32>,
    /// Where its SSH server listens besides port 22.
    #[serde(default)]
    pub port: Option<u16>,
    /// Accounts beyond those of the base, who may become root by sudo without a password.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// MiB of a disk of its own. It can be full, and when the host's power is cut, what was
    /// not synced is lost. Without one what a host wrote is there after a power cut.
    pub disk: Option<u32>,
    /// Shell scripts that run from its start to its end, as a DHCP server does; for
    /// [`Kind::Netns`], the others have an init for it.
    #[serde(default)]
    pub programs: Vec<String>,
}

impl HostSpec {
    /// A host without NICs.
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            base: "bookworm".to_owned(),
            wire: Wire::default(),
            address: None,
            aliases: Vec::new(),
            interfaces: String::new(),
            files: BTreeMap::new(),
            modes: BTreeMap::new(),
            port: None,
            accounts: Vec::new(),
            disk: None,
            programs: Vec::new(),
        }
    }

    /// The same host with one more NIC.
    #[must_use]
    pub fn nic(mut self, nic: NicSpec) -> Self {
        self.wire.nics.push(nic);
        self
    }

    /// The same host with one more route, as `ip route add` takes it.
    #[must_use]
    pub fn route(mut self, route: &str) -> Self {
        self.wire.routes.push(route.to_owned());
        self
    }

    /// The same host with one more file.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// Whether the host has files and an SSH server of its own.
    pub fn has_root(&self) -> bool {
        self.kind != Kind::Netns
    }

    /// The hypervisor that this host is a guest of.
    pub fn hypervisor(&self) -> Option<&str> {
        self.wire.nics.iter().find_map(|nic| nic.inside.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::{HostSpec, Kind, NicSpec};

    #[test]
    fn a_mac_is_fixed_local_and_unicast() {
        let nic = NicSpec::new("eth0", "segment");
        assert_eq!(nic.mac_on("a"), nic.mac_on("a"));
        assert_ne!(nic.mac_on("a"), nic.mac_on("b"));
        assert!(nic.mac_on("a").starts_with("02:"));
        assert_eq!(nic.mac_on("a").len(), 17);
    }

    #[test]
    fn a_guest_names_its_hypervisor() {
        let mut nic = NicSpec::new("eth0", "br1");
        nic.inside = Some("hv1".to_owned());
        let guest = HostSpec::new("guest1", Kind::Netns).nic(nic);
        assert_eq!(guest.hypervisor(), Some("hv1"));
    }
}
