# shellcheck shell=sh
# Checks of the wire next to the host: full-size packets, neighbours, routes.

# probe_mtu TARGET SIZE: to the target, or to every default gateway.
probe_mtu() {
    if [ "$1" != - ]; then
        family=$(family_of "$1")
        route=$(ip "$(flag_of "$family")" route get "$1" 2>/dev/null | head -n 1)
        case $route in
            *' dev '*) ;;
            *)
                result mtu "$family" "$1" - unknown there is no route to it
                return
                ;;
        esac
        dev=${route##* dev }
        full_size "$family" "$1" "${dev%% *}" "$2" -
        return
    fi
    if [ -z "$(gateways 4)$(gateways 6)" ]; then
        result mtu - - - unknown there is no default gateway
        return
    fi
    for family in 4 6; do
        gateways $family | grep -v '^- ' | {
            while IFS=' ' read -r gateway dev; do
                full_size "$(inet_of $family)" "$gateway" "$dev" "$2" "$dev" &
            done
            wait
        } &
    done
    wait
}

# full_size FAMILY TARGET DEV SIZE SHOWN: a packet of SIZE bytes, or as large as DEV takes, that
# nobody may cut up. Without an answer to small ones nothing can be said of large ones.
full_size() {
    size=$4
    [ "$size" != - ] || size=$(cat "/sys/class/net/$3/mtu" 2>/dev/null)
    flag=$(flag_of "$(family_of "$2")")
    headers=28
    [ "$flag" = -4 ] || headers=48
    to=$(scoped "$2" "$3")
    payload=$((${size:-1500} - headers))
    [ $payload -le 65507 ] || payload=65507
    if ! find_ping; then
        result mtu "$1" "$2" "$5" unknown 'there is no ping on this host'
        return
    elif iputils_ping; then
        set -- "$1" "$2" "$3" "$4" "$5" -M 'do'
    # Others cannot forbid cutting up. On the link itself, or over IPv6, nobody does that
    # with a packet that the interface takes whole.
    elif [ "$4" != - ] || { [ "$flag" = -4 ] && ip route get "$2" 2>/dev/null | grep -q ' via '; }; then
        result mtu "$1" "$2" "$5" unknown "there is no ping of iputils on this host, and $pinger cannot forbid cutting packets up"
        return
    fi
    mtu_with "$@"
}

# mtu_with FAMILY TARGET DEV SIZE SHOWN OPTION…: as prepared by full_size.
mtu_with() {
    about="$1 $2 $5"
    shift 5
    tool=
    [ "$pinger" = ping ] || tool=", $pinger"
    if ! echoes "$flag" "$to" && ! echoes "$flag" "$to"; then
        # shellcheck disable=SC2086 # three words
        result mtu $about unknown it answers no ping of any size
        return
    fi
    for _ in 1 2 3; do
        if echoes "$flag" "$@" -s "$payload" "$to"; then
            # shellcheck disable=SC2086
            result mtu $about pass "$size bytes$tool"
            return
        fi
    done
    # shellcheck disable=SC2086
    result mtu $about fail "packets of $size bytes get lost, small ones do not"
}

# probe_neighbour ADDRESS DEV: forgets the address and asks for it anew.
probe_neighbour() {
    family=$(family_of "$1")
    dev=$2
    if [ "$dev" = - ]; then
        route=$(ip "$(flag_of "$family")" route get "$1" 2>/dev/null | head -n 1)
        case $route in
            *' via '*) result neighbour "$family" "$1" - unknown 'it is not on any link of this host' && return ;;
            *' dev '*) dev=${route##* dev } dev=${dev%% *} ;;
            *) result neighbour "$family" "$1" - unknown there is no route to it && return ;;
        esac
    elif [ ! -e "/sys/class/net/$dev" ]; then
        result neighbour "$family" "$1" "$2" unknown "there is no interface $dev"
        return
    fi
    if ! mac=$(asked "$1" "$dev"); then
        result neighbour "$family" "$1" "$2" unknown 'there is nothing on this host that could ask'
    elif [ -n "$mac" ]; then
        result neighbour "$family" "$1" "$2" pass "$mac"
    else
        result neighbour "$family" "$1" "$2" fail "nobody answers for it on $dev"
    fi
}

# probe_route TO VIA DEV
probe_route() {
    case $1 in
        default | */*)
            family=inet
            case "$1 $2" in *:*) family=inet6 ;; esac
            routes=$(ip "$(flag_of $family)" route show "$1" 2>/dev/null)
            # A default route of either family will do if nothing tells which.
            if [ -z "$routes" ] && [ "$1 $2" = 'default -' ]; then routes=$(ip -6 route show default); fi
            if [ "$1 $2" = 'default -' ]; then family=-; fi
            ;;
        *)
            family=$(family_of "$1")
            routes=$(ip "$(flag_of "$family")" route get "$1" 2>/dev/null | head -n 1)
            ;;
    esac
    found=$(printf '%s\n' "$routes" | while IFS= read -r route; do
        case "$route " in ' ' | *' expires -'* | unreachable* | blackhole* | prohibit* | throw*) continue ;; esac
        [ "$2" = - ] || case "$route " in *" via $2 "* | *" via inet6 $2 "*) ;; *) continue ;; esac
        [ "$3" = - ] || case "$route " in *" dev $3 "*) ;; *) continue ;; esac
        printf '%s\n' "$route"
        break
    done)
    wanted=
    [ "$2" = - ] || wanted="$wanted via $2"
    [ "$3" = - ] || wanted="$wanted dev $3"
    if [ -n "$found" ]; then
        result route "$family" "$1" - pass "$found"
    elif [ -n "$routes" ]; then
        result route "$family" "$1" - fail "wanted$wanted, there is: $(printf '%s\n' "$routes" | head -n 1)"
    else
        result route "$family" "$1" - fail 'there is none'
    fi
}
