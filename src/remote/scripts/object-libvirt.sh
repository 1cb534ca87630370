# shellcheck shell=sh
# Networks of libvirt, by its own virsh. The state: `persistent`, `active` and `autostart`, yes
# or no each; the definition that the next start takes (`inactive`) and the one in force
# (`live`), both as base64.

lv() { timeout -k 5 15 virsh -q -c qemu:///system "$@" </dev/null; }

# The number of guests on a network is no part of it. A definition that does not come is not an
# empty one.
lv_xml() {
    # Line breaks at its end stay.
    xml=$(lv net-dumpxml "$@" && printf .) && [ "$xml" != . ] || return 1
    printf '%s' "${xml%.}" | sed "s/ connections='[0-9]*'//" | base64 | tr -d '\n'
}

libvirt_look() {
    if ! command -v virsh >/dev/null 2>&1; then
        printf 'there is no virsh on this host\n'
        return 4
    fi
    names=$(lv net-list --all --name 2>&1) || {
        printf '%s\n' "$names" | tr '\n' ' '
        return 4
    }
    printf '%s\n' "$names" | grep -qxF -- "$1" || return 3
    # In one piece: half a state must not be told.
    if ! told=$(lv_tell "$1"); then
        printf 'virsh lists the network and does not tell of it\n'
        return 4
    fi
    printf '%s\n' "$told"
}

lv_tell() {
    info=$(lv net-info --network "$1") || return 1
    for key in Persistent Active Autostart; do
        printf '%s %s\n' "$(printf '%s' "$key" | tr PA pa)" "$(printf '%s\n' "$info" | sed -n "s/^$key: *//p")"
    done
    if printf '%s\n' "$info" | grep -q '^Persistent: *yes'; then
        xml=$(lv_xml --inactive --network "$1") || return 1
        printf 'inactive %s\n' "$xml"
    fi
    if printf '%s\n' "$info" | grep -q '^Active: *yes'; then
        xml=$(lv_xml --network "$1") || return 1
        printf 'live %s\n' "$xml"
    fi
}
