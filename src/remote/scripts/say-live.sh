# shellcheck shell=sh
# Live state as JSON records, for whoever compares it with what is wanted.

# say_live [PREFIX]: links with their addresses, then routes, rules and proxies of each family.
say_live() {
    say_output "${1-}links" ip -j -d addr show
    say_routing 4 "${1-}"
    say_routing 6 "${1-}"
}

# say_routing FAMILY [PREFIX]: routes, rules and proxies by one process, a line each; one by
# one where that is not what comes.
say_routing() {
    prefix=${2-}
    all=$(
        ip -j "-$1" -batch - 2>/dev/null <<'EOF'
route show table all
rule show
neigh show proxy
EOF
    )
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # split at line breaks
    set -- "$1" $all
    unset IFS
    set +f
    if [ $# -eq 4 ]; then
        say "${prefix}routes$1" "$2"
        say "${prefix}rules$1" "$3"
        say "${prefix}proxies$1" "$4"
    else
        say_output "${prefix}routes$1" ip -j "-$1" route show table all
        say_output "${prefix}rules$1" ip -j "-$1" rule show
        say_output "${prefix}proxies$1" ip -j "-$1" neigh show proxy
    fi
}
