//! Proxmox VE's tools on a lab host, for which it cannot be installed: see pve.pl.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::bench::Bench;

const TOOLS: &str = include_str!("pve.pl");

/// The vars of T2's hypervisor, with what only these tools can make.
const VARS: &str = include_str!("../../../inventories/t2/host_vars/hv1.yml");

/// Puts the tools on a host, and what it had before rappel came: a template, and somebody
/// else's group, user, permission and VM.
pub fn install(bench: &Bench, host: &str) {
    bench.write("inventory/host_vars/hv1.yml", VARS);
    let text = STANDARD.encode(TOOLS);
    let tools = format!(
        "echo {text} | base64 -d >/usr/bin/pveum && chmod 755 /usr/bin/pveum && \
         ln -f /usr/bin/pveum /usr/bin/qm && ln -f /usr/bin/pveum /usr/bin/pvesh"
    );
    bench.console(host, &tools);
    bench.console(
        host,
        "qm create 100 --name debian-12 --memory 2048 --cores 1 --scsi0 local-lvm:10 \
            --net0 virtio,bridge=vmbr0 && qm template 100 && \
         qm create 900 --name mail --net0 virtio,bridge=vmbr0 && \
         pveum group add theirs --comment 'not ours' && \
         pveum user add zoe@pve --groups theirs && \
         pveum acl modify /vms/900 --groups theirs --roles PVEVMUser",
    );
}

/// Everything that the tools keep.
pub fn kept(bench: &Bench, host: &str) -> String {
    bench.console(
        host,
        "cd /var/lib/pve-stand-in && for f in groups/* users/* acl vms/* running/*; do \
         if [ -e $f ]; then echo \"$f:\"; cat $f; fi; done",
    )
}

/// What the tools were told to change since the last time that this was asked, in order.
pub fn told(bench: &Bench, host: &str) -> Vec<String> {
    let log = bench.console(host, "cd /var/lib/pve-stand-in && cat log; : >log");
    let reads = ["list", "config", "status", "listsnapshot", "get"];
    let changes = log.lines().filter(|line| {
        let words: Vec<&str> = line.split(' ').take(3).collect();
        !words.iter().any(|word| reads.contains(word))
    });
    changes.map(str::to_owned).collect()
}
