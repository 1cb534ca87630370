# shellcheck shell=sh
# The checks that a host makes from where it stands.

# Default gateways of a family, a line each: `GATEWAY DEV`.
gateways() {
    ip "-$1" route show default |
        sed -n 's/^default via \(inet6 \)\{0,1\}\([^ ]*\) dev \([^ ]*\).*/\2 \3/p'
}

# check_gateway FAMILY GATEWAY DEV: ping; where ICMP gets no answer, whether the gateway
# answered ARP or NDP just now.
check_gateway() {
    target=$2
    case $2 in fe80:*) target=$2%$3 ;; esac
    # An old entry would speak for a gateway that is gone.
    ip neigh del "$2" dev "$3" 2>/dev/null
    how=unknown
    if command -v ping >/dev/null 2>&1; then
        how=fail
        for _ in 1 2 3 4; do
            if ping "-$1" -n -q -c 1 -W 1 -I "$3" "$target" >/dev/null 2>&1; then
                how='pass ping'
                break
            fi
            case $(ip neigh show to "$2" dev "$3") in
                *lladdr*REACHABLE*) how='pass neighbour' ;;
            esac
        done
    fi
    say check "gateway inet$(printf '%s' "$1" | tr -d 4) $2 $3 $how"
}

# All default gateways of both families at once: a dead one costs seconds, not one after another.
check_gateways() {
    for family in 4 6; do
        gateways $family | while IFS=' ' read -r gateway dev; do
            check_gateway $family "$gateway" "$dev" &
            wait
        done &
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
        say check "dad inet6 ${address%/*} $dev fail"
    done
}
