# shellcheck shell=sh
# Who answers for an address: others for ours (duplicates), and we for others' (proxied
# neighbour discovery).

# The MAC addresses of this host.
own_macs() { cat /sys/class/net/*/address 2>/dev/null; }

# who_has ADDRESS DEV: asks the wire; prints the MAC address of an answer that is not our
# own. `tool` says how it asked. Fails if nobody can ask.
who_has() {
    case $1 in *:*) ;; *)
        if has arping && arping -V 2>&1 | grep -q iputils; then
            arping_for arping "$1" "$2"
            return 0
        elif busybox_has arping; then
            arping_for 'busybox arping' "$1" "$2"
            return 0
        fi
        ;;
    esac
    printf 'asked by the kernel\n'
    # Two questions, a second apart.
    mac=$(asked "$1" "$2" 10) || return 1
    printf '%s\n' "$mac" | grep -vxF "$(own_macs)"
    # Whoever had it shall not stay in the table for an address of ours.
    ip neigh del "$1" dev "$2" 2>/dev/null
    return 0
}

# As somebody without an address, so that nobody's table changes. Without -f, which would
# stop at our own answer from another interface.
arping_for() {
    busy
    printf '%s\n' "$1"
    # shellcheck disable=SC2086 # two words for busybox
    timeout 4 $1 -D -c 2 -w 2 -I "$3" "$2" 2>/dev/null |
        sed -n 's/.*\[\([0-9a-fA-F:]*\)\].*/\1/p' | tr 'A-F' 'a-f' | grep -vxF "$(own_macs)" | head -n 1
}

# check_taken ADDRESS DEV PROBE: whether somebody else has an address of ours.
check_taken() {
    family=$(family_of "$1")
    if [ "$3" = - ] || ! ip link show dev "$3" 2>/dev/null | grep -q '[<,]UP[,>]'; then
        result dad "$family" "$1" "$2" unknown 'there is no wire to ask on'
    elif ! found=$(who_has "$1" "$3"); then
        result dad "$family" "$1" "$2" unknown "there is nothing on this host that could ask on $3"
    elif [ "${found#*
}" = "$found" ]; then
        result dad "$family" "$1" "$2" pass "$found"
    elif wants shared "${4:-}" | grep -qxF "$1"; then
        result dad "$family" "$1" "$2" pass "shared as declared, with ${found#*
}"
    else
        result dad "$family" "$1" "$2" fail "${found#*
} has it"
    fi
}

# check_mac MAC DEV PROBE: whether another machine has a MAC address that is ours, or is to
# be. All that speak IPv6 are asked to answer: before that they ask for us, with their own.
check_mac() {
    if [ "$3" = - ] || ! ip link show dev "$3" 2>/dev/null | grep -q '[<,]UP[,>]'; then
        result dad - "$1" "$2" unknown 'there is no wire to ask on'
        return
    fi
    if ! find_ping || [ -z "$(ip -6 -o addr show dev "$3" scope link 2>/dev/null)" ]; then
        result dad - "$1" "$2" unknown "nobody can be asked on $3: that needs a ping and IPv6"
        return
    fi
    how='all IPv6 neighbours asked'
    if has tcpdump; then
        how="$how, tcpdump"
        heard=$(frames_from "$1" "$3")
    else
        heard=
        all_nodes "$3"
        sleep 1
    fi
    holder=$(ip neigh show dev "$3" 2>/dev/null | grep -iF "lladdr $1 " | head -n 1)
    if [ -n "$holder" ]; then
        result dad - "$1" "$2" fail "${holder%% *} has it"
    elif [ -n "$heard" ]; then
        result dad - "$1" "$2" fail "$heard has it"
    else
        result dad - "$1" "$2" pass "$how"
    fi
}

all_nodes() { for _ in 1 2; do echoes -6 -I "$1" "ff02::1%$1"; done; }

