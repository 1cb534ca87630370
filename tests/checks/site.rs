//! Labs with more than the hypervisor, and what the provider's own equipment does there.

use std::process::Command;

use rappel::lab::topology::{self, SEGMENT};
use rappel::lab::{HostSpec, Kind, NicSpec};

use crate::bench::Bench;

/// The hypervisor and `w1`, a host on the same segment, with both families.
pub fn with_neighbour() -> Bench {
    let mut spec = topology::t3();
    let nic =
        NicSpec::new("eth0", SEGMENT).address("203.0.113.21/24").address("2001:db8:2:96aa::1/56");
    let mut w1 = HostSpec::new("w1", Kind::Plain).nic(nic).route("default via 203.0.113.254");
    w1.address = "203.0.113.21".parse().ok();
    spec.hosts.push(w1);
    let bench = Bench::of(&spec);
    add_to_inventory(&bench, "neighbours", "w1", "203.0.113.21");
    bench
}

/// One more host in the inventory, in a group of its own that no play names.
pub fn add_to_inventory(bench: &Bench, group: &str, name: &str, address: &str) {
    let path = bench.project.path().join("inventory/hosts.yml");
    let text = std::fs::read_to_string(&path).expect("the inventory");
    let more = format!(
        "{group}:\n  hosts:\n    {name}:\n      ansible_host: {address}\n      ansible_user: root\n"
    );
    std::fs::write(path, text + &more).expect("written");
}

impl Bench {
    /// The provider's switches let frames through only from these MAC addresses, and from
    /// what is the lab's own.
    pub fn switch_knows_only(&self, macs: &[&str]) {
        let gateway = ["outside", "inside"].map(|nic| self.mac("gw", nic));
        let controller =
            self.lab.spec().controller.nics.iter().map(|nic| nic.mac_on("@controller"));
        let known: Vec<String> =
            macs.iter().map(|mac| (*mac).to_owned()).chain(gateway).chain(controller).collect();
        self.switch(&format!(
            "nft 'table bridge provider {{ chain f {{ type filter hook forward priority 0; ether saddr != {{ {} }} drop; }}; }}'",
            known.join(", ")
        ));
    }

    /// It lets everything through again.
    pub fn switch_knows_all(&self) {
        self.switch("nft delete table bridge provider");
    }

    /// A shell script at the provider's switches, which belong to no host.
    fn switch(&self, script: &str) {
        let room = format!("--mount=/proc/{}/ns/mnt", self.lab.pid());
        let status = Command::new("nsenter")
            .args([&room, "--", "ip", "netns", "exec", "switch", "sh", "-c", script])
            .status()
            .expect("nsenter");
        assert!(status.success(), "{script}");
    }

    /// The MAC address of a host's NIC.
    pub fn mac(&self, host: &str, nic: &str) -> String {
        self.console(host, &format!("cat /sys/class/net/{nic}/address")).trim().to_owned()
    }
}
