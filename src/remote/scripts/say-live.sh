# shellcheck shell=sh
# Live state as JSON records, for whoever compares it with what is wanted.

# say_live [PREFIX]: links, then addresses, routes, rules and proxies of each family; of each
# family by one process, a line each, or one by one where that is not what comes.
say_live() {
    prefix=${1-}
    all=$(
        ip -j -d -4 -batch - 2>/dev/null <<'EOF'
link show
addr show
route show table all
rule show
neigh show proxy
EOF
    )
    with_lines "$all" say_links
    all=$(
        ip -j -6 -batch - 2>/dev/null <<'EOF'
addr show
route show table all
rule show
neigh show proxy
EOF
    )
    with_lines "$all" say_family 6
}

# say_links LINE…: of links, and then of IPv4, if there is one of each kind.
say_links() {
    if [ $# -eq 5 ]; then
        say "${prefix}links" "$1"
        shift
        say_family 4 "$@"
    else
        say_output "${prefix}links" ip -j -d link show
        say_family 4
    fi
}

# say_family FAMILY LINE…: the lines as records, if there is one of each kind.
say_family() {
    if [ $# -eq 5 ]; then
        say "${prefix}addresses$1" "$2"
        say "${prefix}routes$1" "$3"
        say "${prefix}rules$1" "$4"
        say "${prefix}proxies$1" "$5"
    else
        say_output "${prefix}addresses$1" ip -j "-$1" addr show
        say_output "${prefix}routes$1" ip -j "-$1" route show table all
        say_output "${prefix}rules$1" ip -j "-$1" rule show
        say_output "${prefix}proxies$1" ip -j "-$1" neigh show proxy
    fi
}
