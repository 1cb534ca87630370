# shellcheck shell=sh
# Inside of the namespaces: makes the world read-only and small, then lets the host's own
# ifupdown bring up the present files, and the new ones, each in a network of its own.
#
# Nothing of the host can be changed from here: processes, network, IPC and host name are
# others; every mount is read-only or our own memory; /run, /dev, /tmp, and with them
# systemd, D-Bus and the journal, are empty; sockets elsewhere are covered; and what runs
# has no right to mount, to load modules, to make devices or to enter other namespaces.

here=/run/rehearsal
# shellcheck source=/dev/null
. "$here/scripts/lib.sh"
# shellcheck source=/dev/null
. "$here/scripts/say-live.sh"
wants_here() { wants "$1" "$here/request"; }

give_up() {
    say impossible "$1"
    exit 0
}

# A small /dev: what programs need, and nothing that a disk or a log hangs on.
small_dev() {
    mkdir "$here/dev" && mount -t tmpfs -o size=1m,mode=755 tmpfs "$here/dev" || return 1
    for node in null zero full random urandom net/tun; do
        [ -e "/dev/$node" ] || continue
        mkdir -p "$here/dev/${node%/*}" 2>/dev/null
        rmdir "$here/dev/$node" 2>/dev/null
        : >"$here/dev/$node" && mount --bind "/dev/$node" "$here/dev/$node" || return 1
    done
    ln -s /proc/self/fd "$here/dev/fd"
    mkdir "$here/dev/shm" && mount --rbind "$here/dev" /dev
}