# frames_from MAC DEV: who sends from that MAC address to us, while all are asked.
frames_from() {
    {
        sleep 0.5
        all_nodes "$2"
    } >/dev/null &
    timeout 3 tcpdump -lnqei "$2" -Q in -c 1 "ether src $1" 2>/dev/null |
        sed -n 's/.*length [0-9]*: *\([^ ]*\) .*/\1/p'
    wait
}

# check_takes REQUEST before|after: every address that the change takes, and every MAC address.
check_takes() {
    {
        wants takes "$1" | while IFS= read -r line; do printf 'taken %s\n' "$line"; done
        wants takes-mac "$1" | while IFS= read -r line; do printf 'mac %s\n' "$line"; done
    } | {
        while IFS=' ' read -r what address dev probe; do
            [ "$2" = before ] || probe=$dev
            # Before the change an interface without a wire has nobody on it; a MAC address
            # that is ours already is not looked for.
            if [ "$2$probe" = before- ]; then continue; fi
            if [ "$2$what" = beforemac ] && own_macs | grep -qixF "$address"; then continue; fi
            "check_$what" "$address" "$dev" "$probe" "$1" &
            # What is shared may well be answered to the other one.
            if [ "$2$what" = aftertaken ] && ! wants shared "$1" | grep -qxF "$address"; then
                check_way_out "$address" "$dev" &
            fi
        done
        wait
    }
}

# check_way_out ADDRESS DEV: whether a default gateway of the same network answers this very
# address: a provider's switch drops what it does not know.
check_way_out() {
    family=$(family_of "$1")
    # Until then nothing can be sent from it.
    for _ in 1 2 3 4 5 6; do
        if [ -z "$(ip -6 -o addr show tentative to "$1" 2>/dev/null)" ]; then break; fi
        sleep 0.5
    done
    find_ping || return 0
    gateways "$(flag_of "$family" | tr -d -)" | while IFS=' ' read -r gateway via; do
        case $gateway in - | fe80:*) continue ;; esac
        single=$(ip -o addr show dev "$2" to "$1" 2>/dev/null | grep -e ' [0-9.]*/32 ' -e ' [0-9a-f:]*/128 ')
        onlink=$(ip "$(flag_of "$family")" route show match "$gateway" dev "$2" 2>/dev/null | grep -v -e default -e ' via ')
        if [ "$via" = "$2" ] && [ -n "$onlink$single" ]; then
            from=$1
        elif [ -n "$onlink" ]; then
            from=$2
        else
            continue
        fi
        way_out "$family" "$gateway" "$1" "$2" "$from"
    done
}

# way_out FAMILY GATEWAY ADDRESS DEV SOURCE
way_out() {
    about="ping $1 $2\\sfrom\\s$3 $4"
    flag=$(flag_of "$1")
    for _ in 1 2 3; do
        if echoes "$flag" -I "$5" "$2"; then
            # shellcheck disable=SC2086 # four words
            result $about pass "$pinger"
            return
        fi
    done
    # shellcheck disable=SC2086
    if echoes "$flag" "$2" || echoes "$flag" "$2"; then
        result $about fail 'it answers other addresses of this host, and not this one'
    else
        result $about unknown 'it answers no ping'
    fi
}

# check_all_own REQUEST: every address and MAC address that this host has.
check_all_own() {
    ip -o addr show scope global up | grep -v -e dadfailed -e tentative | {
        while IFS=' ' read -r _ dev _ address _; do check_taken "${address%/*}" "$dev" "$dev" "$1" & done
        wait
    } &
    for family in 4 6; do gateways $family; done | cut -d ' ' -f 2 | sort -u | {
        while IFS= read -r dev; do
            # A tunnel has none.
            mac=$(cat "/sys/class/net/$dev/address" 2>/dev/null)
            case $mac in ??:??:??:??:??:??) check_mac "$mac" "$dev" "$dev" & ;; esac
        done
        wait
    } &
    wait
}

