# shellcheck shell=sh
# Checks of the wire next to the host: full-size packets, neighbours, routes, proxied
# neighbour discovery, and addresses that somebody else has.

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
        gateways $family | {
            while IFS=' ' read -r gateway dev; do
                full_size "inet$(printf '%s' $family | tr -d 4)" "$gateway" "$dev" "$2" "$dev" &
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
    if ! can_ping || ! iputils_ping; then
        result mtu "$1" "$2" "$5" unknown 'there is no ping of iputils on this host'
        return
    fi
    headers=28
    [ "$1" = inet ] || headers=48
    to=$(scoped "$2" "$3")
    payload=$((${size:-1500} - headers))
    [ $payload -le 65507 ] || payload=65507
    for _ in 1 2 3; do
        if timeout 2 ping "$(flag_of "$1")" -n -q -c 1 -W 1 -M 'do' -s $payload "$to" >/dev/null 2>&1; then
            result mtu "$1" "$2" "$5" pass "$size bytes"
            return
        fi
    done
    for _ in 1 2; do
        if timeout 2 ping "$(flag_of "$1")" -n -q -c 1 -W 1 "$to" >/dev/null 2>&1; then
            result mtu "$1" "$2" "$5" fail "packets of $size bytes get lost, small ones do not"
            return
        fi
    done
    result mtu "$1" "$2" "$5" unknown it answers no ping of any size
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
    ip neigh flush to "$1" dev "$dev" 2>/dev/null
    for _ in 1 2 3; do
        # Whether it answers the ping does not matter: the ping makes the kernel ask.
        if can_ping; then
            timeout 2 ping "$(flag_of "$family")" -n -q -c 1 -W 1 -I "$dev" "$(scoped "$1" "$dev")" >/dev/null 2>&1
        elif [ "$family" = inet ] && has arping; then
            timeout 2 arping -q -c 1 -w 1 -I "$dev" "$1" >/dev/null 2>&1 && result neighbour "$family" "$1" "$2" pass arping && return
        else
            result neighbour "$family" "$1" "$2" unknown 'there is no ping on this host'
            return
        fi
        entry=$(ip neigh show to "$1" dev "$dev")
        case $entry in
            *lladdr*REACHABLE* | *lladdr*PERMANENT*)
                mac=${entry##*lladdr }
                result neighbour "$family" "$1" "$2" pass "${mac%% *}"
                return
                ;;
        esac
    done
    result neighbour "$family" "$1" "$2" fail "nobody answers for it on $dev"
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
        case "$route " in ' ' | unreachable* | blackhole* | prohibit* | throw*) continue ;; esac
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

# probe_ndp_proxy DEV ADDRESS…: the configuration read back, not an answer on the wire.
probe_ndp_proxy() {
    dev=$1
    shift
    entries=$(ip -6 neigh show proxy 2>/dev/null | sed 's/  */ /g; s/ *$//')
    conf=/proc/sys/net/ipv6/conf
    why=
    if [ ! -e "$conf/$dev" ]; then
        why="there is no IPv6 on $dev"
    elif [ "$(cat "$conf/$dev/forwarding")" != 1 ]; then
        why="forwarding is off on $dev"
    elif [ "$(cat "$conf/$dev/proxy_ndp")" != 1 ] && [ "$(cat "$conf/all/proxy_ndp")" != 1 ]; then
        why="proxy_ndp is off on $dev"
    fi
    gateways 6 | while IFS=' ' read -r gateway gateway_dev; do
        if printf '%s\n' "$entries" | grep -qF "$gateway dev "; then
            result ndp_proxy inet6 "$gateway" "$gateway_dev" fail "the gateway's own address is proxied: others lose their way out"
        fi
    done
    for address in "$@"; do
        mine=$(printf '%s\n' "$entries" | grep -F "$address dev " | grep "^$address dev ")
        elsewhere=$(printf '%s\n' "$mine" | sed -n 's/.* dev \([^ ]*\).*/\1/p' | grep -vxF "$dev" | head -n 1)
        if [ -n "$why" ]; then
            result ndp_proxy inet6 "$address" "$dev" fail "$why"
        elif [ -n "$elsewhere" ]; then
            result ndp_proxy inet6 "$address" "$dev" fail "it is proxied on $elsewhere"
        elif printf '%s\n' "$mine" | grep -q " dev $dev "; then
            result ndp_proxy inet6 "$address" "$dev" pass configuration read back
        elif has pidof && pidof ndppd >/dev/null 2>&1; then
            result ndp_proxy inet6 "$address" "$dev" unknown 'ndppd may answer for it; its rules are not read'
        else
            result ndp_proxy inet6 "$address" "$dev" fail 'there is no entry for it'
        fi
    done
}

# The MAC addresses of this host.
own_macs() { cat /sys/class/net/*/address 2>/dev/null; }

# who_has ADDRESS DEV: asks the wire as somebody without an address; prints the MAC address
# of an answer that is not our own. Fails if no tool is there.
who_has() {
    if has arping && arping -V 2>&1 | grep -q iputils; then
        tool=arping
    elif has busybox && busybox --list 2>/dev/null | grep -qx arping; then
        tool='busybox arping'
    else
        return 1
    fi
    # Without -f, which would stop at our own answer from another interface.
    # shellcheck disable=SC2086 # two words for busybox
    timeout 4 $tool -D -c 2 -w 2 -I "$2" "$1" 2>/dev/null |
        sed -n 's/.*\[\([0-9a-fA-F:]*\)\].*/\1/p' | tr 'A-F' 'a-f' | grep -vxF "$(own_macs)" | head -n 1
    return 0
}

# check_taken ADDRESS DEV PROBE: whether somebody else has an IPv4 address of ours.
check_taken() {
    if [ "$3" = - ] || ! ip link show dev "$3" 2>/dev/null | grep -q '[<,]UP[,>]'; then
        result dad inet "$1" "$2" unknown 'there is no wire to ask on'
    elif ! mac=$(who_has "$1" "$3"); then
        result dad inet "$1" "$2" unknown 'there is no arping on this host'
    elif [ -n "$mac" ]; then
        result dad inet "$1" "$2" fail "$mac has it"
    else
        result dad inet "$1" "$2" pass arping
    fi
}

# check_takes REQUEST before|after: every IPv4 address that the change takes.
check_takes() {
    wants takes "$1" | {
        while IFS=' ' read -r address dev probe; do
            [ "$2" = before ] || probe=$dev
            # Before the change an interface without a wire has nobody on it.
            if [ "$2$probe" != before- ]; then check_taken "$address" "$dev" "$probe" & fi
        done
        wait
    }
}
