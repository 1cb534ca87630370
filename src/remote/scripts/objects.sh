# shellcheck shell=sh
# What a host keeps behind a tool and not in a file of its own: a network of libvirt, a user of
# Proxmox VE. Each has a path, /@TOOL/TYPE/NAME, and a state, a text of lines `KEY VALUE`. Here
# it is looked at; put-objects.sh changes it.

# What is known of some already, a line each: PATH CODE STATE, the state as base64.
objects_known=

# object_look PATH: its state. 3: there is none. 4: the tool does not answer; its words instead.
object_look() {
    case $objects_known in
        *"
$1 "*) ;;
        *)
            object_ask "$1"
            return
            ;;
    esac
    known=${objects_known#*"
$1 "}
    known=${known%%"
"*}
    printf '%s' "${known#* }" | base64 -d
    return "${known%% *}"
}

# objects_ahead PATH…: asks once for all looks that follow; a tool may take a second for each.
objects_ahead() {
    case $* in */@proxmox/*) proxmox_ahead "$*" ;; esac
    for path in "$@"; do
        seen=$(object_ask "$path")
        known=$?
        objects_known="$objects_known
$path $known $(printf '%s\n' "$seen" | base64 | tr -d '\n')
"
    done
}

object_ask() {
    if [ -n "$root" ]; then
        printf 'its tool does not run here\n'
        return 4
    fi
    case $1 in
        /@libvirt/network/*) libvirt_look "${1##*/}" ;;
        /@proxmox/*) proxmox_look "$1" ;;
        *)
            printf 'this rappel knows no such thing\n'
            return 4
            ;;
    esac
}

# As file_state says it of files; fails where nobody can tell.
object_state() {
    seen=$(object_look "$1")
    case $? in
        0)
            sum=$(printf '%s\n' "$seen" | sha256sum)
            printf 'file 600 0 0 %s' "${sum%% *}"
            ;;
        3) printf absent ;;
        *) return 1 ;;
    esac
}

# value_of KEY [FILE]: of a state, on standard input or in a file; nothing of `-`.
value_of() {
    case ${2-} in
        -) ;;
        '') sed -n "s/^$1 //p" ;;
        *) sed -n "s/^$1 //p" "$2" ;;
    esac
}