# Our own copies of /etc, with the files of either moment.
copies() {
    for moment in old new; do
        mkdir "$here/etc-$moment" && cp -a /etc/. "$here/etc-$moment" || return 1
    done
    wants_here remove | while IFS= read -r path; do
        case $path in /etc/*) rm -f "$here/etc-new/${path#/etc/}" ;; esac
    done
    [ ! -d "$here/new/etc" ] || cp -r "$here/new/etc/." "$here/etc-new"
    wants_here executable | while IFS= read -r path; do
        case $path in /etc/*) chmod 755 "$here/etc-new/${path#/etc/}" ;; esac
    done
}

# Mount points that can be seen, topmost first, with their options.
seen_mounts() {
    sed 's/^\([^ ]* \)\{4\}\([^ ]*\) \([^ ]*\) .*/\2 \3/' /proc/self/mountinfo | while IFS=' ' read -r point options; do
        case $point in
            /run | /run/* | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /tmp | /tmp/* | /var/tmp | /var/tmp/* | /etc | /etc/* | /var/spool | /var/spool/*) ;;
            *) printf '%s %s\n' "$options" "$(printf '%b' "$(printf '%s' "$point" | sed 's/\\\([0-7]\{3\}\)/\\0\1/g')")" ;;
        esac
    done
}

read_only() {
    seen_mounts | while IFS=' ' read -r _ point; do
        mount -o remount,bind,ro,nosuid,nodev "$point" 2>/dev/null
    done
    # Believed only when it is read back; the last one of a point is the one that counts.
    seen_mounts | awk '{ o = $1; sub(/^[^ ]* /, ""); last[$0] = o } END { for (p in last) if (last[p] !~ /^ro(,|$)/) print p }'
}

private_world() {
    hostname rehearsal 2>/dev/null
    copies || give_up 'there is no room for a copy of /etc'
    small_dev || give_up 'a /dev of its own cannot be made'
    mount -t proc proc /proc || give_up 'a /proc of its own cannot be mounted'
    for directory in /tmp /var/tmp /var/spool; do
        if [ -d "$directory" ]; then mount -t tmpfs -o size=16m tmpfs "$directory" || give_up "$directory cannot be hidden"; fi
    done
    : >"$here/nothing"
    printf '%s\n' "$RAPPEL_SOCKETS" | while IFS= read -r path; do
        case $path in '' | /run/* | /var/run/* | /dev/* | /tmp/* | /var/tmp/* | /etc/* | /var/spool/*) continue ;; esac
        if [ -S "$path" ]; then mount --bind "$here/nothing" "$path" || printf '%s\n' "$path"; fi
    done >"$here/uncovered"
    if [ -s "$here/uncovered" ]; then give_up "a socket cannot be covered: $(head -n 1 "$here/uncovered")"; fi
    # Clients that would wait for a server that is not here.
    for client in /sbin/dhclient /usr/sbin/dhclient /sbin/dhcpcd /usr/sbin/dhcpcd /sbin/udhcpc /usr/bin/udhcpc; do
        if [ -f "$client" ]; then mount --bind /bin/true "$client" || give_up "$client cannot be covered"; fi
    done
    writable=$(read_only | head -n 1)
    if [ -n "$writable" ]; then give_up "$writable cannot be made read-only"; fi
}

# The kernel's own switches: of /proc and /sys only what belongs to this network.
small_proc_and_sys() {
    mkdir -p "$here/proc" && mount -t proc proc "$here/proc" &&
        mount --bind "$here/proc/sys/net" "$here/proc/sys/net" &&
        mount -o remount,bind,ro /proc && mount --bind "$here/proc/sys/net" /proc/sys/net &&
        umount -l "$here/proc" &&
        mount -t sysfs sysfs /sys && mount --bind /sys/devices/virtual/net /sys/devices/virtual/net &&
        mount -o remount,bind,ro /sys
}

stand_ins() {
    n=0
    wants_here stand-in | while IFS= read -r name; do
        n=$((n + 1))
        line=$(printf '%s\n' "$RAPPEL_LINKS" | grep "^$name ") || continue
        mac=${line#* }
        mtu=${mac#* }
        ip link add "$name" address "${mac% *}" mtu "$mtu" type veth peer name "x-rappel$n" || return 1
        ip link set "x-rappel$n" addrgenmode none mtu "$mtu" up
    done
    ip link set lo up
}

# What there is, under keys that begin with the moment.
tell() {
    say_live "$1-" || give_up 'the live state cannot be read there'
}

# In a network of its own: stand-ins, then ifupdown without any right that leads out.
play() {
    small_proc_and_sys || give_up 'its own /proc and /sys cannot be made read-only'
    stand_ins || give_up 'stand-ins for the links cannot be made'
    mount --bind "$here/etc-$1" /etc || give_up 'its own /etc cannot be put in place'
    mkdir -p /run/network /run/lock
    rights=+net_admin,+net_raw,+net_bind_service,+chown,+dac_override,+fowner,+fsetid,+kill,+setuid,+setgid
    # Into our own memory, which is bounded: a pipe would be kept open by what hooks leave.
    timeout -k 1 18 setpriv --bounding-set="-all,$rights" --inh-caps=-all --no-new-privs -- \
        /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
        /bin/sh -c 'ifup -a' </dev/null >"$here/said-$1" 2>&1
    say "$1-end" $?
    tail -n 40 "$here/said-$1" | tr -d '\000' | cut -c 1-300 | sed "s/^/$1-said|/"
    tell "$1"
}

case ${1:-} in
    '')
        if grep -rqsw -e 'bond-[a-z-]*' -e 'bond_[a-z_]*' "$here/new/etc/network" && [ -z "$RAPPEL_BONDING" ]; then
            # Loading the module would make a bond0 in the host's own network.
            give_up 'the bonding module is not loaded'
        fi
        private_world
        for moment in old new; do
            # The first process of a namespace is out of reach of what it starts, and takes
            # everything along that hooks leave behind.
            unshare --net --mount --pid --fork --kill-child --propagation private /bin/sh "$0" $moment ||
                give_up 'the host gives no network of its own'
            rm -rf /run/network /run/lock
        done
        ;;
    *) play "$1" ;;
esac
