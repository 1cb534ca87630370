# shellcheck shell=sh
# Wanted nft rules as this host's own nft writes them: loaded in a network namespace that
# nothing reaches, and read back.

# All wanted scripts, one after the other.
wanted_rules() {
    received nft-wanted | while IFS= read -r script; do
        printf '%s' "$script" | base64 -d
        echo
    done
}

# Links that the rules name by index need stand-ins of the same names.
stand_ins() {
    wanted_rules | grep -qwE 'iif|oif|device|devices' || return 0
    words=$(wanted_rules | tr -cs 'A-Za-z0-9._-' '\n')
    for name in /sys/class/net/*; do
        name=${name##*/}
        if [ "$name" != lo ] && printf '%s\n' "$words" | grep -qxF -- "$name"; then printf '%s\n' "$name"; fi
    done
}

canonical_nft() {
    if ! in_request nft-wanted || ! command -v nft >/dev/null 2>&1; then return 0; fi
    names=$(stand_ins)
    # shellcheck disable=SC2016,SC2086 # the inner shell expands it; names have no spaces
    text=$(wanted_rules | timeout 10 unshare -n /bin/sh -c '
        n=0
        for name; do
            n=$((n + 1))
            ip link add "$name" type veth peer name "rp$n" 2>/dev/null
        done
        nft -f - && nft -s list ruleset' sh $names 2>&1)
    code=$?
    case $code,$text in
        0,*) say nft-wanted "$(printf '%s\n' "$text" | base64 | tr -d '\n')" ;;
        124,* | 126,* | 127,* | *,unshare:*) say nft-unable "$(printf '%s' "$text" | head -n 1)" ;;
        *) say nft-invalid "$(printf '%s' "$text" | head -n 3 | tr '\n' ' ')" ;;
    esac
}
