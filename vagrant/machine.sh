#!/bin/sh
# machine.sh: makes a fresh box what a provider hands over, before rappel sees it. Vagrant runs
# it once on each machine, as root, with these variables:
#   NAME      its host name
#   NICS      a line for each NIC: MAC address, name, and the bridge that it is a plug of
#   START     /etc/network/interfaces
#   PACKAGES  what has to be installed
#
# NICs get the names that the inventory has for them. The one that is left, over which Vagrant
# reaches the machine, is called vagrant0 and stands in a file of its own, which rappel never
# touches: /etc/network/interfaces.d/vagrant.
set -eu

if [ -e /etc/lab-nics ]; then
    echo 'machine.sh: this machine was made before and is left as it is'
    exit 0
fi

# While there still is a way out.
missing=
for package in $PACKAGES; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    apt-get update
    # shellcheck disable=SC2086 # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
fi

echo "$NAME" >/etc/hostname
hostname "$NAME"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n' "$NAME" >/etc/hosts

printf '%s\n' "$NICS" | cut -d ' ' -f 1,2 >/etc/lab-nics

cat >/usr/local/sbin/lab-names <<'NAMES'
#!/bin/sh
# lab-names: gives each NIC its name of /etc/lab-nics, by its MAC address, and vagrant0 to the
# one that is not there. Twice, because a name may be another NIC's until it has its own.
set -eu
udevadm settle || :
number=0
for nic in /sys/class/net/*/device; do
    nic=${nic%/device}
    ip link set "${nic##*/}" down
    ip link set "${nic##*/}" name "lab$number"
    number=$((number + 1))
done
for nic in /sys/class/net/lab[0-9]*; do
    name=$(sed -n "s/^$(cat "$nic/address") //p" /etc/lab-nics)
    ip link set "${nic##*/}" name "${name:-vagrant0}"
done
NAMES
chmod 755 /usr/local/sbin/lab-names

cat >/etc/systemd/system/lab-names.service <<'UNIT'
[Unit]
Description=Names of NICs, as the inventory has them
DefaultDependencies=no
After=systemd-udevd.service systemd-udev-trigger.service local-fs.target
Before=network-pre.target networking.service
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-names

[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --quiet lab-names.service

# What a hypervisor does when a bridge has come up: its guests are plugged in.
printf '%s\n' "$NICS" | while read -r _ nic bridge; do
    [ -z "$bridge" ] || printf '%s, %s, %s, %s\n' 'ACTION=="add"' 'SUBSYSTEM=="net"' \
        "KERNEL==\"$bridge\"" "RUN+=\"/sbin/ip link set $nic master $bridge up\""
done >/etc/udev/rules.d/99-lab.rules
udevadm control --reload

# Over Vagrant's NIC nobody finds a way out: the lab's own gateway is the way.
mkdir -p /etc/dhcp/dhclient-enter-hooks.d
# shellcheck disable=SC2016 # for dhclient's shell
echo 'if [ "$interface" = vagrant0 ]; then unset new_routers; fi' \
    >/etc/dhcp/dhclient-enter-hooks.d/lab

cat >/usr/local/sbin/lab-begin <<'BEGIN'
#!/bin/sh
# lab-begin: from the box's network to the lab's.
systemctl stop 'ifup@*.service' networking.service
lab-names
cp /etc/lab-interfaces /etc/network/interfaces
rm -f /etc/network/interfaces.d/*
printf 'auto vagrant0\niface vagrant0 inet dhcp\n' >/etc/network/interfaces.d/vagrant
systemctl start networking.service
BEGIN
chmod 755 /usr/local/sbin/lab-begin
{
    printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n'
    printf '%s' "$START"
} >/etc/lab-interfaces

# In a unit of its own: this session has no network for a few seconds.
systemd-run --quiet --collect --wait /usr/local/sbin/lab-begin
