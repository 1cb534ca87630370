//! The machines of a Vagrantfile, as Vagrant itself understands it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::station::Station;

/// All topologies that have a lab.
pub const TOPOLOGIES: [&str; 5] = ["t0", "t1", "t2", "t3", "t4"];

/// A machine.
pub struct Machine {
    pub nics: Vec<Nic>,
    /// `/etc/network/interfaces` before rappel.
    pub start: String,
    /// Everything that was said of it.
    pub whole: Value,
}

/// A NIC of it.
#[derive(Clone)]
pub struct Nic {
    pub name: String,
    pub mac: String,
    /// The network that its cable leads to.
    pub wire: String,
    /// The bridge that it is put into: the plug of a guest.
    pub bridge: Option<String>,
}

impl Machine {
    /// The NICs that the machine has for itself.
    pub fn own(&self) -> impl Iterator<Item = &Nic> {
        self.nics.iter().filter(|nic| nic.bridge.is_none())
    }

    /// The NICs that stand for guests.
    pub fn plugs(&self) -> impl Iterator<Item = (&Nic, &str)> {
        self.nics.iter().filter_map(|nic| Some((nic, nic.bridge.as_deref()?)))
    }

    /// The NIC of that name.
    #[track_caller]
    pub fn nic(&self, name: &str) -> &Nic {
        self.nics.iter().find(|nic| nic.name == name).unwrap_or_else(|| panic!("no NIC {name}"))
    }

    /// The words behind a keyword of its interfaces file.
    pub fn starts_with(&self, keyword: &str) -> Vec<&str> {
        let words = self.start.lines().map(|line| line.trim().split_once(' '));
        words.flatten().filter(|(word, _)| *word == keyword).map(|(_, rest)| rest).collect()
    }
}

/// The machines of a topology for a provider.
pub fn machines(station: &Station, topology: &str, provider: &str) -> BTreeMap<String, Machine> {
    // Commands can be added by the user's own Vagrantfile.
    let said = station.sh(&format!(
        "mkdir -p /root/describe && cp /work/describe.rb /root/describe/Vagrantfile && \
         cd {topology} && VAGRANT_HOME=/root/describe vagrant describe {provider}"
    ));
    let json = said.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{said}"));
    let found: BTreeMap<String, Value> = serde_json::from_str(json).unwrap();
    found.into_iter().map(|(name, whole)| (name, machine(whole))).collect()
}

fn machine(whole: Value) -> Machine {
    let env = &whole["provisioners"][0]["env"];
    let text = |name: &str| env[name].as_str().unwrap_or_default().to_owned();
    let networks = whole["networks"].as_array().cloned().unwrap_or_default();
    let lines = text("NICS");
    assert_eq!(lines.lines().count(), networks.len(), "{whole:#}");
    let nics = lines.lines().zip(&networks).map(|(line, network)| nic(line, &network[1]));
    Machine { nics: nics.collect(), start: text("START"), whole }
}

/// What the machine is told of a NIC, and the network of it.
fn nic(line: &str, network: &Value) -> Nic {
    let mut words = line.split(' ').map(str::to_owned);
    let (mac, name) = (words.next().unwrap(), words.next().unwrap());
    assert_eq!(network["mac"], mac.replace(':', ""), "{network:#}");
    let wire = network["virtualbox__intnet"].as_str().unwrap().to_owned();
    Nic { name, mac, wire, bridge: words.next() }
}
