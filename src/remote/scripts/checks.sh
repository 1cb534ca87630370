# shellcheck shell=sh
# The checks that a host makes from where it stands: one round of them, all at once, each
# with an end of its own. Every one says something; what cannot be found out is `unknown`,
# with the reason. Results are `check|KIND FAMILY SUBJECT DEV RESULT HOW…`.

# result KIND FAMILY SUBJECT DEV RESULT [HOW…]: one record, in one write.
result() { say check "$(printf '%s' "$*" | tr -d '\000-\037' | cut -c 1-400)"; }

has() { command -v "$1" >/dev/null 2>&1; }

# ping of iputils: others cannot forbid fragmenting, and have other options.
can_ping() { has ping; }
iputils_ping() { ping -V 2>&1 | grep -q iputils; }

# `inet` for a literal IPv4 address, `inet6` for an IPv6 one, `-` for a name.
family_of() {
    case $1 in
        *:*) printf inet6 ;;
        *[!0-9.]*) printf -- - ;;
        *) printf inet ;;
    esac
}

# The option of ip, ping and nc for a family.
flag_of() { case $1 in inet) printf -- -4 ;; inet6) printf -- -6 ;; esac }

# Whether there is any way to a literal address; for names that is found out by trying.
no_way_to() {
    [ "$(family_of "$1")" != - ] && ! ip "$(flag_of "$(family_of "$1")")" route get "$1" >/dev/null 2>&1
}

# Default gateways of a family, a line each: `GATEWAY DEV`.
gateways() {
    ip "-$1" route show default |
        sed -n 's/^default via \(inet6 \)\{0,1\}\([^ ]*\) dev \([^ ]*\).*/\2 \3/p'
}

# A link-local address needs its interface.
scoped() { case $1 in fe80:*) printf '%s%%%s' "$1" "$2" ;; *) printf '%s' "$1" ;; esac }

# check_gateway FAMILY GATEWAY DEV: ping; where ICMP gets no answer, whether the gateway
# answered ARP or NDP just now.
check_gateway() {
    # An old entry would speak for a gateway that is gone; one made by hand is no such entry.
    ip neigh flush to "$2" dev "$3" 2>/dev/null
    how='unknown there is no ping on this host'
    if can_ping; then
        how='fail no answer to ping, nor to ARP or NDP'
        for _ in 1 2 3 4; do
            if ping "-$1" -n -q -c 1 -W 1 -I "$3" "$(scoped "$2" "$3")" >/dev/null 2>&1; then
                how='pass ping'
                break
            fi
            case $(ip neigh show to "$2" dev "$3") in
                *lladdr*REACHABLE*) how='pass neighbour' ;;
            esac
        done
    fi
    result gateway "inet$(printf '%s' "$1" | tr -d 4)" "$2" "$3" "$how"
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
            default) found=$(ip -f "$family" route show default dev "$dev" via "$subject" 2>/dev/null) ;;
        esac
        if [ -n "$found" ]; then
            say check "$kind $family $subject $dev pass"
        else
            say check "$kind $family $subject $dev fail it is not there"
        fi
    done
}
