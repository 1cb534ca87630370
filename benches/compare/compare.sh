#!/bin/bash
# compare.sh: what it costs to plan and to change a fleet, with rappel, with OpenSSH running
# one trivial command (the floor), and with Ansible, Ansible under mitogen, and pyinfra.
# Runs inside a lab, as `make bench` does:
#
#     rappel lab run fleet:20:bookworm-python -- benches/compare/compare.sh VENV
#
# Every tool manages the same twenty files on every host, written as its user would, logs in
# anew with the same key and known hosts, and may talk to all hosts at once. Rounds
# alternate, so that all meet the same disturbances; printed are medians of time on the clock
# and of processor time of this side (the hosts' own is not in it). rappel's apply is the whole
# transaction: snapshot, armed watchdog, new connections, checks, confirmation.
#
# ROUNDS (7) for rappel and the floor, SLOW_ROUNDS (1) for the others, which are TOOLS ("pyinfra
# mitogen ansible"); DELAY in seconds each way, for hosts far away; OUT for the JSON.
set -euo pipefail

: "${RAPPEL_LAB_SOCKET:?runs inside a lab: make bench}"
here=$(cd "$(dirname "$0")" && pwd)
rappel=${RAPPEL:-$here/../../target/release/rappel}
venv=${1:?the venv that scripts/install-bench prints}
rounds=${ROUNDS:-7}
slow_rounds=${SLOW_ROUNDS:-1}
tools=${TOOLS-pyinfra mitogen ansible}
work=$(mktemp -d)
far=
# The line ends with its standard input.
end() {
    if [ -n "$far" ]; then exec 9>&- && wait "$far"; fi
    rm -rf "$work"
}
trap end EXIT
mkdir "$work/templates" "$work/home" "$work/line"
cd "$work"
# Nobody's own settings take part, and no tool leaves anything in a home.
export HOME=$work/home

