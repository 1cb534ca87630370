//! Roots that do not lie on a plain partition.

use std::fs;
use std::os::unix::fs::FileExt;
use std::process::Command;

use crate::bench::{Bench, asked_for};
use crate::lost;

/// Makes a mirror of two disks, a volume group on it, and a root with a `/var` of its own, from
/// an archive on the third disk.
const LAY_OUT: &str = "
set -e
modprobe -a md_mod raid1 dm_mod
for disk in vda vdb; do
    echo 'label: gpt
start=2048, type=R' | sfdisk -q /dev/$disk
done
mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 --assume-clean \
    --homehost=web1 /dev/vda1 /dev/vdb1
pvcreate -qq /dev/md0
vgcreate -qq system /dev/md0
lvcreate -qq -y -Zn -L 900M -n root system
lvcreate -qq -y -Zn -L 300M -n var system
vgscan --mknodes >/dev/null
mkfs.ext4 -q /dev/mapper/system-root
mkfs.ext4 -q /dev/mapper/system-var
mkdir -p /tmp/new
mount /dev/mapper/system-root /tmp/new
mkdir /tmp/new/var
mount /dev/mapper/system-var /tmp/new/var
tar -xf /dev/vdc -C /tmp/new
echo \"UUID=$(blkid -s UUID -o value /dev/mapper/system-var) /var ext4 defaults 0 2\" >/tmp/new/etc/fstab
umount /tmp/new/var /tmp/new
vgchange -an -qq system
mdadm --stop /dev/md0
sync
";

#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn a_root_on_lvm_and_mdraid_comes_back() {
    asked_for();
    let bench = Bench::bare("/dev/mapper/system-root");
    for name in ["disk-a.img", "disk-b.img"] {
        let made = Command::new("truncate").args(["-s", "1400M"]).arg(bench.machine(name)).status();
        assert!(made.unwrap().success());
    }
    let mut archive = lost::disk().into_os_string();
    archive.push(".tar");
    bench.add_disk("disk-c.img", archive.as_ref());
    let key = bench.image("key.pub");
    fs::copy(key, bench.machine("key")).unwrap();
    fs::write(bench.machine("boot"), "rescue").unwrap();
    bench.power("reset");
    bench.await_answer("hostname", "rescue");
    bench.on(LAY_OUT);
    bench.power("off");
    fs::remove_file(bench.machine("disk-c.img")).unwrap();
    fs::write(bench.machine("boot"), "disk").unwrap();
    // The provider tells the rescue system's key: nobody has to be asked.
    fs::write(bench.machine("tells-key"), "").unwrap();
    let said = bench.rappel(&["rescue", "web1", "--yes", "--wait", "600", "--to", "1"]);
    let said = bench.rescued(said).says("/dev/mapper/system-root (ext4 on lvm, web1");
    said.says("files as generation 1 left them");
    assert_eq!(bench.boots(), "disk");
    assert_eq!(bench.on("hostname"), "web1");
    assert_eq!(bench.on("findmnt -no SOURCE /var"), "/dev/mapper/system-var");
    assert_eq!(bench.on("cat /etc/sysctl.d/90-rappel.conf"), lost::sysctl(1).trim());
    assert_eq!(bench.on("stat -c %a:%U /etc/rappel-was-here"), "640:root");
}

/// The first sector of a LUKS volume, version 1: no more of it is there, so that nobody could
/// open it.
fn luks_header() -> Vec<u8> {
    let mut header = b"LUKS\xba\xbe\x00\x01".to_vec();
    for (word, length) in [("aes", 32), ("xts-plain64", 32), ("sha256", 32)] {
        let end = header.len() + length;
        header.extend(word.bytes());
        header.resize(end, 0);
    }
    header.extend(4096_u32.to_be_bytes());
    header.extend(64_u32.to_be_bytes());
    header.resize(168, 0);
    header.extend(b"0e0cdd2e-9e8a-4f0e-8f1e-2b9f4e3c5d6a");
    header.resize(1 << 16, 0);
    header
}

/// Nothing is mounted in its place, and a person is told how to open it and go on.
#[test]
#[ignore = "boots whole machines under emulation: make test-all"]
fn an_encrypted_root_is_handed_over() {
    asked_for();
    let bench = Bench::bare("/dev/vda1");
    let disk = lost::disk();
    bench.add_disk("disk-a.img", &disk);
    let image = fs::File::options().write(true).open(bench.machine("disk-a.img")).unwrap();
    // Where the partition begins.
    image.write_all_at(&luks_header(), 1 << 20).unwrap();
    drop(image);
    fs::write(bench.machine("tells-key"), "").unwrap();
    bench.power("reset");
    bench
        .rappel(&["rescue", "web1", "--yes", "--wait", "600"])
        .code(4)
        .says("no root file system was found: /dev/vda1 is encrypted (LUKS)")
        .says("cryptsetup open /dev/vda1 opened")
        .says("--root /dev/mapper/opened")
        .says("the rescue system runs; no file is restored")
        .says("its boot setting is disk again, read back");
    assert_eq!(bench.boots(), "disk");
    assert_eq!(bench.on("hostname; grep -c /run/rappel-rescue /proc/mounts || :"), "rescue\n0");
}
