# shellcheck shell=sh
# The live state that files cannot bring back: addresses, routes, rules, neighbour proxies,
# bridge ports, sysctl values, nft tables. Read into text, compared as sets of lines, replayed.
# Each part is what its tool prints, without what changes by itself.

# One line per named link of its own (no port) with a MAC address that is its own or was
# given to it: an interfaces file that names none leaves it as it is, and a provider's switch
# may know only one. Left out: made-up ones, which bridges change as ports come and go.
live_macs() {
    while IFS= read -r name; do
        link=/sys/class/net/$name
        if [ -z "$name" ] || [ ! -e "$link/address" ] || [ -e "$link/master" ]; then continue; fi
        case $(cat "$link/addr_assign_type" 2>/dev/null) in
            0 | 3) printf '%s %s\n' "$name" "$(cat "$link/address")" ;;
        esac
    done <"$tx/names" | sort -u
}

# What ip knows of both families, by one process each. Fails where anything cannot be read;
# whoever reads it finds the end only if all of it is there. A kernel without IPv6 has nothing
# of it to lose.
live_dump() {
    for family in 4 6; do
        printf '#%s\n' "$family"
        if [ "$family" = 6 ] && [ ! -d /proc/sys/net/ipv6 ]; then continue; fi
        ip -o "-$family" -batch - <<'EOF' || return 1
link show
addr show
route show table all
neigh show proxy
rule show
EOF
    done
    echo '#end'
}

# live_parts DIR: what of it files cannot bring back, a file for each part in DIR; prints how many
# lines they have. Fails if the dump has no end.
#   links          NAME, port of which bridge, up or down, MTU: an interfaces file that
#                  names no MTU leaves it as it is
#   addresses      DEV FAMILY ADDRESS [peer P] [brd B] scope S: what somebody configured, not
#                  what the kernel makes (link-local) and what expires (DHCP, RA)
#   routes4 and 6  in all tables but `local`, as `ip route add` takes them back
#   rules4 and 6   in their order, which is part of what they mean
#   proxies4 and 6
live_parts() {
    live_dump | awk -v dir="$1" '
        function put(part, text) {
            gsub(/  +/, " ", text)
            sub(/ +$/, "", text)
            lines++
            print text > (dir "/" part)
        }
        function link(    name, master, up, mtu) {
            name = $2
            sub(/[@:].*$/, "", name)
            master = "-"
            for (i = 3; i < NF; i++) {
                if ($i == "master" && master == "-") master = $(i + 1)
                if ($i == "mtu" && mtu == "") mtu = $(i + 1)
            }
            up = $3 ~ /[<,]UP[,>]/ ? "up" : "down"
            put("links", name " " master " " up " " mtu)
        }
        function address(text) {
            if (text ~ / dynamic| scope link| scope host/) return
            sub(/^[0-9]+: /, "", text)
            sub(/\\.*$/, "", text)
            gsub(/ tentative| dadfailed| nodad| noprefixroute| deprecated| secondary/, "", text)
            gsub(/ metric [0-9]+| proto [a-z_]+/, "", text)
            if (match(text, / scope [a-z0-9]+/)) text = substr(text, 1, RSTART + RLENGTH - 1)
            put("addresses", text)
        }
        function rule(text,    colon) {
            colon = index(text, ":")
            sub(/^[ \t]+/, "", text)
            put("rules" family, "pref " substr(text, 1, colon - 1) " " substr(text, colon + 2))
        }
        function route(text) {
            if (text ~ / table local/ || text ~ /^fe80::\/64 / || text ~ /^ff00::\/8 /) return
            if (text ~ /^(multicast ff00|local |anycast )/ || text ~ / proto ra| expires /) return
            gsub(/ linkdown| dead| error -[0-9]+| pref medium| rt_trap| offload/, "", text)
            gsub(/[\\\t]/, " ", text)
            put("routes" family, text)
        }
        /^#[46]$/ { family = substr($0, 2); next }
        /^#end$/ { whole = 1; next }
        /^[0-9]+:\t/ { rule($0); next }
        /^[0-9]+: [^ ]+ </ { if (family == 4) link(); next }
        /^[0-9]+: / { address($0); next }
        / proxy( |$)/ { put("proxies" family, $0); next }
        NF { route($0) }
        END {
            print lines + 0
            exit !whole
        }'
}

