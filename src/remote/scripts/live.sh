# shellcheck shell=sh
# The live state that files cannot bring back: addresses, routes, rules, neighbour proxies,
# bridge ports, sysctl values, nft tables. Read into sorted text, compared, replayed. Each part
# is what its tool prints, without what changes by itself.

# One line per link: name, port of which bridge, up or down, MTU. The MTU is kept because
# an interfaces file that names none leaves it as it is.
live_links() { ip -o link show | plain_links | sort; }

plain_links() {
    while IFS= read -r line; do
        name=${line#*: }
        name=${name%%:*}
        name=${name%%@*}
        master=-
        case $line in *' master '*) master=${line#* master } && master=${master%% *} ;; esac
        case $line in *[\<,]UP[,\>]*) up=up ;; *) up=down ;; esac
        mtu=${line#* mtu }
        printf '%s %s %s %s\n' "$name" "$master" "$up" "${mtu%% *}"
    done
}

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

# One line per address that somebody configured: `DEV FAMILY ADDRESS [peer P] [brd B] scope S`.
# Left out: what the kernel makes by itself (link-local) and what expires (DHCP, RA).
live_addresses() { ip -o addr show | plain_addresses | sort; }

plain_addresses() {
    sed -e 's/^[0-9]*: //; s/\\.*$//; / dynamic/d; / scope link/d; / scope host/d' \
        -e 's/  */ /g; s/ tentative//; s/ dadfailed//; s/ nodad//; s/ noprefixroute//; s/ deprecated//' \
        -e 's/ metric [0-9]*//; s/ proto [a-z_]*//; s/ secondary//; s/ scope \([a-z0-9]*\).*$/ scope \1/'
}

# Routes of a family in all tables but `local`, as `ip route add` takes them back.
live_routes() { ip "-$1" route show table all | plain_routes | sort; }

# plain_routes [MARK]: each line that stays begins with the mark.
plain_routes() {
    sed -e '/ table local/d; /^fe80::\/64 /d; /^ff00::\/8 /d; /^multicast ff00/d; /^local /d; /^anycast /d' \
        -e '/ proto ra/d; / expires /d' \
        -e 's/ linkdown//; s/ dead//; s/ error -[0-9]*//; s/ pref medium//; s/ rt_trap//; s/ offload//; s/  */ /g; s/ *$//' \
        -e "s/^/${1-}/"
}

live_rules() { ip "-$1" rule show | plain_rules | sort; }

plain_rules() { sed 's/^\([0-9]*\):[[:space:]]*/pref \1 /'; }

# All of these in one text: two equal texts mean the same. Every plan and every change reads
# it, so what can be read by one process is.
live_print() {
    {
        ip -o link show | plain_links
        ip -o addr show | plain_addresses
        for family in 4 6; do
            printf 'route show table all\nneigh show proxy\n' | ip "-$family" -batch - | plain_routes "$family "
        done
    } | sort
    # In the order in which they are asked.
    ip -4 rule show
    echo 6
    ip -6 rule show
}

live_proxies() { ip "-$1" neigh show proxy | sed 's/  */ /g; s/ *$//' | sort; }

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
    live_links >"$1/links" && live_macs >"$1/macs" && live_addresses >"$1/addresses" &&
        live_routes 4 >"$1/routes4" && live_routes 6 >"$1/routes6" &&
        live_rules 4 >"$1/rules4" && live_rules 6 >"$1/rules6" &&
        live_proxies 4 >"$1/proxies4" && live_proxies 6 >"$1/proxies6" &&
        live_sysctl "$tx/sysctl-keys" >"$1/sysctl" && live_nft "$tx/nft-tables" >"$1/nft"
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
