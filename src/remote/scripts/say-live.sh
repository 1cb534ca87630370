# shellcheck shell=sh
# Live state as ip tells it, in JSON: for whoever compares it with what is wanted, and for the
# fingerprint of what a plan was made against.

# hear_live: into $heard4 and $heard6, a line each: links (of all families, with the first),
# addresses, routes, rules and proxies. By one process for each family, or one by one where
# that is not what comes. Fails where anything cannot be read.
hear_live() {
    heard4=$(
        ip -j -d -4 -batch - 2>/dev/null <<'EOF'
link show
addr show
route show table all
rule show
neigh show proxy
EOF
    ) || heard4=
    with_lines "$heard4" are 5 || heard4=$(one_by_one 4) || return 1
    heard6=$(
        ip -j -6 -batch - 2>/dev/null <<'EOF'
addr show
route show table all
rule show
neigh show proxy
EOF
    ) || heard6=
    with_lines "$heard6" are 4 || heard6=$(one_by_one 6)
}

# are COUNT LINE…: whether there are so many.
are() { [ $# -eq $(($1 + 1)) ]; }

# one_by_one FAMILY: the same lines. A kernel without IPv6 has nothing of it.
one_by_one() {
    if [ "$1" = 4 ]; then
        in_one_line ip -j -d link show || return 1
    elif [ ! -d /proc/sys/net/ipv6 ]; then
        printf '[]\n[]\n[]\n[]\n'
        return
    fi
    in_one_line ip -j "-$1" addr show && in_one_line ip -j "-$1" route show table all &&
        in_one_line ip -j "-$1" rule show && in_one_line ip -j "-$1" neigh show proxy
}

# in_one_line COMMAND…: the list that it prints; an old ip prints nothing for an empty one.
in_one_line() {
    printed=$("$@" 2>/dev/null) || return 1
    printf '%s' "${printed:-[]}" | tr -d '\n'
    echo
}

# say_live [PREFIX]: hears it and says it, a record for each line. Fails where it cannot be read.
say_live() {
    hear_live || return 1
    prefix=${1-}
    with_lines "$heard4" say_links
    with_lines "$heard6" say_family 6
}

say_links() {
    say "${prefix}links" "$1"
    shift
    say_family 4 "$@"
}

# say_family FAMILY ADDRESSES ROUTES RULES PROXIES
say_family() {
    say "${prefix}addresses$1" "$2"
    say "${prefix}routes$1" "$3"
    say "${prefix}rules$1" "$4"
    say "${prefix}proxies$1" "$5"
}

# lasting: of what was heard, what does not change by itself, an object a line: links with
# their port, state and MTU, addresses and routes that somebody has set, rules and proxies.
lasting() {
    printf '%s\n' "$heard4" "$heard6" | awk '
        BEGIN { RS = "{" }
        # The member of that name, as it stands.
        function member(name) {
            return match($0, "\"" name "\":[^],}]*") ? substr($0, RSTART, RLENGTH) " " : ""
        }
        # A link; what stands before its addresses says the same again.
        /^"ifindex"/ {
            up = /"flags":\[[^]]*"UP"/ ? "up " : "down "
            device = member("ifname")
            if (!(device in told)) print device up member("mtu") member("master")
            told[device] = 1
            kept = 0
            next
        }
        /^"family"/ {
            if (/"dynamic":true|"scope":"(link|host)"/) next
            print device member("local") member("prefixlen") member("address") member("broadcast") member("scope")
            next
        }
        /^"priority"/ { kept = 1 }
        /^"(type|dst)"/ {
            kept = !(/"table":"local"|"type":"(local|anycast)"|"protocol":"ra"|"expires":/ ||
                /"dst":"(fe80::\/64|ff00::\/8)"/)
        }
        # Also what is nested in them: metrics, several gateways.
        kept {
            gsub(/,"(linkdown|dead|offload|rt_trap)"/, "")
            gsub(/"(linkdown|dead|offload|rt_trap)",?/, "")
            # Whatever stands behind it.
            sub(/[][},\n ]+$/, "")
            print
        }'
}
