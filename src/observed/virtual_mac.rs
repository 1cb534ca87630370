//! The virtual MAC addresses of a server, as its provider tells.

use ipnet::IpNet;

/// A virtual MAC address and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMac {
    /// The MAC address, in lower case.
    pub mac: String,
    /// The addresses that may be sent from it, each with its VM.
    pub addresses: Vec<(String, String)>,
}

/// All of a server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMacs {
    /// Whether the server's range has them at all.
    pub supported: bool,
    /// How many it may have.
    pub quota: Option<u64>,
    /// The networks of additional addresses that are the server's.
    pub blocks: Vec<IpNet>,
    /// Those that are there.
    pub all: Vec<SeenMac>,
}

impl SeenMacs {
    /// The one that an address is sent from, and the VM that the provider has for it.
    pub fn of(&self, address: &str) -> Option<(&SeenMac, &str)> {
        self.all.iter().find_map(|seen| {
            let (_, vm) = seen.addresses.iter().find(|(own, _)| own == address)?;
            Some((seen, vm.as_str()))
        })
    }
}
