# shellcheck shell=sh
# Changes groups, users, permissions and VMs of Proxmox VE, by its own pveum and qm.

pve() { timeout -k 5 120 "$@" </dev/null; }

# pve_text KEY FILE: a value of a state as text; only plain ones can be given to a command.
pve_text() {
    quoted=$(value_of "$1" "$2" | sed 's/^"\(.*\)"$/\1/')
    case $(printf '%s\n' "$quoted" | sed 's/\\["\\/]//g') in
        *\\*)
            printf 'its %s has characters that no command takes\n' "$1" >&2
            return 1
            ;;
    esac
    printf '%s\n' "$quoted" | sed 's/\\\(["\\/]\)/\1/g'
}

# proxmox_put PATH FILE
proxmox_put() {
    pve_seen=$(proxmox_look "$1")
    case $?,$2 in
        0,*) ;;
        3,-) return 0 ;;
        3,*) pve_seen= ;;
        *)
            printf '%s: %s\n' "$1" "$pve_seen"
            return 1
            ;;
    esac
    case $1,$2 in
        /@proxmox/group/*,-) pve_drop_group "${1##*/}" ;;
        /@proxmox/group/*) pve_put_account group "${1##*/}" "$2" ;;
        /@proxmox/user/*,-) pve pveum user delete "${1##*/}" ;;
        /@proxmox/user/*) pve_put_account user "${1##*/}" "$2" ;;
        /@proxmox/acl/*) pve_put_acl "${1##*/}" "$2" ;;
        /@proxmox/vm/*,-) pve_drop_vm "${1##*/}" ;;
        /@proxmox/vm/*) pve_put_vm "${1##*/}" "$2" ;;
        *) return 1 ;;
    esac
}

# With a group Proxmox drops who is in it and what it may do, without a word.
pve_drop_group() {
    rest=$(pve_list group) || return 1
    if printf '%s\n' "$rest" | pve_rows groupid "$1" | grep -q '^users "[^"]'; then
        printf 'group %s still has users\n' "$1"
        return 1
    fi
    rest=$(pve_list acl) || return 1
    if printf '%s\n' "$rest" | pve_rows ugid "$1" | grep -q .; then
        printf 'group %s still has permissions\n' "$1"
        return 1
    fi
    pve pveum group delete "$1"
}

# pve_put_account group|user NAME FILE: says what differs.
pve_put_account() {
    state=$3
    verb=modify
    if [ -z "$pve_seen" ]; then verb=add; fi
    case $verb,$3 in
        add,"$tx/before/"*) printf '%s is made again: passwords, tokens and second factors do not come back\n' "$2" >>"$notes/objects-lost" ;;
    esac
    set -- pveum "$1" "$verb" "$2"
    count=$#
    for key in comment email enable expire firstname groups lastname; do
        if [ "$(value_of "$key" "$state")" = "$(printf '%s\n' "$pve_seen" | value_of "$key")" ]; then continue; fi
        wanted=$(pve_text "$key" "$state") || return 1
        # An account that is not to expire says so with a number.
        if [ "$key,$wanted" = expire, ]; then wanted=0; fi
        set -- "$@" "--$key" "$wanted"
    done
    if [ $verb = modify ] && [ $# -eq $count ]; then return 0; fi
    pve "$@"
}

# pve_put_acl GROUP-OR-USER FILE: first what is missing, then what is too much.
pve_put_acl() {
    case $1 in *@*) whose=--users ;; *) whose=--groups ;; esac
    : >"$notes/acl-wanted"
    if [ "$2" != - ]; then grep '^acl ' "$2" >"$notes/acl-wanted"; fi
    printf '%s\n' "$pve_seen" | grep '^acl ' >"$notes/acl-seen"
    while read -r _ at role below; do
        if grep -qxF -- "acl $at $role $below" "$notes/acl-seen"; then continue; fi
        pve pveum acl modify "$at" "$whose" "$1" --roles "$role" --propagate "$below" || return 1
    done <"$notes/acl-wanted"
    while read -r _ at role _; do
        if grep -qF -- "acl $at $role " "$notes/acl-wanted"; then continue; fi
        pve pveum acl delete "$at" "$whose" "$1" --roles "$role" || return 1
    done <"$notes/acl-seen"
}

pve_has() { printf '%s\n' "$pve_seen" | grep -qxiF -- "$1"; }

# pve_put_vm NUMBER FILE
pve_put_vm() {
    sed -n 's/^net[0-9]* .*bridge=\([^,]*\).*/\1/p' "$2" | while IFS= read -r bridge; do
        if [ ! -d "/sys/class/net/$bridge" ]; then
            printf 'there is no bridge %s for VM %s\n' "$bridge" "$1"
            exit 1
        fi
    done || return 1
    uuid=$(value_of uuid "$2")
    if [ -z "$pve_seen" ]; then
        if [ -n "$uuid" ]; then
            printf 'VM %s is gone, and with it its disks\n' "$1"
            return 1
        fi
        pve_clone "$1" "$2" || return 1
    elif [ -n "$uuid" ] && ! pve_has "uuid $uuid"; then
        printf 'number %s is that of another VM now\n' "$1"
        return 1
    fi
    pve_set "$1" "$2"
}

# The mark comes with the clone itself: there is no moment in which it is ours and has none.
pve_clone() {
    from=$(value_of template "$2")
    pve qm clone "$from" "$1" --name "$(value_of name "$2")" --full 0 \
        --description "made by rappel from $from, run $(run_of)" || return 1
    pve_seen=$(proxmox_look "/@proxmox/vm/$1") || {
        printf 'VM %s was cloned and is not there\n' "$1"
        return 1
    }
}

# pve_set NUMBER FILE: NICs and addresses as in a state, and no others.
pve_set() {
    state=$2
    set -- qm set "$1"
    count=$#
    gone=
    for key in $({
        printf '%s\n' "$pve_seen"
        cat "$state"
    } | sed -n -e 's/^\(net[0-9]*\) .*/\1/p' -e 's/^\(ipconfig[0-9]*\) .*/\1/p' -e 's/^\(onboot\) .*/\1/p' | sort -u); do
        value=$(value_of "$key" "$state")
        if [ -z "$value" ] && [ "$key" != onboot ]; then
            gone=$gone${gone:+,}$key
        elif [ -n "$value" ] && ! pve_has "$key $value"; then
            set -- "$@" "--$key" "$value"
        fi
    done
    if [ -n "$gone" ]; then set -- "$@" --delete "$gone"; fi
    if [ $# -eq $count ]; then return 0; fi
    pve "$@"
}

# pve_drop_vm NUMBER: one that this very change has made, and that nobody uses yet. Disks do
# not come back, so whatever speaks against it leaves it where it is.
pve_drop_vm() {
    # A clone that is still being made ends, whoever asked for it.
    tries=0
    while pve qm config "$1" 2>/dev/null | grep -qx 'lock: clone' && [ $tries -lt 20 ]; do
        sleep 1
        tries=$((tries + 1))
    done
    pve_seen=$(proxmox_look "/@proxmox/vm/$1") || return 1
    if ! pve_has "made $(run_of)"; then
        why='it has no mark of this change'
    elif [ "$(pve qm status "$1")" != 'status: stopped' ]; then
        why='it is running'
    elif pve qm config "$1" | grep -q '^lock: '; then
        why='it is locked'
    elif [ "$(pve qm listsnapshot "$1" | sed 's/ *current .*/current/')" != '`->current' ]; then
        why='it has snapshots'
    else
        pve qm destroy "$1"
        return
    fi
    printf 'VM %s stays: %s\n' "$1" "$why"
    return 1
}