# overheard DEV ADDRESS…: for 3 s, or until all are answered for: who asks for these
# addresses and who answers, `ask ADDRESS` or `tell ADDRESS MAC`. Nothing without tcpdump.
overheard() {
    dev=$1
    shift
    has tcpdump || return 0
    busy
    {
        # On a busy segment most is about others, and a shell is slow.
        timeout 3 tcpdump -lnei "$dev" 'icmp6 and (ip6[40] = 135 or ip6[40] = 136)' 2>/dev/null &
        printf 'pid %s\n' "$!"
        wait
    } | grep --line-buffered -F "$(printf 'pid \n'; printf '%s,\n' "$@")" | {
        read -r _ pid
        left=" $* "
        while IFS= read -r line; do
            address=$(printf '%s\n' "$line" | sed -n 's/.*\(who has\|tgt is\) \([0-9a-f:]*\).*/\2/p')
            case " $* " in *" $address "*) ;; *) continue ;; esac
            case $line in
                *advertisement*)
                    printf 'tell %s %s\n' "$address" "$(printf '%s\n' "$line" | sed 's/^[^ ]* \([0-9a-f:]*\) > .*/\1/')"
                    left=$(printf '%s' "$left" | sed "s/ $address / /")
                    ;;
                *) printf 'ask %s\n' "$address" ;;
            esac
            if [ "$left" = ' ' ]; then
                kill "$pid" 2>/dev/null
                break
            fi
        done
    }
}

# proxy_trouble DEV: why nothing can be proxied there; nothing if all is well.
proxy_trouble() {
    conf=/proc/sys/net/ipv6/conf
    if [ ! -e "$conf/$1" ]; then
        printf 'there is no IPv6 on %s' "$1"
    elif [ "$(cat "$conf/$1/forwarding")" != 1 ]; then
        printf 'forwarding is off on %s' "$1"
    elif [ "$(cat "$conf/$1/proxy_ndp")" != 1 ] && [ "$(cat "$conf/all/proxy_ndp")" != 1 ]; then
        printf 'proxy_ndp is off on %s' "$1"
    fi
}

# probe_ndp_proxy DEV ADDRESS… !ADDRESS…: the entries as they are, and what is heard on the
# wire while somebody upstream asks. `!` marks addresses that we must not answer for.
probe_ndp_proxy() {
    dev=$1
    shift
    entries=$(ip -6 neigh show proxy 2>/dev/null | sed 's/  */ /g; s/ *$//')
    why=$(proxy_trouble "$dev")
    own=$(cat "/sys/class/net/$dev/address" 2>/dev/null)
    # shellcheck disable=SC2046 # addresses
    [ -n "${unheard-}" ] || heard=$(overheard "$dev" $(printf '%s\n' "$@" | tr -d '!'))
    gateways 6 | while IFS=' ' read -r gateway gateway_dev; do
        if printf '%s\n' "$entries" | grep -qF "$gateway dev "; then
            result ndp_proxy inet6 "$gateway" "$gateway_dev" fail "the gateway's own address is proxied: others lose their way out"
        fi
    done
    for address in "$@"; do
        case $address in
            !*) proxied_wrongly "${address#!}" ;;
            *) proxied_rightly "$address" ;;
        esac
    done
    undeclared "$@"
}

# The interfaces on which an address is proxied, a line each.
proxied_on() { printf '%s\n' "$entries" | sed -n "s/^$1 dev \([^ ]*\).*/\1/p"; }

proxied_rightly() {
    elsewhere=$(proxied_on "$1" | grep -vxF "$dev" | head -n 1)
    answers=$(printf '%s\n' "${heard-}" | sed -n "s/^tell $1 //p")
    if [ -n "$why" ]; then
        result ndp_proxy inet6 "$1" "$dev" fail "$why"
    elif [ -n "$elsewhere" ]; then
        result ndp_proxy inet6 "$1" "$dev" fail "it is proxied on $elsewhere"
    elif ! proxied_on "$1" | grep -qxF "$dev" && ! { has pidof && pidof ndppd >/dev/null 2>&1; }; then
        result ndp_proxy inet6 "$1" "$dev" fail 'there is no entry for it'
    elif printf '%s\n' "$answers" | grep -q . && printf '%s\n' "$answers" | grep -qvxF "$own"; then
        result ndp_proxy inet6 "$1" "$dev" fail "$(printf '%s\n' "$answers" | grep -vxF "$own" | head -n 1) answers for it"
    elif [ -n "$answers" ]; then
        result ndp_proxy inet6 "$1" "$dev" pass "advertisement with our MAC seen"
    elif printf '%s\n' "${heard-}" | grep -qx "ask $1"; then
        result ndp_proxy inet6 "$1" "$dev" fail 'it is asked for, and nobody answers'
    elif [ -n "${unheard-}" ]; then
        result ndp_proxy inet6 "$1" "$dev" unknown 'configuration read back'
    elif ! has tcpdump; then
        result ndp_proxy inet6 "$1" "$dev" unknown 'configuration read back, there is no tcpdump on this host'
    else
        result ndp_proxy inet6 "$1" "$dev" unknown 'configuration read back, nobody asked for it meanwhile'
    fi
}

