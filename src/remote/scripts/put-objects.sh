# shellcheck shell=sh
# Changes what objects.sh looks at. Put leads from whatever is there to a state, also to none,
# and may be repeated: so the state before the change is all that the way back needs.

# object_put PATH FILE: leads to the state in a file; `-` is none at all.
object_put() {
    case $1 in
        /@libvirt/network/*) libvirt_put "${1##*/}" "$2" ;;
        /@proxmox/*) proxmox_put "$1" "$2" ;;
        *) return 1 ;;
    esac
}

# Keeps one as it is, before anything changes.
snapshot_object() {
    seen=$(object_look "$1")
    case $? in
        0)
            kept=$tx/before/root$1
            mkdir -p "${kept%/*}" && printf '%s\n' "$seen" >"$kept" || return 1
            sum=$(sha256sum <"$kept") && printf 'file 600 0 0 %s %s\n' "${sum%% *}" "$1" >>"$tx/before/files"
            ;;
        3)
            printf '%s\n' "$1" >>"$tx/before/absent" && printf 'absent %s\n' "$1" >>"$tx/before/files"
            ;;
        *) die "$1 cannot be read: $(printf '%s' "$seen" | head -n 1)" ;;
    esac
}

# Puts one object of the manifest; its way back and that it is begun are on disk before.
put_object() {
    is_object "$6" || return 0
    grep -q -e "^file .* $6\$" -e "^absent $6\$" "$tx/before/files" || {
        printf 'nothing was kept of %s\n' "$6"
        return 1
    }
    if ! { printf '%s\n' "$6" >>"$tx/objects-begun" && sync "$tx/objects-begun" "$tx"; }; then return 1; fi
    step object-begun >>"$tx/worker.events"
    wanted_state=$tx/new$6
    if [ "$4" = remove ]; then wanted_state=-; fi
    object_put "$6" "$wanted_state" || {
        printf '%s was refused\n' "$6"
        return 1
    }
    step object-put >>"$tx/worker.events"
    object_took "$6" "$wanted_state"
}

# proxmox_took FILE: whether what the tool tells ($seen) is what a state says, line by line; of
# NICs, addresses, groups and permissions nothing else. Case is not told apart in MACs.
proxmox_took() {
    while IFS= read -r line; do
        if ! printf '%s\n' "$seen" | grep -qixF -- "$line"; then
            printf 'read back without: %s\n' "$line"
            return 1
        fi
    done <"$1"
    more=$(printf '%s\n' "$seen" | grep -e '^net[0-9]' -e '^ipconfig' -e '^groups ' -e '^acl ' | grep -vixF -f "$1")
    if [ -n "$more" ]; then
        printf 'read back with: %s\n' "$(printf '%s\n' "$more" | head -n 1)"
        return 1
    fi
}

# object_took PATH FILE: whether the tool tells what it was asked for, whatever it said of the
# change. Definitions come back in the tool's own words, which only a plan can compare.
object_took() {
    seen=$(object_look "$1")
    case $?,$2 in
        3,-) return 0 ;;
        0,-)
            printf '%s is still there\n' "$1"
            return 1
            ;;
        0,*) ;;
        3,*)
            printf '%s: read back: it is not there\n' "$1"
            return 1
            ;;
        *)
            printf '%s cannot be read back\n' "$1"
            return 1
            ;;
    esac
    case $1 in
        /@proxmox/*)
            proxmox_took "$2"
            return
            ;;
    esac
    grep -E '^[a-z]+ (yes|no)$' "$2" | while IFS= read -r line; do
        if ! printf '%s\n' "$seen" | grep -qxF -- "$line"; then
            printf '%s: read back without: %s\n' "$1" "$line"
            exit 1
        fi
    done
}

# Whether one stands as it did before the change.
object_is_back() { grep -qxF -- "$(object_state "$1") $1" "$tx/before/files"; }

# Puts back what was begun, the last first. Fails if one of them is not as it was.
restore_objects() {
    [ -s "$tx/objects-begun" ] || return 0
    sed '1!G;h;$!d' "$tx/objects-begun" >"$notes/objects-back" || return 1
    objects_well=0
    while IFS= read -r path; do
        if object_is_back "$path"; then continue; fi
        kept=$tx/before/root$path
        if grep -qxF -- "absent $path" "$tx/before/files"; then kept=-; elif [ ! -e "$kept" ]; then continue; fi
        object_put "$path" "$kept" >"$notes/object-said" 2>&1
        if object_is_back "$path"; then continue; fi
        objects_well=1
        printf '%s %s\n' "$path" "$(tail -n 1 "$notes/object-said")" >>"$notes/objects-why"
    done <"$notes/objects-back"
    return $objects_well
}

# Names those that were begun and do not stand as before.
compare_objects() {
    [ -s "$tx/objects-begun" ] || return 0
    while IFS= read -r path; do
        if object_is_back "$path"; then continue; fi
        why=$(sed -n "s|^$path ||p" "$notes/objects-why" 2>/dev/null | tail -n 1)
        say residue "$path is not as it was before${why:+: $why}"
    done <"$tx/objects-begun"
    # What was lost although all looks as before.
    if [ -s "$notes/objects-lost" ]; then sort -u "$notes/objects-lost" | say_lines residue; fi
}
