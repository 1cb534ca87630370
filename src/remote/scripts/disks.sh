# shellcheck shell=sh
# In a rescue system: finds root file systems on the machine's disks, and mounts one.
# To look at all of them nothing is written: arrays are assembled read-only, and journals are
# not replayed. Of the one that is chosen the journal is, as its own boot would replay it: what
# was written last before the power went stands nowhere else.

# Where everything of a rescue stands. In memory: gone with the rescue system.
place=/run/rappel-rescue

# enter DIR: everything of lib.sh is that root's from now on.
enter() {
    root=$1
    state=$root/var/lib/rappel
    tx=$state/tx
    # shellcheck disable=SC2034 # where locks are taken
    lock=$state/lock
    # shellcheck disable=SC2034 # where live state is read
    notes=$tx
}

# Brings up what lies below file systems. What cannot be had is named later, by what is left.
assemble() {
    modprobe -qa md_mod raid0 raid1 raid10 raid456 dm_mod xfs btrfs 2>/dev/null || :
    if command -v mdadm >/dev/null 2>&1; then
        mdadm --assemble --scan --readonly --run >/dev/null 2>&1 || :
    fi
    if command -v vgchange >/dev/null 2>&1; then
        { vgscan --mknodes && vgchange --activate y; } >/dev/null 2>&1 || :
    fi
    if command -v udevadm >/dev/null 2>&1; then udevadm settle --timeout=10 >/dev/null 2>&1 || :; fi
}

# A block device's path: the name that people know it by.
device_path() {
    if [ -r "/sys/class/block/$1/dm/name" ]; then
        name=$(cat "/sys/class/block/$1/dm/name")
        if [ -e "/dev/mapper/$name" ]; then printf '/dev/mapper/%s' "$name"; else printf '/dev/%s' "$1"; fi
    else
        printf '/dev/%s' "$1"
    fi
}

# What a block device lies on, in one word.
layout() {
    case $1 in
        md*)
            case $(cat "/sys/class/block/$1/md/degraded" 2>/dev/null) in
                '' | 0) printf raid ;;
                *) printf 'degraded raid' ;;
            esac
            ;;
        dm-*)
            case $(cat "/sys/class/block/$1/dm/uuid" 2>/dev/null) in
                LVM-*) printf lvm ;;
                CRYPT-*) printf 'opened encryption' ;;
                *) printf 'device mapper' ;;
            esac
            ;;
        *) if [ -e "/sys/class/block/$1/partition" ]; then printf partition; else printf 'whole disk'; fi ;;
    esac
}

# Calls FUNCTION NAME TYPE for every block device with something on it that nothing else uses.
each_device() {
    running=$(mountpoint -d / 2>/dev/null)
    for path in /sys/class/block/*; do
        block=${path##*/}
        case $block in loop* | ram* | zram* | sr* | fd*) continue ;; esac
        # The rescue system's own.
        if [ "$(cat "$path/dev" 2>/dev/null)" = "$running" ]; then continue; fi
        if [ -n "$(ls "$path/holders" 2>/dev/null)" ]; then continue; fi
        kind=$(blkid -p -o value -s TYPE "/dev/$block" 2>/dev/null) || continue
        if [ -n "$kind" ]; then "$1" "$block" "$kind"; fi
    done
}

# unreplayed DEVICE TYPE: whether a journal holds what the file system does not show yet. A bit
# of the superblock tells, 96 bytes into it.
unreplayed() {
    case $2 in ext?) ;; *) return 1 ;; esac
    bits=$(od -An -tu1 -j 1120 -N 1 "$1" 2>/dev/null | tr -d ' ')
    [ $((${bits:-0} & 4)) -ne 0 ]
}

# try_mount DEVICE TYPE DIR ro|replayed|rw: `ro` without even replaying a journal, `replayed`
# read-only after that.
try_mount() {
    options=$4
    case $2:$4 in
        ext?:ro) options=ro,noload ;;
        xfs:ro) options=ro,norecovery ;;
        ext?:replayed | xfs:replayed | btrfs:replayed) options=ro ;;
        ext?:rw | xfs:rw | btrfs:*) ;;
        *) return 1 ;;
    esac
    mount -t "$2" -o "$options" "$1" "$3" 2>/dev/null || return 1
    if [ "$2" = btrfs ] && [ ! -d "$3/etc" ]; then
        for volume in @rootfs @; do
            if [ -d "$3/$volume/etc" ]; then
                umount "$3"
                mount -t btrfs -o "$options,subvol=$volume" "$1" "$3" 2>/dev/null
                return
            fi
        done
    fi
}

