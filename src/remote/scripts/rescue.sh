# shellcheck shell=sh
# Runs in a rescue system, from where rescue-in.sh unpacked it: looks for the host's root,
# shows what would be restored, restores. The request names the verb. Each verb may be run
# again at any point where it was cut off.

here=${0%/*}
for part in lib files watchdog generations disks target; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

for tool in blkid mount umount mountpoint readlink sha256sum; do
    command -v "$tool" >/dev/null 2>&1 || die "the rescue system has no $tool"
done
asked() { want "$1" "$place/request"; }

device=$(asked root)
to=$(asked to)
# Nothing of the host stays mounted, however this ends.
trap 'unmount "$place/root" >/dev/null 2>&1' EXIT

# Aims at what is wanted of the mounted root: at an open transaction's old files, at the
# rendered files of the request, at a generation.
aim_at() {
    open=$(tx_state)
    case $open in pending | reverting) ;; *) open= ;; esac
    say generation "$(generation_last)"
    say kept "$(generations | tr '\n' ' ')"
    say open "$open"
    if [ "$to" = rendered ]; then
        if [ -n "$open" ]; then die 'a change is open on this host: restore that first, without --render'; fi
        aim_rendered
    elif [ -n "$open" ]; then
        case $to in '' | last) aim_open ;; *) die 'a change is open on this host: it is ended first, without --to' ;; esac
    elif [ "$(generation_last)" = 0 ]; then
        die 'no change by rappel was ever confirmed on this host: nothing is kept that could be restored'
    else
        case $to in '' | last) to=$(generation_last) ;; esac
        case $to in 0) ;; *) [ -d "$state/gen/$to" ] || die "generation $to is not kept on this host" ;; esac
        say target "$to"
        aim_generation "$to"
    fi
}

show() {
    mount_root "$device" replayed
    say machine-id "$(cat "$root/etc/machine-id" 2>/dev/null)"
    aim_at
    show_plan
    unmount "$place/root" || :
}

# From the plan in memory to an open transaction on the host's disk, by one rename.
lay_down() {
    if ! { mkdir -p "$state" && chmod 700 "$state"; }; then die "cannot write to ${state#"$root"} of the host"; fi
    run=$(asked run)
    ready=$state/rescue.$run
    rm -rf "$state"/rescue.* "$ready"
    cp -a "$plan" "$ready" || die "no space left on the host's disk: $(df -hP "$state" | tail -n 1 | tr -s ' ')"
    # As it was found, for whoever wants to know why the host was lost.
    while IFS=' ' read -r _ _ _ _ _ path; do
        if [ -e "$root$path" ] || [ -L "$root$path" ]; then
            mkdir -p "$ready/found${path%/*}"
            cp -a "$root$path" "$ready/found$path" || :
        fi
        # As an apply would make it: open to those who have to read what is in it.
        (umask 022 && mkdir -p "$root${path%/*}")
    done <"$plan/manifest"
    cp -a "$place/in/scripts" "$ready/scripts"
    grep -e '^run ' -e '^who ' "$place/request" >"$ready/request"
    asked reason >"$ready/reason"
    asked run >"$ready/pending"
    sync -f "$ready" 2>/dev/null || sync
    mv -T "$ready" "$tx" || die 'a transaction is there although none is open'
    sync "$state" 2>/dev/null || :
}

restore() {
    mount_root "$device" rw
    # Decided, but not put away: the host went down in between.
    case $(tx_state) in none | pending | reverting) ;; *) finish "$(run_of)" ;; esac
    rm -rf "$lock"
    aim_at
    cp "$plan/before/files" "$place/aimed"
    cp "$plan/manifest" "$place/aimed-paths"
    if [ -z "$open" ]; then
        if [ ! -s "$plan/manifest" ]; then
            say nothing yes
            unmount "$place/root" || :
            return
        fi
        lay_down
    fi
    run=$(run_of)
    RAPPEL_ROOT=$root sh "$place/in/scripts/boot.sh" >"$place/boot.out" 2>&1
    dir=$(run_dir "$run") || die "the transaction is gone: look at ${state#"$root"} of the host"
    if [ "$dir" = "$tx" ]; then die "the files could not be restored: $(tail -n 1 "$place/boot.out")"; fi
    cat "$dir/residue" 2>/dev/null
    sync
    # Read back from the disk itself, not from what was just written to memory.
    unmount "$place/root" || die 'the host cannot be unmounted: something in the rescue system uses it'
    mount_root "$device" ro
    while IFS=' ' read -r _ _ _ _ _ path; do
        if grep -qxF -- "$(file_state "$root$path") $path" "$place/aimed"; then
            say good "$path"
        else
            say residue "file $path is not as it should be"
        fi
    done <"$place/aimed-paths"
    unmount "$place/root" || :
    say restored "$run"
}

case $(asked verb) in
    look)
        assemble
        if [ -n "$device" ]; then
            kind=$(blkid -p -o value -s TYPE "$device" 2>/dev/null) || die "there is no file system on $device"
            name=$(readlink -f "$device")
            consider "${name##*/}" "$kind"
        else
            each_device consider
        fi
        ;;
    show) show ;;
    restore) restore ;;
    open)
        mount_root "$device" rw
        trap - EXIT
        for dir in dev proc sys; do mkdir -p "$root/$dir" && mount --rbind "/$dir" "$root/$dir" 2>/dev/null; done
        ;;
    close)
        sync
        unmount "$place/root" || die 'the host cannot be unmounted: leave its directories first'
        ;;
    *) die 'no such verb' ;;
esac
say end ok
