//! What a host keeps behind tools, changed in one transaction with its files: on real hosts,
//! with the real tools where they run here.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod guests;
mod imported;
mod libvirt;
#[path = "../adopt/project.rs"]
#[allow(dead_code)]
mod project;
mod proxmox;
#[path = "proxmox/stand_in.rs"]
mod stand_in;