# mount_parts DIR ro|replayed|rw: the file systems of their own that hold what rappel keeps, as the
# root's fstab names them. Names one that is not to be had as `part-missing`.
mount_parts() {
    # shellcheck disable=SC2094 # nothing is written to it
    sed 's/#.*//' "$1/etc/fstab" 2>/dev/null | while read -r source where kind _; do
        case $where in /var | /var/lib | /var/lib/rappel) printf '%s %s %s\n' "$where" "$source" "$kind" ;; esac
    done | sort | while read -r where source kind; do
        device=
        case $source in
            UUID=*) device=$(blkid -U "${source#UUID=}" 2>/dev/null) ;;
            LABEL=*) device=$(blkid -L "${source#LABEL=}" 2>/dev/null) ;;
            PARTUUID=* | PARTLABEL=*) device=$(blkid -o device -t "$source" 2>/dev/null | head -n 1) ;;
            /dev/*) device=$source ;;
        esac
        if [ -z "$device" ] || ! try_mount "$device" "$kind" "$1$where" "$2"; then
            say part-missing "$where $source"
        fi
    done
}

# unmount DIR: it and everything below it.
unmount() {
    cut -d ' ' -f 2 /proc/self/mounts | while IFS= read -r where; do
        case $where in "$1" | "$1"/*) printf '%s\n' "$where" ;; esac
    done | sort -r | while IFS= read -r where; do umount "$where" || :; done
    ! mountpoint -q "$1"
}

# The text of the first line of a file, without what would end a field.
first_of() { head -n 1 "$1" 2>/dev/null | tr -d '\t\r\000' | head -c 200; }

# Says `candidate|DEVICE TAB TYPE TAB LAYOUT TAB UUID TAB GENERATION TAB TRANSACTION TAB
# MACHINE-ID TAB HOSTNAME TAB SYSTEM` for a root file system, and what else it finds.
consider() {
    device=$(device_path "$1")
    case $2 in
        crypto_LUKS) say obstacle "$device is encrypted (LUKS)" && return ;;
        zfs_member) say obstacle "$device belongs to a ZFS pool" && return ;;
        linux_raid_member) say obstacle "$device belongs to an array that could not be assembled" && return ;;
        LVM2_member) say obstacle "$device belongs to a volume group without an active volume" && return ;;
        swap) return ;;
    esac
    dir=$place/look
    mkdir -p "$dir"
    try_mount "$device" "$2" "$dir" ro || {
        case $2 in vfat | iso9660 | squashfs | ntfs | BitLocker) ;; *) say obstacle "$device ($2) cannot be mounted" ;; esac
        return
    }
    if [ -d "$dir/etc/network" ] || [ -e "$dir/etc/os-release" ] || [ -L "$dir/etc/os-release" ]; then
        mount_parts "$dir" ro >/dev/null
        enter "$dir"
        system=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$dir/usr/lib/os-release" 2>/dev/null | head -n 1)
        tab=$(printf '\t')
        kept=$(tx_state)
        if [ "$kept" = none ] && unreplayed "$device" "$2"; then kept=unread; fi
        say candidate "$device$tab$2$tab$(layout "$1")$tab$(blkid -p -o value -s UUID "$device" 2>/dev/null)$tab$(generation_last)$tab$kept$tab$(first_of "$dir/etc/machine-id")$tab$(first_of "$dir/etc/hostname")$tab$system"
    fi
    unmount "$dir" || say obstacle "$device cannot be unmounted again"
}

# mount_root DEVICE ro|replayed|rw: mounts a root at $place/root, and enters it.
mount_root() {
    mkdir -p "$place/root"
    unmount "$place/root" || die "$place/root is in use: leave it, and try again"
    kind=$(blkid -p -o value -s TYPE "$1" 2>/dev/null) || die "there is no file system on $1"
    if [ "$2" != ro ]; then make_writable; fi
    if [ "$2" = rw ]; then
        case $kind in
            ext?)
                # As the host itself does at every boot; 0 and 1 are good, 1 is repaired.
                if command -v e2fsck >/dev/null 2>&1; then
                    e2fsck -p "$1" >"$place/fsck" 2>&1
                    if [ $? -ge 4 ]; then die "the file system on $1 is damaged: run e2fsck $1 in the rescue system ($(tail -n 1 "$place/fsck"))"; fi
                fi
                ;;
        esac
    fi
    try_mount "$1" "$kind" "$place/root" "$2" || die "cannot mount $1 ($kind) $2"
    mount_parts "$place/root" "$2" >"$place/parts"
    if [ -s "$place/parts" ]; then
        missing=$(sed 's/^part-missing|//' "$place/parts" | tr '\n' ' ')
        unmount "$place/root"
        die "a part of the root cannot be mounted: $missing"
    fi
    enter "$place/root"
}

# Arrays were assembled read-only.
make_writable() {
    for array in /sys/class/block/md*; do
        case $(cat "$array/md/array_state" 2>/dev/null) in
            readonly | read-auto) mdadm --readwrite "/dev/${array##*/}" 2>/dev/null || : ;;
        esac
    done
}
