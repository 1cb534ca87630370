# shellcheck shell=sh
# Groups, users, permissions and VMs of Proxmox VE, by its own pveum, pvesh and qm. The states
# of accounts have the values as its JSON has them; those of VMs as `qm config` prints them.

# pve_ask group|user|acl|vm: all of them, as JSON with a line for each value; else words.
pve_ask() {
    case $1 in
        vm) set -- pvesh get /cluster/resources --type vm ;;
        user) set -- pveum user list --full 1 ;;
        *) set -- pveum "$1" list ;;
    esac
    if ! command -v "$1" >/dev/null 2>&1; then
        printf 'there is no %s on this host\n' "$1"
        return 1
    fi
    answer=$(timeout -k 5 30 "$@" --output-format json-pretty 2>&1 </dev/null)
    code=$?
    list=$(printf '%s\n' "$answer" | sed -n '/^\[/,$p')
    # One that is cut off, or none at all, is no empty one.
    case $code$list in
        '0['*']') printf '%s\n' "$list" ;;
        *)
            printf '%s does not answer: %s\n' "$*" "$(printf '%s' "$answer" | head -n 1)"
            return 1
            ;;
    esac
}

# Lists that were asked for already.
pve_group='' pve_user='' pve_acl='' pve_vm=''

proxmox_ahead() {
    case $1 in */@proxmox/group/*) pve_group=$(pve_ask group) || pve_group= ;; esac
    case $1 in */@proxmox/user/*) pve_user=$(pve_ask user) || pve_user= ;; esac
    case $1 in */@proxmox/acl/*) pve_acl=$(pve_ask acl) || pve_acl= ;; esac
    case $1 in */@proxmox/vm/*) pve_vm=$(pve_ask vm) || pve_vm= ;; esac
}

pve_list() {
    case $1 in
        group) list=$pve_group ;;
        user) list=$pve_user ;;
        acl) list=$pve_acl ;;
        vm) list=$pve_vm ;;
    esac
    if [ -n "$list" ]; then printf '%s\n' "$list"; else pve_ask "$1"; fi
}

# pve_rows KEY VALUE: of those in a list that have this, every value, a line each; an entry of
# the permissions in one line.
pve_rows() {
    awk -v key="$1" -v want="\"$2\"" '
        /^   \{/ { n = 0; split("", has) }
        /^      "/ {
            at = index($0, "\" : "); name = substr($0, 8, at - 8); value = substr($0, at + 4)
            sub(/,$/, "", value)
            if (value !~ /^[[{]/) { has[name] = value; names[++n] = name }
        }
        /^   \}/ && has[key] == want {
            if ("roleid" in has) {
                row = has["path"] " " has["roleid"] " " has["propagate"]
                gsub(/"/, "", row); print "acl " row
            } else for (i = 1; i <= n; i++) print names[i] " " has[names[i]]
        }'
}

# proxmox_look PATH
proxmox_look() {
    name=${1##*/}
    kind=${1#/@proxmox/}
    kind=${kind%%/*}
    list=$(pve_list "$kind") || {
        printf '%s\n' "$list"
        return 4
    }
    case $kind in
        group) rows=$(printf '%s\n' "$list" | pve_rows groupid "$name" | grep -e '^comment ' -e '^groupid ') ;;
        user) rows=$(printf '%s\n' "$list" | pve_rows userid "$name" | grep -E '^(comment|email|enable|expire|firstname|groups|lastname|userid) ') ;;
        acl) rows=$(printf '%s\n' "$list" | pve_rows ugid "$name" | sort) ;;
        vm)
            pve_vm_look "$name"
            return
            ;;
    esac
    # What is empty is not said.
    rows=$(printf '%s\n' "$rows" | grep -v -e ' ""$' -e '^expire "\{0,1\}0"\{0,1\}$')
    [ -n "$rows" ] || return 3
    printf '%s\n' "$rows"
}

# pve_vm_look NUMBER: of the list that proxmox_look has read.
pve_vm_look() {
    node=$(cat /proc/sys/kernel/hostname)
    taken=$(printf '%s\n' "$list" | pve_rows id "lxc/$1")
    rows=$(printf '%s\n' "$list" | pve_rows id "qemu/$1")
    if [ -n "$taken" ]; then
        printf 'the number is that of a container\n'
        return 4
    elif [ -z "$rows" ]; then
        return 3
    elif ! printf '%s\n' "$rows" | grep -qxF "node \"${node%%.*}\""; then
        printf 'the VM is on another node\n'
        return 4
    fi
    if ! config=$(timeout -k 5 30 qm config "$1" 2>&1 </dev/null) || [ -z "$config" ]; then
        printf 'qm config does not answer: %s\n' "$(printf '%s' "$config" | head -n 1)"
        return 4
    fi
    printf '%s\n' "$config" | sed -n \
        -e 's/^\(net[0-9]*\): /\1 /p' -e 's/^\(ipconfig[0-9]*\): /\1 /p' \
        -e 's/^\(name\): /\1 /p' -e 's/^\(onboot\): /\1 /p' \
        -e 's/^smbios1:.*uuid=\([0-9a-fA-F-]*\).*/uuid \1/p' -e 's/^template: 1$/is-template 1/p' \
        -e 's/^description: made by rappel from \([0-9]*\), run \([0-9a-f]*\).*/template \1\
made \2/p'
}
