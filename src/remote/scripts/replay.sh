# shellcheck shell=sh
# Puts live state back that restarting interfaces with the old files did not: from a
# snapshot, difference by difference. Errors are not judged here: the comparison that
# follows says what is still missing.

# replay BEFORE: reads the present state, then works off the differences.
replay() {
    rm -rf "$notes/present"
    live_read "$notes/present" || return 1
    newcomers "$1" "$notes/present" >"$notes/newcomers"
    replay_links "$1"
    replay_sysctl "$1"
    replay_addresses "$1"
    replay_routes "$1"
    replay_rules "$1"
    replay_proxies "$1"
    replay_nft "$1"
    # Forwarding and addresses change what comes with interfaces: values once more, last.
    replay_sysctl "$1"
}

extra() { only_in "$notes/present/$1" "$2/$1" | live_foreign; }
missing() { only_in "$2/$1" "$notes/present/$1"; }

replay_links() {
    # Links that the change made (only those it names) go.
    while IFS= read -r name; do
        if [ -n "$name" ] && ! grep -q "^$name " "$1/links" && [ -d "/sys/class/net/$name" ]; then
            ip link del dev "$name"
        fi
    done <"$tx/names"
    # Snapshots of earlier versions have none. Some cards take another one only while down.
    missing macs "$1" | while IFS=' ' read -r name mac; do
        [ -d "/sys/class/net/$name" ] || continue
        ip link set dev "$name" address "$mac" 2>/dev/null || {
            ip link set dev "$name" down
            ip link set dev "$name" address "$mac"
            ip link set dev "$name" up
        }
    done
    missing links "$1" | while IFS=' ' read -r name master up mtu; do
        [ -d "/sys/class/net/$name" ] || continue
        if [ "$master" = - ]; then
            if [ -e "/sys/class/net/$name/master" ]; then ip link set dev "$name" nomaster; fi
        elif [ -d "/sys/class/net/$master/bridge" ]; then
            ip link set dev "$name" master "$master"
        fi
        # Snapshots of earlier versions have no MTU.
        if [ -n "$mtu" ]; then ip link set dev "$name" mtu "$mtu"; fi
        ip link set dev "$name" "$up"
    done
    live_net "$notes/present"
}

replay_addresses() {
    extra addresses "$1" | while IFS=' ' read -r dev family rest; do
        # shellcheck disable=SC2086 # the words of an address are words
        ip "-${family#inet}" addr del ${rest%% *} dev "$dev" 2>/dev/null ||
            ip addr del "${rest%% *}" dev "$dev"
    done
    missing addresses "$1" | while IFS=' ' read -r dev family rest; do
        nodad=
        [ "$family" = inet6 ] && nodad=nodad
        # shellcheck disable=SC2086
        ip addr add $rest dev "$dev" $nodad
    done
    live_net "$notes/present"
}

replay_routes() {
    for family in 4 6; do
        extra routes$family "$1" | while IFS= read -r route; do
            # shellcheck disable=SC2086
            ip "-$family" route del $route
        done
        # On-link routes first: the others need them.
        missing routes$family "$1" >"$notes/present/wanted-routes"
        grep -v ' via ' "$notes/present/wanted-routes" | replay_each_route "$family"
        grep ' via ' "$notes/present/wanted-routes" | replay_each_route "$family"
    done
}

replay_each_route() {
    while IFS= read -r route; do
        # shellcheck disable=SC2086
        ip "-$1" route replace $route
    done
}

replay_rules() {
    for family in 4 6; do
        extra rules$family "$1" | while IFS= read -r rule; do
            # shellcheck disable=SC2086
            ip "-$family" rule del $rule
        done
        missing rules$family "$1" | while IFS= read -r rule; do
            # shellcheck disable=SC2086
            ip "-$family" rule add $rule
        done
    done
}

replay_proxies() {
    for family in 4 6; do
        extra proxies$family "$1" | while IFS=' ' read -r address _ dev _; do
            ip "-$family" neigh del proxy "$address" dev "$dev"
        done
        missing proxies$family "$1" | while IFS=' ' read -r address _ dev _; do
            ip "-$family" neigh replace proxy "$address" dev "$dev"
        done
    done
}

# Values of `all` and `default` first: writing them overwrites those of the interfaces.
replay_sysctl() {
    for pass in wide narrow; do
        while IFS='=' read -r key value; do
            case $key in
                */conf/all/* | */conf/default/* | net/ipv4/ip_forward) kind=wide ;;
                *) kind=narrow ;;
            esac
            if [ $kind != $pass ] || [ ! -w "/proc/sys/$key" ]; then continue; fi
            present=$(cat "/proc/sys/$key")
            if [ "$present" != "$value" ]; then
                printf '%s\n' "$value" >"/proc/sys/$key"
            fi
        done <"$1/sysctl"
    done
}

# One atomic load per table: gone if it was not there before, else as it was.
replay_nft() {
    [ -s "$tx/nft-tables" ] || return 0
    while IFS=' ' read -r family name; do
        if [ "$family" = whole ]; then
            { printf 'flush ruleset\n'; cat "$1/nft-tables/whole"; } | nft -f -
        else
            {
                printf 'table %s %s\ndelete table %s %s\n' "$family" "$name" "$family" "$name"
                cat "$1/nft-tables/$family-$name" 2>/dev/null
            } | nft -f -
        fi
    done <"$tx/nft-tables"
}

# Keeps the touched tables in loadable form.
keep_nft() {
    mkdir -p "$1/nft-tables" || return 1
    [ -s "$tx/nft-tables" ] || return 0
    tables=$(nft list tables) || return 1
    while IFS=' ' read -r family name; do
        if [ "$family" = whole ]; then
            nft list ruleset >"$1/nft-tables/whole" || return 1
        elif printf '%s\n' "$tables" | grep -qxF "table $family $name"; then
            nft list table "$family" "$name" >"$1/nft-tables/$family-$name" || return 1
        fi
    done <"$tx/nft-tables"
}