proxied_wrongly() {
    on=$(proxied_on "$1" | head -n 1)
    if [ -n "$on" ]; then
        result ndp_proxy inet6 "$1" - fail "it is proxied on $on and must not be"
    elif printf '%s\n' "${heard-}" | grep -qxF "tell $1 $own"; then
        result ndp_proxy inet6 "$1" - fail 'we answer for it and must not'
    else
        result ndp_proxy inet6 "$1" - pass 'not proxied'
    fi
}

# undeclared ADDRESS…: further entries on the interface, which nobody declares.
undeclared() {
    known=" $* "
    printf '%s\n' "$entries" | while IFS=' ' read -r address _ on _; do
        case $known in *" $address "* | *"!$address "*) continue ;; esac
        if [ "$on" = "$dev" ] && ! gateways 6 | grep -qF "$address "; then
            result proxied inet6 "$address" "$dev" fail 'it is proxied, and the check does not name it'
        fi
    done
}

# probe_proxied HOST ADDRESS… !ADDRESS…: from elsewhere: whether the host answers for them.
# Asked by NDP where they are on a link of this machine, else by an echo through whatever
# is upstream.
probe_proxied() {
    host=$1
    shift
    mac=$(mac_here "$host")
    for address in "$@"; do proxied_one "${address#!}" "$address" & done
    wait
}

# mac_here ADDRESS: the MAC address that answers for it on a link of this machine.
mac_here() {
    route=$(ip "$(flag_of "$(family_of "$1")")" route get "$1" 2>/dev/null | head -n 1)
    case $route in *' via '* | '') return 1 ;; esac
    link=${route##* dev }
    asked "$1" "${link%% *}"
}

# proxied_one ADDRESS MARKED
proxied_one() {
    if found=$(mac_here "$1") && [ -n "$mac" ]; then
        case $found$2 in
            "$mac!"*) result ndp_proxy inet6 "$1" - fail "$found answers for it and must not" ;;
            *!*) result ndp_proxy inet6 "$1" - pass "${found:-nobody} answers for it" ;;
            "$mac"*) result ndp_proxy inet6 "$1" - pass "$found answers for it" ;;
            "$2") result ndp_proxy inet6 "$1" - fail 'nobody answers for it' ;;
            *) result ndp_proxy inet6 "$1" - fail "$found answers for it, and the host is $mac" ;;
        esac
    elif no_way_to "$1"; then
        result ndp_proxy inet6 "$1" - unknown 'there is no way to it from there'
    elif ! find_ping; then
        result ndp_proxy inet6 "$1" - unknown 'it is on no link of that machine, which has no ping'
    elif echoes -6 "$1" || echoes -6 "$1" || echoes -6 "$1"; then
        case $2 in
            !*) result ndp_proxy inet6 "$1" - unknown 'it answers ping, who answers for it was not seen' ;;
            *) result ndp_proxy inet6 "$1" - pass 'upstream ping' ;;
        esac
    else
        case $2 in
            !*) result ndp_proxy inet6 "$1" - pass 'no answer to ping' ;;
            *) result ndp_proxy inet6 "$1" - fail 'no answer to upstream ping' ;;
        esac
    fi
}
