# shellcheck shell=sh
# The checks that a host makes from where it stands: one round of them, all at once, each
# with an end of its own. Every one says something; what cannot be found out is `unknown`,
# with the reason. Results are `check|KIND FAMILY SUBJECT DEV RESULT+TIME HOW…`, the time in
# hundredths of a second since the round began.

# When the round began.
began=$(now)

# result KIND FAMILY SUBJECT DEV RESULT [HOW…]: one record, in one write.
result() {
    about="$1 $2 $3 $4 $5+$(($(now) - began))"
    shift 5
    about="$about $*"
    case $about in *[[:cntrl:]]*) about=$(printf '%s' "$about" | tr -d '\000-\037') ;; esac
    if [ ${#about} -gt 400 ]; then about=$(printf '%s' "$about" | cut -c 1-400); fi
    say check "$about"
}

# busy: a sign of life, on the descriptor that whoever wants a round opens for it. Results come
# last, and where everything is slow each try takes long.
busy() { { say alive - >&3; } 2>/dev/null || :; }

has() { command -v "$1" >/dev/null 2>&1; }
busybox_has() { has busybox && busybox --list 2>/dev/null | grep -qx "$1"; }

# find_ping: `pinger` is the ping that is there, iputils' rather than busybox's; fails
# without any.
find_ping() {
    pinger=
    if has ping; then pinger=ping; elif busybox_has ping; then pinger='busybox ping'; fi
    [ -n "$pinger" ]
}

# Only that of iputils can forbid fragmenting.
iputils_ping() { [ "$pinger" = ping ] && ping -V 2>&1 | grep -q iputils; }

# echoes OPTION…: whether one echo request is answered, within 1 s.
echoes() {
    busy
    case $pinger in
        ping) timeout 2 ping -n -q -c 1 -W 1 "$@" >/dev/null 2>&1 ;;
        *) timeout 2 busybox ping -q -c 1 -W 1 "$@" >/dev/null 2>&1 ;;
    esac
}

# solicit ADDRESS DEV: makes the kernel ask by ARP or NDP. For this nothing but ip is
# needed; an ip older than 5.16 cannot, there a datagram to nobody makes the kernel ask.
solicit() {
    if ip neigh replace "$1" dev "$2" use 2>/dev/null; then return 0; fi
    # shellcheck disable=SC2016 # expanded by the inner shell
    if has bash; then
        timeout 1 bash -c 'echo >"/dev/udp/$1/9"' - "$(scoped "$1" "$2")" 2>/dev/null
    elif has nc; then
        echo | timeout 1 nc -u -w 1 "$(scoped "$1" "$2")" 9 >/dev/null 2>&1
    else
        return 1
    fi
}

# fresh_mac ADDRESS DEV: the MAC address that answered just now, or that was set by hand.
fresh_mac() {
    ip neigh show to "$1" dev "$2" 2>/dev/null |
        sed -n 's/.*lladdr \([^ ]*\) .*\(REACHABLE\|PERMANENT\).*/\1/p' | head -n 1
}

# asked ADDRESS DEV [TIMES]: asks anew, as an old entry would speak for somebody who is gone;
# looks so many times, 0.2 s apart (3 s without), and prints the MAC address that answers.
# Fails if nobody could be asked.
asked() {
    ip neigh flush to "$1" dev "$2" 2>/dev/null
    solicit "$1" "$2" || return 1
    times=${3:-15}
    while [ "$times" -gt 0 ]; do
        times=$((times - 1))
        busy
        mac=$(fresh_mac "$1" "$2")
        if [ -n "$mac" ]; then
            printf '%s' "$mac"
            return 0
        fi
        case $(ip neigh show to "$1" dev "$2" 2>/dev/null) in *FAILED*) return 0 ;; esac
        sleep 0.2
    done
}

# `inet` for a literal IPv4 address, `inet6` for an IPv6 one, `-` for a name.
family_of() {
    case $1 in
        *:*) printf inet6 ;;
        *[!0-9.]*) printf -- - ;;
        *) printf inet ;;
    esac
}

# `inet` or `inet6` for 4 and 6.
inet_of() { case $1 in 4) printf inet ;; *) printf inet6 ;; esac }

# The option of ip, ping and nc for a family.
flag_of() { case $1 in inet) printf -- -4 ;; inet6) printf -- -6 ;; esac }

# Whether there is any way to a literal address; for names that is found out by trying.
no_way_to() {
    [ "$(family_of "$1")" != - ] && ! ip "$(flag_of "$(family_of "$1")")" route get "$1" >/dev/null 2>&1
}

# Default gateways of a family, a line each: `GATEWAY DEV`; `-` for one that has none (a
# tunnel). Several of one route stand on lines of their own. One that has expired is listed
# by the kernel for up to 30 s more, and used no more.
gateways() { with_lines "$(ip "-$1" route show default)" say_gateways; }

