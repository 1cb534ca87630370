//! A disk of a lost host, made once for all tests of this process. What is kept on it was
//! made by rappel itself in two changes of a host in a lab, where that takes seconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rappel::lab::{Lab, topology};
use tempfile::TempDir;

use crate::bench::{INTERFACES, RAPPEL, Said, images};

pub const SITE: &str = "\
- hosts: machines
  artifacts:
    - kind: interfaces
      template: interfaces.j2
    - kind: sysctl
      template: sysctl.j2
    - kind: file
      path: /etc/rappel-was-here
      mode: '0640'
      template: sysctl.j2
  checks: [ssh, gateway]
";

/// What the change's sysctl file says in a generation.
pub fn sysctl(generation: u32) -> String {
    format!("net.ipv4.conf.all.rp_filter = {}\n", if generation == 1 { 2 } else { 0 })
}

struct Disk {
    dir: TempDir,
}

/// The disk; beside it, with the ending `tar`, the same as an archive.
pub fn disk() -> PathBuf {
    static DISK: OnceLock<Disk> = OnceLock::new();
    DISK.get_or_init(make).dir.path().join("lost.img")
}

fn make() -> Disk {
    let dir = tempfile::tempdir().unwrap();
    let mut spec = topology::fleet(1);
    let host = spec.host_mut("h0").unwrap();
    host.name = "web1".to_owned();
    host.address = "203.0.113.10".parse().ok();
    host.interfaces = INTERFACES.replace("# written by rappel\n", "# as it came\n");
    let lab = Lab::up(Path::new(RAPPEL), &spec).unwrap();
    let project = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(project.path().join(name), text).unwrap();
    write("site.yml", SITE);
    write("interfaces.j2", INTERFACES);
    write(
        "hosts.yml",
        "machines:\n  hosts:\n    web1:\n      ansible_host: 203.0.113.10\n      ansible_user: root\n",
    );
    for generation in [1, 2] {
        write("sysctl.j2", &sysctl(generation));
        let mut apply = lab.controller(&[RAPPEL, "apply", "site.yml", "--yes"]).unwrap();
        apply.arg("--private-key").arg(lab.key()).arg("--known-hosts").arg(lab.known_hosts());
        let said = Said::of(&apply.current_dir(project.path()).output().unwrap());
        said.code(0).says(&format!("confirmed as generation {generation}"));
    }
    let state = dir.path().join("state.tar");
    let paths =
        "etc/network/interfaces etc/sysctl.d/90-rappel.conf etc/rappel-was-here var/lib/rappel";
    lab.sh("web1", &format!("tar -C / -cf /root/state.tar {paths}")).unwrap();
    fs::write(&state, lab.read_file("web1", "/root/state.tar").unwrap()).unwrap();
    drop(lab);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/disk.sh");
    let made = Command::new("sh")
        .arg(script)
        .arg(images())
        .arg(&state)
        .arg(dir.path().join("lost.img"))
        .output()
        .unwrap();
    let said = Said::of(&made);
    said.code(0);
    Disk { dir }
}
