#!/bin/sh
# disk.sh IMAGES STATE OUT: a disk of a host that is lost. STATE is a tar archive of what
# rappel made of a host in two changes (its files, and what it keeps); then somebody destroyed
# the files and the boot unit, behind rappel's back. Also gives OUT.tar, for disks that only a
# running machine can lay out.
set -eu
images=$1
state=$2
out=$3
root=$(mktemp -d "${TMPDIR:-/tmp}/rappel-disk.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
tar -xf "$images/root.tar" -C "$root"
tar -xf "$state" -C "$root"
echo 'iface eth0 inet manual' >"$root/etc/network/interfaces"
echo net.ipv4.conf.all.rp_filter = 1 >"$root/etc/sysctl.d/90-rappel.conf"
tar -cf "$out.tar" -C "$root" .
truncate -s 1400M "$out"
printf 'label: gpt\nstart=2048, type=L\n' |
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount sh -c 'mount --bind "$1" "$2/tools/mnt" && exec chroot "$2/tools" sfdisk -q "/mnt/$3"' \
        sh "${out%/*}" "$images" "${out##*/}" >/dev/null
mkfs.ext4 -q -F -E offset=1048576 -d "$root" "$out" $((1400 * 1024 - 2048))k >/dev/null
