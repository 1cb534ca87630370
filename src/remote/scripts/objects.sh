# shellcheck shell=sh
# What a host keeps behind a tool and not in a file of its own: a network of libvirt. Each has
# a path, /@TOOL/TYPE/NAME, and a state, a text of lines `KEY VALUE`. Here it is looked at;
# put-objects.sh changes it.

# object_look PATH: its state. 3: there is none. 4: the tool does not answer; its words instead.
object_look() {
    if [ -n "$root" ]; then
        printf 'its tool does not run here\n'
        return 4
    fi
    case $1 in
        /@libvirt/network/*) libvirt_look "${1##*/}" ;;
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
