# shellcheck shell=sh
# Changes networks of libvirt, by its own virsh.

# lv_uuid: of a definition in base64 on standard input.
lv_uuid() { base64 -d | sed -n 's|.*<uuid>\(.*\)</uuid>.*|\1|p' | head -n 1; }

# lv_take COMMAND KEY FILE: has libvirt read one of a state's two definitions.
lv_take() {
    value_of "$2" "$3" | base64 -d >"$notes/network.xml" && lv "$1" --file "$notes/network.xml"
}

# libvirt_put NAME FILE
libvirt_put() {
    lv_seen=$(libvirt_look "$1")
    case $? in
        0) ;;
        3) lv_seen= ;;
        *)
            printf '%s\n' "$lv_seen"
            return 1
            ;;
    esac
    lv_known=
    if [ "$2" != - ]; then lv_make_way "$1" "$2" || return 1; fi
    active=$(printf '%s\n' "$lv_seen" | value_of active)
    if [ "$(value_of active "$2")" != yes ]; then
        if [ "$active" = yes ]; then lv net-destroy --network "$1" || return 1; fi
    elif [ "$active" != yes ] || [ "$(printf '%s\n' "$lv_seen" | value_of live)" != "$(value_of live "$2")" ]; then
        # A definition that changed comes into force with the next start.
        if [ "$active" = yes ]; then lv net-destroy --network "$1" || return 1; fi
        if [ "$(value_of persistent "$2")" = yes ]; then
            lv_take net-define live "$2" && lv net-start --network "$1" || return 1
            lv_known=$(value_of live "$2")
        else
            lv_take net-create live "$2" || return 1
        fi
    fi
    if [ "$(value_of persistent "$2")" != yes ]; then
        lv_forget "$1"
        return
    fi
    # Once more it would be another network, if it has no identity of its own yet.
    if [ "$lv_known" != "$(value_of inactive "$2")" ]; then lv_take net-define inactive "$2" || return 1; fi
    case $(value_of autostart "$2") in
        yes) lv net-autostart --network "$1" ;;
        *) lv net-autostart --network "$1" --disable ;;
    esac || return 1
}

# One of the same name with another identity would be refused: it goes first.
lv_make_way() {
    lv_old=$(printf '%s\n' "$lv_seen" | value_of inactive | lv_uuid)
    lv_new=$(value_of inactive "$2" | lv_uuid)
    if [ -z "$lv_old" ] || [ -z "$lv_new" ] || [ "$lv_old" = "$lv_new" ]; then return 0; fi
    if printf '%s\n' "$lv_seen" | grep -qx 'active yes'; then lv net-destroy --network "$1" || return 1; fi
    lv net-undefine --network "$1" || return 1
    lv_seen=
}

lv_forget() {
    if lv net-list --all --persistent --name | grep -qxF -- "$1"; then lv net-undefine --network "$1"; fi
}