mapfile -t addresses < <(grep -o '203\.0\.113\.[0-9]*' "$RAPPEL_LAB_KNOWN_HOSTS" | sort -uV)
hosts=${#addresses[@]}
[ "$hosts" -gt 0 ] || { echo 'compare.sh: the lab has no hosts' >&2; exit 1; }

# ---- the same project for each tool

for ((file = 0; file < 20; file++)); do
    sed "s/FILE/$file/g" "$here/service.conf.j2" >"templates/$file.j2"
done
{
    printf -- '- name: twenty files\n  hosts: fleet\n  artifacts:\n'
    for ((file = 0; file < 20; file++)); do
        printf '    - { kind: file, path: /etc/bench-%s.conf, template: %s.j2 }\n' "$file" "$file"
    done
    printf '  rollout: { canary: 0, batch: 100%%, settle: 0s }\n'
} >twenty.yml
inventory() { # REVISION: five of the twenty files have it in them
    printf 'fleet:\n'
    printf '  vars: { ansible_user: root, revision: %s, changing: [0, 4, 8, 12, 16] }\n' "$1"
    printf '  hosts:\n'
    for address in "${addresses[@]}"; do
        printf '    %s: { address: %s }\n' "$address" "$address"
    done
}
pyinfra_inventory() {
    printf 'fleet = (\n    [\n'
    for address in "${addresses[@]}"; do
        printf '        ("%s", {"address": "%s"}),\n' "$address" "$address"
    done
    printf '    ],\n    {"ssh_user": "root", "ssh_key": "%s", "revision": %s,\n' "$RAPPEL_LAB_KEY" "$1"
    printf '     "ssh_known_hosts_file": "%s", "changing": [0, 4, 8, 12, 16]},\n)\n' "$RAPPEL_LAB_KNOWN_HOSTS"
}
revise() {
    revision=$1
    inventory "$1" >hosts.yml
    pyinfra_inventory "$1" >inventory.py
}
revision=0

cp "$here/playbook-ansible.yml" "$here/deploy-pyinfra.py" .
cat >ansible.cfg <<CFG
[defaults]
inventory = hosts.yml
forks = 50
private_key_file = $RAPPEL_LAB_KEY
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = true
ssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=$RAPPEL_LAB_KNOWN_HOSTS -o IdentitiesOnly=yes
CFG
mitogen=$("$venv/bin/python" -c 'import ansible_mitogen, os; print(os.path.dirname(ansible_mitogen.__file__))')

# ---- what is measured

rappel() {
    "$rappel" "$@" -i hosts.yml twenty.yml --private-key "$RAPPEL_LAB_KEY" \
        --known-hosts "$RAPPEL_LAB_KNOWN_HOSTS" --forks 50
}
# A multiplexed connection that outlives its run would be a head start for the next one.
ansible() {
    env ANSIBLE_HOME="$work/ansible" "$venv/bin/ansible-playbook" playbook-ansible.yml "$@"
    end_masters
}
end_masters() {
    for socket in "$work"/ansible/cp/*; do
        [ -S "$socket" ] || continue
        ssh -F none -o ControlPath="$socket" -O exit any 2>/dev/null || :
    done
}
under_mitogen() {
    ANSIBLE_STRATEGY_PLUGINS=$mitogen/plugins/strategy ANSIBLE_STRATEGY=mitogen_linear ansible "$@"
}
pyinfra() { "$venv/bin/pyinfra" --parallel 50 "$@" inventory.py deploy-pyinfra.py; }

floor() {
    printf 'root@%s\n' "${addresses[@]}" |
        xargs -P 50 -I{} ssh -F none -i "$RAPPEL_LAB_KEY" -o BatchMode=yes \
            -o IdentitiesOnly=yes -o UserKnownHostsFile="$RAPPEL_LAB_KNOWN_HOSTS" {} true
}
rappel_plan() { rappel plan; }
rappel_change() { rappel apply --yes; }
ansible_plan() { ansible --check --diff; }
ansible_change() { ansible; }
mitogen_plan() { under_mitogen --check --diff; }
mitogen_change() { under_mitogen; }
# Its --yes leaves out the look at what would change.
pyinfra_plan() { pyinfra --dry; }
pyinfra_change() { pyinfra --yes; }

# once WHAT: one round, a line `seconds cpu-seconds` to WHAT.times.
once() {
    local TIMEFORMAT='%R %U %S'
    { time "$1" >"$1.out" 2>&1; } 2>time.out || {
        echo "compare.sh: $1 failed:" >&2
        tail -n 20 "$1.out" >&2
        exit 1
    }
    tail -n 1 time.out | awk '{ print $1, $2 + $3 }' >>"$1.times"
}
# as_wanted TEXT: the run before did what it is measured for, in its tool's own words.
as_wanted() {
    grep -q -- "$2" "$1.out" || { echo "compare.sh: $1 did not do its work:" >&2; tail -n 20 "$1.out" >&2; exit 1; }
}

if [ -n "${DELAY:-}" ]; then
    mkfifo line.in
    python3 "$here/../../tests/speed/delay_line.py" "$DELAY" "$work/line" <line.in >line.out &
    far=$!
    exec 9>line.in
    for ((wait = 0; wait < 100; wait++)); do
        if grep -qs ready line.out; then break; fi
        sleep 0.1
    done
    grep -q ready line.out || { echo 'compare.sh: the delay line does not start' >&2; exit 1; }
fi
revise 1
rappel apply --yes >first.out 2>&1 || { tail -n 20 first.out >&2; exit 1; }
for ((round = 0; round < rounds; round++)); do
    once floor
    once rappel_plan
    revise $((revision + 1))
    once rappel_change
    as_wanted rappel_change "$hosts confirmed"
done
for ((round = 0; round < slow_rounds; round++)); do
    for tool in $tools; do
        once "${tool}_plan"
        revise $((revision + 1))
        once "${tool}_change"
        case $tool in
            ansible | mitogen)
                as_wanted "${tool}_plan" 'changed=0 '
                as_wanted "${tool}_change" 'changed=1 '
                ;;
            pyinfra)
                # Its plan names a file with no number of hosts; files 0, 4, 8, 12, 16 change.
                as_wanted pyinfra_plan 'file 19 *- *- *$'
                as_wanted pyinfra_change "Grand total *$((20 * hosts)) *$((5 * hosts)) *- *$((15 * hosts))"
                ;;
        esac
    done
done

# ---- what came of it

median() { cut -d ' ' -f "$2" "$1.times" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
declare -A planning=([pyinfra]='pyinfra --dry' [mitogen]='Ansible under mitogen, --check' [ansible]='Ansible, --check')
declare -A changing=([pyinfra]=pyinfra [mitogen]='Ansible under mitogen' [ansible]=Ansible)
json=
row() { # LABEL WHAT BASE: both times, and how often BASE's they are
    local clock cpu
    clock=$(median "$2" 1)
    cpu=$(median "$2" 2)
    printf '%-36s %9s %9s %10s %10s\n' "$1" "$clock" "$cpu" \
        "$(ratio "$clock" "$(median "$3" 1)")" "$(ratio "$cpu" "$(median "$3" 2)")"
    json="$json${json:+,}\"$2\":{\"seconds\":$clock,\"cpu\":$cpu}"
}
echo "$hosts hosts, 20 files each; medians of $rounds rounds (others: $slow_rounds)${DELAY:+; everything arrives $DELAY s later, both ways}"
echo
printf '%-36s %9s %9s %10s %10s\n' 'nothing to change' 'clock, s' 'CPU, s' 'x floor' 'x floor'
row "floor: $(ssh -V 2>&1 | cut -d , -f 1), true" floor floor
row 'rappel plan' rappel_plan floor
for tool in $tools; do row "${planning[$tool]}" "${tool}_plan" floor; done
echo
printf '%-36s %9s %9s %10s %10s\n' 'five files of each host' 'clock, s' 'CPU, s' 'x rappel' 'x rappel'
row 'rappel apply' rappel_change rappel_change
for tool in $tools; do row "${changing[$tool]}" "${tool}_change" rappel_change; done
[ -z "${OUT:-}" ] || printf '{"hosts":%s,"files":20,"results":{%s}}\n' "$hosts" "$json" >"$OUT"