# say_gateways LINE…: of the routes that ip prints.
say_gateways() {
    told=' '
    for route in "$@"; do
        # shellcheck disable=SC2086 # words
        set -- $route
        case "$1 ${2-} ${3-}" in
            'default via inet6' | 'nexthop via inet6') gateway="${4-} ${6-}" ;;
            'default via '* | 'nexthop via '*) gateway="${3-} ${5-}" ;;
            'default dev '*) gateway="- $3" ;;
            *) continue ;;
        esac
        case $route,$told in *' expires -'* | *,*" $gateway "*) continue ;; esac
        told="$told$gateway "
        printf '%s\n' "$gateway"
    done
}

# A link-local address needs its interface.
scoped() { case $1 in fe80:* | ff02:*) printf '%s%%%s' "$1" "$2" ;; *) printf '%s' "$1" ;; esac }

# check_gateway FAMILY GATEWAY DEV: ping; where ICMP gets no answer, whether the gateway
# answers ARP or NDP now.
check_gateway() {
    family=$(inet_of "$1")
    if [ "$2" = - ]; then
        result gateway "$family" - "$3" unknown 'the default route has no gateway that could be asked'
        return
    fi
    if ! find_ping; then
        if ! mac=$(asked "$2" "$3"); then
            result gateway "$family" "$2" "$3" unknown 'there is neither a ping nor an ip that can ask on this host'
        elif [ -n "$mac" ]; then
            result gateway "$family" "$2" "$3" pass 'neighbour, asked by the kernel: there is no ping on this host'
        else
            result gateway "$family" "$2" "$3" fail 'no answer to ARP or NDP, and there is no ping on this host'
        fi
        return
    fi
    # An old entry would speak for a gateway that is gone; one made by hand is no such entry.
    ip neigh flush to "$2" dev "$3" 2>/dev/null
    how='fail no answer to ping, nor to ARP or NDP'
    for try in 1 2 3 4; do
        if echoes "$(flag_of "$(family_of "$2")")" -I "$3" "$(scoped "$2" "$3")"; then
            how="pass $pinger"
            break
        fi
        case $(ip neigh show to "$2" dev "$3") in *lladdr*REACHABLE*) how='pass neighbour' ;; esac
        # One echo may get lost, two from a gateway that is there are dropped.
        if [ $try -ge 2 ] && [ "$how" = 'pass neighbour' ]; then break; fi
    done
    # shellcheck disable=SC2086 # the result and its words
    result gateway "$family" "$2" "$3" $how
}

# All default gateways of both families at once: a dead one costs seconds, not one after another.
check_gateways() {
    for family in 4 6; do
        gateways $family | {
            while IFS=' ' read -r gateway dev; do check_gateway $family "$gateway" "$dev" & done
            wait
        } &
    done
    wait
}

# Addresses that duplicate address detection has found taken.
check_dad() {
    # Detection takes about a second: wait for what is still tentative.
    for _ in 1 2 3 4 5 6; do
        if ! ip -6 -o addr show tentative 2>/dev/null | grep -qv dadfailed; then break; fi
        sleep 0.5
    done
    ip -6 -o addr show dadfailed 2>/dev/null | while read -r _ dev _ address _; do
        result dad inet6 "${address%/*}" "$dev" fail somebody else has it
    done
}

# check_declared: the checks on standard input, a line each, all at once.
check_declared() {
    while IFS= read -r spec; do
        {
            said=$(check_one "$spec" </dev/null 2>/dev/null)
            # A probe that dies must not look like one that had nothing to say.
            printf '%s\n' "${said:-check|${spec%% *} - - - unknown the probe ended without a result}"
        } &
    done
    wait
}

# check_one `KIND WORD…`
check_one() {
    kind=${1%% *}
    if [ "$kind" = command ]; then
        probe_command "${1#command }"
        return
    fi
    set -f
    # shellcheck disable=SC2086 # words on purpose; no value has a blank
    set -- ${1#* }
    case $kind in
        mtu) probe_mtu "$@" ;;
        ping) probe_ping "$@" ;;
        proxied) probe_proxied "$@" ;;
        tcp) probe_tcp "$@" ;;
        dns) probe_dns "$@" ;;
        neighbour) probe_neighbour "$@" ;;
        route) probe_route "$@" ;;
        ndp_proxy) probe_ndp_proxy "$@" ;;
        *) result "$kind" - - - unknown this version does not know it ;;
    esac
}

# check_round REQUEST: everything but what only holds after the change.
check_round() {
    began=$(now)
    check_gateways &
    check_dad &
    wants check "$1" | check_declared &
    wait
}

# What the interfaces file promises is there: addresses, default gateways.
check_expected() {
    wants expect | while IFS=' ' read -r kind family subject dev; do
        found=
        case $kind in
            address) found=$(ip -o addr show dev "$dev" to "$subject" 2>/dev/null) ;;
            default) found=$(ip -f "$family" route show default dev "$dev" via "$subject" 2>/dev/null | grep -v ' expires -') ;;
        esac
        if [ -n "$found" ]; then
            say check "$kind $family $subject $dev pass"
        else
            say check "$kind $family $subject $dev fail it is not there"
        fi
    done
}
