#!/bin/sh
# box.sh STATION: prints the directory of a Vagrant box for libvirt without KVM, and makes it
# first when it is missing (about 2 min, uses the network):
#   lab.box   Debian with ifupdown, a user `vagrant` with sudo, and the kernel to boot it with
#
# STATION is the Debian root with Vagrant and QEMU (scripts/base-image bookworm-vagrant), whose
# qemu-img and whose key for fresh boxes are used. The directory's name holds the digest of
# this recipe.
set -eu

station=$1
cache=${RAPPEL_LAB_CACHE:-/var/cache/rappel-lab}
digest=$(sha256sum <"$0" | cut -c1-12)
made=$cache/vagrant-box-$digest
if [ -d "$made" ]; then
    echo "$made"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "box.sh: $made is missing and making it needs root" >&2
    exit 1
fi
if ! command -v mmdebstrap >/dev/null; then
    echo 'box.sh: mmdebstrap is missing; run scripts/install-lab first' >&2
    exit 1
fi
mkdir -p "$cache"
# Whoever comes second waits here and then finds the finished box.
exec 9>"$cache/vagrant-box-$digest.lock"
flock 9
if [ -d "$made" ]; then
    echo "$made"
    exit 0
fi
aside=$cache/.vagrant-box-$digest.building
rm -rf --one-file-system "$aside"
umask 022
mkdir -p "$aside/box"
root=$aside/root
echo "box.sh: making $made" >&2

packages=systemd,systemd-sysv,libpam-systemd,udev,dbus,openssh-server,sudo,ifupdown
packages=$packages,isc-dhcp-client,bridge-utils,nftables,keepalived,iproute2,iputils-ping
packages=$packages,iputils-arping,tcpdump,procps,kmod,netbase,dnsmasq-base
packages=$packages,linux-image-cloud-amd64,initramfs-tools,e2fsprogs,lz4
mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$root" >&2 9>&-

# Each machine makes its own host keys and id when it boots for the first time.
chroot "$root" /bin/sh -eu >&2 9>&- <<'INSIDE'
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
: >/etc/machine-id
useradd --create-home --shell /bin/bash --password '*' vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/vagrant
chmod 0440 /etc/sudoers.d/vagrant
mkdir -p /etc/systemd/system/ssh.service.d
cat >/etc/systemd/system/ssh.service.d/keys.conf <<'UNIT'
[Service]
ExecStartPre=
ExecStartPre=/usr/local/sbin/host-keys
UNIT
cat >/usr/local/sbin/host-keys <<'KEYS'
#!/bin/sh
for type in ed25519 ecdsa; do
    key=/etc/ssh/ssh_host_${type}_key
    test -e "$key" || ssh-keygen -q -t "$type" -N '' -f "$key"
done
KEYS
chmod 755 /usr/local/sbin/host-keys
printf 'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n' >/etc/network/interfaces
systemctl disable keepalived >/dev/null 2>&1 || :
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer systemd-timesyncd.service getty@tty1.service \
    serial-getty@ttyS0.service systemd-pstore.service >/dev/null 2>&1 || :
sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=lz4/' /etc/initramfs-tools/initramfs.conf
printf '%s\n' virtio_pci virtio_blk ext4 >>/etc/initramfs-tools/modules
mkinitramfs -o /boot/small.img "$(ls /lib/modules)"
INSIDE
mv "$root/boot/small.img" "$aside/box/initrd"
mv "$root"/boot/vmlinuz-* "$aside/box/vmlinuz"
rm -f "$root"/boot/initrd.img-* "$root"/boot/System.map-*
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
mkdir -m 700 "$root/home/vagrant/.ssh"
cat "$station"/usr/share/rubygems-integration/all/gems/vagrant-*/keys/vagrant.pub \
    >"$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant: /home/vagrant/.ssh

truncate -s 1500M "$aside/disk.raw"
mkfs.ext4 -q -F -d "$root" "$aside/disk.raw" >&2
rm -rf --one-file-system "$root"
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount sh -c '
    mount --bind "$1" "$2/mnt" && mount --rbind /dev "$2/dev" &&
        exec chroot "$2" qemu-img convert -c -O qcow2 /mnt/disk.raw /mnt/box/box.img
' sh "$aside" "$station" >&2
echo '{"provider": "libvirt", "format": "qcow2", "virtual_size": 2}' >"$aside/box/metadata.json"
cat >"$aside/box/Vagrantfile" <<'VAGRANTFILE'
# This computer need not have KVM, and its libvirt no NAT.
Vagrant.configure("2") do |config|
  config.vm.boot_timeout = 600
  config.vm.provider :libvirt do |libvirt|
    libvirt.driver = "qemu"
    libvirt.cpus = 2
    libvirt.cpu_mode = "custom"
    libvirt.cpu_model = "qemu64"
    libvirt.kernel = File.expand_path("vmlinuz", __dir__)
    libvirt.initrd = File.expand_path("initrd", __dir__)
    libvirt.cmd_line = "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet mitigations=off nokaslr random.trust_cpu=on"
    libvirt.graphics_type = "none"
    libvirt.video_type = "none"
    libvirt.management_network_mode = "none"
  end
end
VAGRANTFILE
tar -C "$aside/box" -cf "$aside/lab.box" metadata.json Vagrantfile box.img vmlinuz initrd
rm -rf --one-file-system "$aside/box" "$aside/disk.raw"
mv "$aside" "$made"
echo "$made"
