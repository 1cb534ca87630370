#!/bin/sh
# inside.sh ROOT CASES: asks the root's own ifquery and ifup what they make of
# CASES/*/interfaces, in namespaces of its own, so that nothing is left behind.
# CASES/*/names holds the logical names to ask for, one a line.
set -eu

if [ "${RAPPEL_INSIDE-}" = '' ]; then
    RAPPEL_INSIDE=1 exec unshare -m -n --propagation private sh "$0" "$@"
fi
root=$1
cases=$2
mount -t tmpfs none "$root/run"
mkdir -p "$root/run/network" "$root/run/lock"
mount -t tmpfs none "$root/tmp"
mount --bind "$cases" "$root/mnt"
mount -t proc none "$root/proc"
ip link set lo up
ip link add eth0 type veth peer name eth1
# A marker stands before each answer; $1 in the inner script is what to run.
# shellcheck disable=SC2016 # expanded inside the root
exec chroot "$root" /bin/sh -c '
ask() {
    printf "\n== %s %s\n" "$1" "$2"
    shift 2
    "$@" 2>&1 || printf "\n== failed %s\n" "$?"
}
python=
[ -e /usr/share/ifupdown2 ] && python=1
for directory in /mnt/*/; do
    id=$(basename "$directory")
    file=/mnt/$id/interfaces
    if [ -n "$python" ]; then
        # shellcheck disable=SC2046 # names are single words
        [ -s "/mnt/$id/names" ] && ask "$id" query ifquery -i "$file" -o json $(cat "/mnt/$id/names")
    else
        ask "$id" list ifquery -i "$file" --list -a
        while read -r name; do
            ask "$id" "query=$name" ifquery -i "$file" "$name"
        done <"/mnt/$id/names"
    fi
    ask "$id" up ifup -n -v -i "$file" -a
done
'
