#!/bin/bash
# plan.sh: what a plan of a whole fleet costs, against OpenSSH running `true` on the same
# hosts with the same parallelism. Runs inside a lab, as `make bench` does:
#
#     rappel lab run fleet:8 -- benches/plan.sh
#
# Both log in to every host anew, with the same key and the same known hosts. rappel also
# renders, reads each host's files and live state, and compares; the hosts are as wanted,
# so there is nothing to change. Rounds alternate, so that both meet the same disturbances;
# printed are medians of time on the clock and of processor time of this side.
set -euo pipefail

: "${RAPPEL_LAB_SOCKET:?runs inside a lab: make bench}"
project=$(cd "$(dirname "$0")/.." && pwd)
rappel=${RAPPEL:-$project/target/release/rappel}
rounds=${ROUNDS:-9}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The fleet's hosts are h0, h1 … from 203.0.113.30 on, known to the lab's known hosts.
mapfile -t addresses < <(grep -o '203\.0\.113\.[0-9]*' "$RAPPEL_LAB_KNOWN_HOSTS" | sort -uV)
hosts=${#addresses[@]}
[ "$hosts" -gt 0 ] || { echo 'plan.sh: the lab has no hosts: rappel lab run fleet:8' >&2; exit 1; }

cp -R "$project/playbooks" "$project/templates" .
{
    echo 'hypervisors:'
    echo '  hosts:'
    number=0
    for address in "${addresses[@]}"; do
        cat <<HOST
    h$number:
      ansible_host: $address
      ansible_user: root
      network:
        uplink:
          name: eth0
          ipv4: { address: $address/24, gateway: 203.0.113.254 }
        bridges:
          - { name: br1, ipv4: 10.42.$number.1/24 }
        guests: []
        nat: { address: $address }
HOST
        number=$((number + 1))
    done
} >hosts.yml

common=(-i hosts.yml playbooks/t3.yml --private-key "$RAPPEL_LAB_KEY"
    --known-hosts "$RAPPEL_LAB_KNOWN_HOSTS" --forks "$hosts")
plan() { "$rappel" plan "${common[@]}" >plan.out 2>&1; }
openssh() {
    printf 'root@%s\n' "${addresses[@]}" |
        xargs -P "$hosts" -I{} ssh -F none -i "$RAPPEL_LAB_KEY" -o BatchMode=yes \
            -o IdentitiesOnly=yes -o UserKnownHostsFile="$RAPPEL_LAB_KNOWN_HOSTS" {} true
}

"$rappel" apply "${common[@]}" --yes >apply.out 2>&1 || { cat apply.out; exit 1; }
plan || { echo 'plan.sh: the fleet is not as wanted after an apply:' >&2; cat plan.out >&2; exit 1; }

# once WHAT: one round, a line `seconds cpu-seconds` to WHAT.times.
once() {
    local line
    TIMEFORMAT='%R %U %S'
    line=$({ time "$1" 2>&1; } 2>&1) || { echo "plan.sh: $1 failed: $line" >&2; exit 1; }
    awk '{ print $1, $2 + $3 }' <<<"${line##*$'\n'}" >>"$1.times"
}
for ((round = 0; round < rounds; round++)); do
    once plan
    once openssh
done

median() { cut -d ' ' -f "$2" "$1.times" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
row() { printf '%-32s %10s %10s\n' "$@"; }
echo "$hosts hosts, $hosts at once, median of $rounds alternating rounds"
echo
row '' 'clock, s' 'CPU, s'
row 'rappel plan, nothing to change' "$(median plan 1)" "$(median plan 2)"
row "$(ssh -V 2>&1 | cut -d , -f 1), true" "$(median openssh 1)" "$(median openssh 2)"
ratio() { awk -v a="$(median plan "$1")" -v b="$(median openssh "$1")" 'BEGIN { printf "%.2f", a / b }'; }
row 'ratio' "$(ratio 1)" "$(ratio 2)"
