# shellcheck shell=sh
# Which objects a host has: each is told as objects.sh tells it. A tool that is not there has
# none; a list that does not come is told of, for it is no empty one.

list_objects() {
    if command -v virsh >/dev/null 2>&1; then list_libvirt; fi
    if command -v pveum >/dev/null 2>&1; then list_proxmox; fi
}

# say_named DIRECTORY: those of the names on standard input, a line each. One that no playbook
# could name is not asked for.
say_named() {
    while IFS= read -r name; do
        case $name in
            '') ;;
            *[!A-Za-z0-9._+@-]*) say object-odd "$1$name" ;;
            *) say_object "$1$name" ;;
        esac
    done
}

list_libvirt() {
    if names=$(lv net-list --all --name 2>&1); then
        printf '%s\n' "$names" | say_named /@libvirt/network/
    else
        say object-unread "/@libvirt/network/ $(printf '%s' "$names" | tr '\n' ' ')"
    fi
}

list_proxmox() {
    proxmox_ahead '/@proxmox/group/ /@proxmox/user/ /@proxmox/acl/ /@proxmox/vm/'
    list_of_proxmox group groupid ''
    list_of_proxmox user userid ''
    list_of_proxmox acl ugid ''
    # Containers have numbers, too: it is told that they are none of these.
    list_of_proxmox vm id '[a-z]*\/'
}

# list_of_proxmox KIND KEY BEFORE: by the names that its list has under a key, behind a pattern.
list_of_proxmox() {
    if names=$(pve_list "$1"); then
        printf '%s\n' "$names" | sed -n "s/^      \"$2\" : \"$3\(.*\)\",\{0,1\}\$/\1/p" | sort -u |
            say_named "/@proxmox/$1/"
    else
        say object-unread "/@proxmox/$1/ $(printf '%s' "$names" | head -n 1)"
    fi
}