# live_net DIR: the parts that ip tells of, each a file that is there, and whole: not every awk
# says that a disk is full.
live_net() {
    for part in links addresses routes4 routes6 rules4 rules6 proxies4 proxies6; do
        : >"$1/$part" || return 1
    done
    lines=$(live_parts "$1") || return 1
    [ "$(cd "$1" && cat links addresses routes[46] rules[46] proxies[46] | wc -l)" -eq "$lines" ]
}

# The values of the keys that the transaction may touch, plus those that interfaces carry
# along: forwarding and proxying per interface.
live_sysctl() {
    {
        cat "$1" 2>/dev/null
        for file in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv[46]/conf/*/forwarding \
            /proc/sys/net/ipv6/conf/*/proxy_ndp /proc/sys/net/ipv6/conf/*/accept_ra \
            /proc/sys/net/ipv4/conf/*/proxy_arp; do
            printf '%s\n' "${file#/proc/sys/}"
        done
    } | sort -u | sysctl_values
}

# `KEY=VALUE` for each key on standard input that exists, all in one read: the kernel
# gives a value in one piece only, so the shell's own `read` gets no more than its first letter.
sysctl_values() {
    sed '/^$/d; s|^|/proc/sys/|' | tr '\n' '\000' | xargs -0 -r grep -sH '' |
        sed 's|^/proc/sys/\([^:]*\):|\1=|'
}

# The tables that the transaction touches: `live_nft TABLES`, each line `FAMILY NAME`, or
# `whole` for the whole ruleset. Empty text for a table that is not there.
live_nft() {
    [ -s "$1" ] || return 0
    tables=$(nft list tables) || return 1
    while IFS=' ' read -r family name; do
        printf '# %s %s\n' "$family" "$name"
        if [ "$family" = whole ]; then
            nft -s list ruleset || return 1
        elif printf '%s\n' "$tables" | grep -qxF "table $family $name"; then
            nft -s list table "$family" "$name" || return 1
        fi
    done <"$1"
}

# live_read DIR: everything above into DIR. Fails if a part cannot be read, because a
# snapshot with a hole would call a hole "restored".
live_read() {
    mkdir -p "$1" || return 1
    live_net "$1" && live_macs >"$1/macs" &&
        live_sysctl "$tx/sysctl-keys" >"$1/sysctl" && live_nft "$tx/nft-tables" >"$1/nft" &&
        [ -s "$1/links" ] && [ -s "$1/sysctl" ]
}

# Lines of the first file that the second lacks. One that is not there is empty: what could
# not be read must not look as if nothing differed.
only_in() {
    [ -e "$1" ] || return 0
    if [ -e "$2" ]; then grep -vxF -f "$2" "$1" || :; else cat "$1"; fi
}

# Interfaces that are not to be compared: those that the transaction did not name and that
# did not exist before (a guest that started meanwhile), from `links`.
newcomers() {
    cut -d ' ' -f 1 "$2/links" | while IFS= read -r name; do
        if ! grep -q "^$name " "$1/links" && ! grep -qxF -- "$name" "$tx/names"; then
            printf '%s\n' "$name"
        fi
    done
}

# live_compare BEFORE AFTER: names every difference as `residue|…`.
live_compare() {
    newcomers "$1" "$2" >"$notes/newcomers"
    for part in links addresses routes4 routes6 rules4 rules6 proxies4 proxies6 sysctl; do
        only_in "$1/$part" "$2/$part" | live_foreign | sed "s/^/residue|$part: missing: /"
        only_in "$2/$part" "$1/$part" | live_foreign | sed "s/^/residue|$part: unexpected: /"
    done
    # Links that are gone or new are told above.
    [ ! -e "$1/macs" ] || while IFS=' ' read -r name mac; do
        now=$(sed -n "s|^$name ||p" "$2/macs")
        if [ -n "$now" ] && [ "$now" != "$mac" ]; then say residue "links: $name has the MAC address $now, not $mac"; fi
    done <"$1/macs"
    # The order of rules is part of what they mean.
    cmp -s "$1/nft" "$2/nft" || say residue "nft: a table is not as it was before"
}

# Drops lines that speak of a newcomer.
live_foreign() {
    while IFS= read -r line; do
        foreign=
        while IFS= read -r name; do
            case " $line " in *" $name "* | *"/$name/"*) foreign=yes ;; esac
        done <"$notes/newcomers"
        [ -n "$foreign" ] || printf '%s\n' "$line"
    done
}
