#!/bin/sh
# images.sh: prints the directory of everything that a whole machine under software
# emulation needs, and builds it first when it is missing (about 3 min, the only step that
# uses the network):
#   tools/      a Debian root with QEMU and the file system tools, so that the machine that
#               runs the tests needs neither
#   vmlinuz, initrd   the machine's kernel, as its boot loader would load it
#   plain.img   a disk with a partition table and one partition: Debian with ifupdown
#   root.tar    the same root, for disks that only a running machine can lay out
#   rescue.img  what the provider boots instead: another Debian, with other host keys
#   key         opens both; host.pub and rescue.pub are their host keys
#
# Nothing here is ever changed after it is built: each machine gets a copy of its disk. The
# directory's name holds the digest of this recipe.
set -eu

cache=${RAPPEL_LAB_CACHE:-/var/cache/rappel-lab}
digest=$(sha256sum <"$0" | cut -c1-12)
images=$cache/machine-$digest
if [ -d "$images" ]; then
    echo "$images"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "images.sh: $images is missing and building it needs root" >&2
    exit 1
fi
if ! command -v mmdebstrap >/dev/null; then
    echo 'images.sh: mmdebstrap is missing; run scripts/install-lab first' >&2
    exit 1
fi
mkdir -p "$cache"
# Whoever comes second waits here and then finds the finished images.
exec 9>"$cache/machine-$digest.lock"
flock 9
if [ -d "$images" ]; then
    echo "$images"
    exit 0
fi
aside=$cache/.machine-$digest.building
rm -rf --one-file-system "$aside"
umask 022
mkdir -p "$aside"
echo "images.sh: building $images" >&2

debian() {
    mmdebstrap --quiet --mode=root --variant=minbase --include="$2" \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        bookworm "$1" >&2 9>&-
}

debian "$aside/tools" qemu-system-x86,e2fsprogs,fdisk

packages=systemd,systemd-sysv,libpam-systemd,udev,dbus,openssh-server,ifupdown,nftables
packages=$packages,iproute2,iputils-ping,iputils-arping,procps,kmod,netbase,busybox
packages=$packages,linux-image-cloud-amd64,initramfs-tools,lvm2,mdadm,e2fsprogs,fdisk,lz4
debian "$aside/root" "$packages"
root=$aside/root

# The kernel, and an initrd with what the disks of all variants need and nothing else: every
# module costs time under emulation.
furnish() {
    chroot "$root" /bin/sh -eu >&2 9>&- <<'INSIDE'
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id
sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=lz4/' /etc/initramfs-tools/initramfs.conf
printf '%s\n' virtio_pci virtio_blk ext4 dm_mod md_mod raid1 >>/etc/initramfs-tools/modules
kernel=$(ls /lib/modules)
mkinitramfs -o /boot/small.img "$kernel"
ln -sf /bin/true /sbin/update-initramfs.off
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer systemd-timesyncd.service getty@tty1.service \
    serial-getty@ttyS0.service systemd-pstore.service lvm2-monitor.service \
    mdmonitor.service mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer \
    systemd-random-seed.service systemd-journal-flush.service >/dev/null 2>&1 || :
INSIDE
    mv "$root"/boot/small.img "$aside/initrd"
    mv "$root"/boot/vmlinuz-* "$aside/vmlinuz"
    rm -f "$root"/boot/initrd.img-* "$root"/boot/System.map-* "$root/sbin/update-initramfs.off"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
}
furnish

key() { ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"; }
key "$aside/key" controller
key "$aside/host" host
key "$aside/rescue" rescue
# Opens nothing: for a rescue system that was given the wrong key.
key "$aside/stranger" stranger

host_key() {
    install -m 600 "$aside/$2" "$1/etc/ssh/ssh_host_ed25519_key"
    install -m 644 "$aside/$2.pub" "$1/etc/ssh/ssh_host_ed25519_key.pub"
}

# The host: what a provider hands over.
mkdir -p "$root/root/.ssh"
install -m 600 "$aside/key.pub" "$root/root/.ssh/authorized_keys"
host_key "$root" host
echo web1 >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 web1\n' >"$root/etc/hosts"
echo 5eb63bbbe01eeed093cb22bb8f5acdc3 >"$root/etc/machine-id"
cat >"$root/etc/network/interfaces" <<'INTERFACES'
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
	address 203.0.113.10/24
	gateway 203.0.113.254
INTERFACES
tar -C "$root" -cf "$aside/root.tar" .

# image DIRECTORY FILE: a disk with a partition table and one partition.
image() {
    truncate -s 1400M "$2"
    printf 'label: gpt\nstart=2048, type=L\n' | chroot_sfdisk "$2"
    mkfs.ext4 -q -F -E offset=1048576 -d "$1" "$2" $((1400 * 1024 - 2048))k >&2
}

# The tools' own, with the images' directory bound to a place in their root.
chroot_sfdisk() {
    unshare --mount sh -c 'mount --bind "$1" "$1/tools/mnt" && exec chroot "$1/tools" sfdisk -q "/mnt/$2"' \
        sh "$aside" "${1##*/}" >&2
}
image "$root" "$aside/plain.img"

# The rescue system: in memory for all that matters (its disk is never written to), with a
# small init of its own, as live systems have. Its key comes from the provider, by the kernel's
# command line.
echo rescue >"$root/etc/hostname"
rm -rf "$root/root/.ssh" "$root/etc/network/interfaces" "$root/var/lib/rappel"
rm -f "$root/etc/machine-id"
host_key "$root" rescue
cat >"$root/sbin/rescue-init" <<'INIT'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /root
mkdir -p /dev/pts /run/sshd /run/lock /root/.ssh
mount -t devpts devpts /dev/pts
hostname rescue
of() { sed -n "s/.*rescue\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
of key | base64 -d >/root/.ssh/authorized_keys
chmod 700 /root /root/.ssh
# Like a real one, it assembles nothing by itself.
mkdir -p /run/udev/rules.d
for rule in 63-md-raid-arrays.rules 64-md-raid-assembly.rules 69-lvm.rules; do : >/run/udev/rules.d/$rule; done
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle
ip link set lo up
ip addr add "$(of address)" dev eth0
ip link set eth0 up
ip route add default via "$(of gateway)"
exec /usr/sbin/sshd -D -e
INIT
chmod 755 "$root/sbin/rescue-init"
image "$root" "$aside/rescue.img"
rm -rf --one-file-system "$root"
mv "$aside" "$images"
echo "$images"
