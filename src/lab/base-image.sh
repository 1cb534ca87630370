#!/bin/sh
# base-image [VARIANT]: prints the path of an unpacked Debian root for labs and
# builds it first when it is missing (about 30 s, the only step of a lab that uses
# the network). VARIANT: bookworm (default), bookworm-ifupdown2, bookworm-libvirt,
# bookworm-iptables, bookworm-python (for comparisons with tools that need Python on their
# hosts), bookworm-sysvinit, bookworm-vagrant (a computer that virtual machines run on, ten times
# as large as the others), bookworm-vrrp, trixie.
#
# The root is never changed after it is built: labs lay overlays over it. Its name
# holds the digest of the recipe, so a changed recipe gets a new root by itself.
set -eu

variant=${1:-bookworm}
cache=${RAPPEL_LAB_CACHE:-/var/cache/rappel-lab}
ifupdown=ifupdown
# libpam-systemd: without it a reboot leaves SSH clients hanging for a minute.
init=systemd,systemd-sysv,libpam-systemd
more=
case $variant in
    bookworm) suite=bookworm ;;
    bookworm-ifupdown2) suite=bookworm ifupdown=ifupdown2 ;;
    # A KVM host as Debian installs it: its address comes by DHCP.
    bookworm-libvirt)
        suite=bookworm
        more=,isc-dhcp-client,libvirt-daemon-system,libvirt-clients
        ;;
    bookworm-iptables) suite=bookworm more=,iptables ;;
    bookworm-python) suite=bookworm more=,python3 ;;
    bookworm-sysvinit) suite=bookworm init=sysvinit-core ;;
    bookworm-vagrant)
        suite=bookworm
        more=,vagrant,vagrant-libvirt,libvirt-daemon-system,libvirt-clients,qemu-system-x86
        more=$more,qemu-utils,dnsmasq-base,openssh-client,isc-dhcp-client
        ;;
    # Firewalls that take over from each other.
    bookworm-vrrp) suite=bookworm more=,keepalived,ucarp ;;
    trixie) suite=trixie ;;
    *)
        echo "base-image: no variant named '$variant' (bookworm, bookworm-ifupdown2, bookworm-libvirt, bookworm-iptables, bookworm-python, bookworm-sysvinit, bookworm-vagrant, bookworm-vrrp, trixie)" >&2
        exit 2
        ;;
esac

packages=$init,udev,dbus,openssh-server,$ifupdown
packages=$packages,bridge-utils,nftables,iproute2,iputils-ping,iputils-arping,procps
packages=$packages,kmod,netbase,sudo,tcpdump,busybox,e2fsprogs,netcat-openbsd$more

# Runs inside the new root. Everything that is the same for all hosts of all labs.
# shellcheck disable=SC2016 # expanded inside the root, not here
furnish='
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id
: >/etc/network/interfaces

# One file of keys opens all accounts, so a lab has to place it only once.
printf "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/lab_authorized_keys\n" \
    >/etc/ssh/sshd_config.d/lab.conf

# "*" is no password but not a locked account, which sshd without PAM would refuse.
useradd --create-home --shell /bin/bash --password "*" --groups sudo admin
useradd --create-home --shell /bin/bash --groups sudo asker
useradd --create-home --shell /bin/bash --password "*" nobody-admin
echo "asker:correct horse" | chpasswd
echo "admin ALL=(ALL:ALL) NOPASSWD: ALL" >/etc/sudoers.d/admin
chmod 0440 /etc/sudoers.d/admin
'

# shellcheck disable=SC2016 # as above
under_systemd='
# Work that no lab needs, at the moment when every host boots.
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-timesyncd.service \
    console-getty.service getty@tty1.service systemd-pstore.service >/dev/null 2>&1

# A container has no udev by default, which would disable allow-hotplug, .link files
# and the MAC policy for bridges. These drop-ins start it for network devices.
dropin() {
    mkdir -p "/etc/systemd/system/$1.d"
    printf "%b" "$2" >"/etc/systemd/system/$1.d/lab.conf"
}
anyway="[Unit]\nConditionPathIsReadWrite=\n"
dropin systemd-udevd-control.socket "$anyway"
dropin systemd-udevd-kernel.socket "$anyway"
dropin systemd-udevd.service "$anyway"
trigger="After=systemd-udevd.service\n[Service]\nExecStart=\n"
trigger="${trigger}ExecStart=/bin/mount -o remount,rw /sys/devices\n"
trigger="${trigger}ExecStart=/bin/mount -o remount,bind,rw /sys/devices\n"
trigger="${trigger}ExecStart=/bin/udevadm trigger --action=add --subsystem-match=net\n"
dropin systemd-udev-trigger.service "$anyway$trigger"

# systemd decides at boot that there are no device units, so ifup@ must not wait for one.
unit=/lib/systemd/system/ifup@.service
if [ -e "$unit" ]; then
    grep -v sys-subsystem-net "$unit" >/etc/systemd/system/ifup@.service
fi
'

# shellcheck disable=SC2016 # as above
under_sysvinit='
# A container has one console and no terminals to wait for logins at.
sed -i "/getty/d" /etc/inittab
'
case $init in
    sysvinit-core) furnish=$furnish$under_sysvinit ;;
    *) furnish=$furnish$under_systemd ;;
esac

digest=$(printf '%s\n' "$suite" "$packages" "$furnish" | sha256sum | cut -c1-12)
root=$cache/$variant-$digest
if [ -d "$root" ]; then
    echo "$root"
    exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
    echo "base-image: $root is missing and building it needs root" >&2
    exit 1
fi
if ! command -v mmdebstrap >/dev/null; then
    echo "base-image: mmdebstrap is missing; run scripts/install-lab first" >&2
    exit 1
fi
mkdir -p "$cache"
# Whoever comes second waits here and then finds the finished root.
exec 9>"$cache/$variant-$digest.lock"
flock 9
if [ ! -d "$root" ]; then
    aside=$cache/.$variant-$digest.building
    rm -rf --one-file-system "$aside"
    # A root is entered by the accounts of its hosts, whatever the caller's umask is.
    umask 022
    echo "base-image: building $root" >&2
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$suite" "$aside" >&2 9>&-
    printf '%s\n' "$furnish" | chroot "$aside" /bin/sh -eu >&2 9>&-
    mv "$aside" "$root"
fi
echo "$root"
