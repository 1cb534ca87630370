//! What a host keeps behind tools, changed in one transaction with its files: on real hosts,
//! with the real tools where they run here.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod guests;
mod libvirt;
mod proxmox;
#[path = "proxmox/stand_in.rs"]
mod stand_in;
