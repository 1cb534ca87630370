# shellcheck shell=sh
# Interfaces through the host's own ifupdown: only those that the plan names, down with
# the files that brought them up, up with the files that are to hold.

ifupdown_flavour() {
    if command -v ifreload >/dev/null 2>&1; then
        printf ifupdown2
    elif command -v ifup >/dev/null 2>&1; then
        printf ifupdown
    else
        printf none
    fi
}

bridge_ports_of() {
    for port in /sys/class/net/"$1"/brif/*; do
        if [ -e "$port" ]; then printf '%s\n' "${port##*/}"; fi
    done
}

# up or down, as somebody has set it, whatever the cable says.
link_state() {
    flags=$(cat "/sys/class/net/$1/flags") || return 1
    if [ $((flags & 1)) = 1 ]; then printf up; else printf down; fi
}

# Ports that others put into a bridge (guests) do not come back by ifup: note them.
note_ports() {
    bridge_ports_of "$1" | while IFS= read -r port; do
        printf '%s %s %s\n' "$1" "$port" "$(link_state "$port")"
    done >>"$tx/ports"
}

return_ports() {
    [ -e "$tx/ports" ] || return 0
    while IFS=' ' read -r bridge port up; do
        if [ -d "/sys/class/net/$bridge/bridge" ] && [ -d "/sys/class/net/$port" ] &&
            [ ! -e "/sys/class/net/$port/master" ]; then
            # ifupdown2 sets down what it takes out.
            if [ "$up" = up ]; then ip link set dev "$port" up; fi
            ip link set dev "$port" master "$bridge"
        fi
    done <"$tx/ports"
}

# ifupdown2 works out by itself what to change, of all interfaces. A bridge keeps only the
# ports that its stanza names: note those of guests first.
reload_all() {
    for bridge in /sys/class/net/*/bridge; do
        bridge=${bridge%/bridge}
        if [ -d "$bridge/bridge" ]; then note_ports "${bridge##*/}"; fi
    done
    timeout -k 5 120 ifreload -a
    code=$?
    return_ports
    return $code
}

# hook_phase DIRECTORY: what ifupdown tells the hooks of a directory in PHASE.
hook_phase() {
    case $(ifupdown_flavour) in
        ifupdown2) phase=${1#if-} && printf '%s' "${phase%.d}" ;;
        *)
            case $1 in
                if-pre-up.d) printf pre-up ;;
                if-up.d) printf post-up ;;
                if-down.d) printf pre-down ;;
                *) printf post-down ;;
            esac
            ;;
    esac
}

# take_down NAME…: by ifdown, with the files as they stand. `--force` because a host whose
# last ifup failed half-way does not know that it has anything to take down.
take_down() {
    for word in "$@"; do
        # `ifup eth0=work` names a physical and a logical interface.
        name=${word%%=*}
        [ -d "/sys/class/net/$name" ] || continue
        if [ -d "/sys/class/net/$name/bridge" ]; then note_ports "$name"; fi
        ifdown --force --ignore-errors "$name"
        [ -d "/sys/class/net/$name" ] || continue
        # What ifdown left would make the next ifup fail with "File exists".
        ip -4 addr flush dev "$name" scope global 2>/dev/null
        ip -6 addr flush dev "$name" scope global 2>/dev/null
    done
}

# bring_up NAME…: by ifup, with the files as they stand; fails if any of them fails.
bring_up() {
    failed=
    for name in "$@"; do
        ifup --force "$name" || failed="$failed $name"
    done
    return_ports
    [ -z "$failed" ] || { printf 'ifup failed for:%s\n' "$failed"; return 1; }
}
