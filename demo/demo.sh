#!/bin/sh
# demo.sh: a hypervisor at a provider is changed over its only link, confirmed, then
# changed wrongly twice, and comes back by itself. Runs inside a lab, as `make demo` does:
#
#     rappel lab run t3 -- demo/demo.sh
#
# Every tick is a condition that was just checked. Exit code 1 and a list at the end if
# any was not met.
set -u

if [ -z "${RAPPEL_LAB_SOCKET:-}" ]; then
    echo 'demo.sh: runs inside a lab: make demo, or rappel lab run t3 -- demo/demo.sh' >&2
    exit 2
fi
project=$(cd "$(dirname "$0")/.." && pwd) || exit 2
rappel=${RAPPEL:-$project/target/debug/rappel}
[ -x "$rappel" ] || { echo "demo.sh: $rappel is missing: cargo build" >&2; exit 2; }

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    paint=always good='\033[1;32m' bad='\033[1;31m' head='\033[1m' dim='\033[2m' plain='\033[0m'
else
    paint=never good='' bad='' head='' dim='' plain=''
fi

# ---------------------------------------------------------------- telling and checking

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$work/unmet"
: >"$work/shown"
met=yes

chapter() { printf "\n$head%s$plain\n\n" "$*"; }
tell() { printf '%s\n' "$@"; }
quote() { sed 's/^/    /'; }
tick() { printf "  $good✓$plain %s\n" "$*"; }
cross() {
    printf "  $bad✗$plain %s\n" "$*"
    printf '%s\n' "$*" >>"$work/unmet"
    met=no
}

# expect WHAT COMMAND…: a tick if the command succeeds, else a cross and what it printed.
expect() {
    what=$1
    shift
    if "$@" >"$work/expected" 2>&1; then
        tick "$what"
    else
        cross "$what"
        tail -n 20 "$work/expected" | quote
    fi
}

not() { ! "$@"; }

# soon COMMAND…: within a few seconds; what was told to end takes a moment.
soon() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if "$@"; then return 0; fi
        sleep 0.5
    done
    return 1
}

# shown SENTENCE: for the summary; true if all was met since the last one.
shown() {
    if [ $met = yes ]; then mark="$good✓$plain"; else mark="$bad✗$plain"; fi
    printf "  $mark %s\n" "$*" >>"$work/shown"
    met=yes
}

# An exit code as a person would say it.
meaning() {
    case $1 in
        0) echo 'nothing to do, or all confirmed' ;;
        2) echo 'changes planned' ;;
        3) echo 'rolled back, host safe' ;;
        4) echo 'unreachable or lost' ;;
        *) echo 'error' ;;
    esac
}

# prompt WORDS…: the command as a user would type it.
prompt() { printf "  $dim\$$plain rappel %s\n" "$*"; }

# run WORDS…: rappel with these, its output and exit code kept.
run() {
    "$rappel" --color "$paint" "$@" >"$work/output" 2>&1
    echo $? >"$work/code"
}

# start WORDS…: the same beside what follows, as process $running.
start() {
    # What an earlier one said must not be taken for this one's words.
    : >"$work/output"
    run "$@" &
    running=$!
}

# ended CODE: what came of the last `run`.
ended() {
    expect "exit code $1: $(meaning "$1")" test "$(cat "$work/code")" -eq "$1"
    [ "$(cat "$work/code")" -eq "$1" ] || quote <"$work/output"
}

# The progress of the last `run` without the plan, which was shown before.
escape=$(printf '\033')
progress() {
    sed "/^[^ ]*:\$/d; /^\($escape\[[0-9;]*m\)* /d; /^\$/d" "$work/output" | quote
}

# ---------------------------------------------------------------- the lab

lab() { "$rappel" lab "$@"; }
hv1() { lab exec hv1 -- "$@"; }
guest1() { lab exec guest1 -- "$@"; }
gateway() { lab gateway -- "$@"; }
now() { cut -d . -f 1 /proc/uptime; }

# A new SSH connection, by OpenSSH: nothing of rappel is in it.
new_ssh() {
    ssh -F none -i "$RAPPEL_LAB_KEY" -o UserKnownHostsFile="$RAPPEL_LAB_KNOWN_HOSTS" \
        -o BatchMode=yes -o IdentitiesOnly=yes -o ConnectTimeout=2 root@203.0.113.10 "$@" </dev/null
}

# settled GENERATION: hv1 has that one, no open transaction, and nothing that would revert.
settled() {
    # shellcheck disable=SC2016 # for the host's shell
    hv1 sh -c '
        test -d "/var/lib/rappel/gen/$1" && ! test -e /var/lib/rappel/tx &&
        ! test -e /var/lib/rappel/lock && ! test -e /etc/systemd/system/rappel-revert.service &&
        ! systemctl list-units "rappel*" --no-legend --plain | grep .' sh "$1"
}

# Everything that the tool changes on the host, as text to compare.
picture() {
    # shellcheck disable=SC2016 # for the host's shell
    hv1 sh -c '
        for f in /etc/network/interfaces /etc/sysctl.d/* /etc/nftables.d/* /etc/network/if-*.d/*; do
            if [ -e "$f" ]; then sha256sum "$f"; stat -c "%a %U %G" "$f"; fi
        done
        ip -o addr show | sed "/scope link/d; s/valid_lft.*//"
        ip -4 route; ip -6 route | sed "/fe80::/d"
        ip -6 neigh show proxy | sort
        nft list ruleset
        sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.eth0.proxy_ndp
        ls -d /sys/class/net/*
    '
}
same_picture() { picture >"$work/picture" 2>&1 && diff "$1" "$work/picture"; }

# The demo is a project of its own: what is typed here is what a user would type.
cp -R "$project/inventories" "$project/playbooks" "$project/templates" "$work" || exit 2
(umask 077 && mkdir -p "$HOME/.ssh") && cp "$RAPPEL_LAB_KEY" "$HOME/.ssh/id_ed25519" &&
    cp "$RAPPEL_LAB_KNOWN_HOSTS" "$HOME/.ssh/known_hosts" || exit 2
cd "$work" || exit 2
vars=inventories/t3/host_vars/hv1.yml
cp "$vars" "$work/vars.good"

# ---------------------------------------------------------------- 1

chapter '1  The hosts'
tell 'A lab without a way out to any network. Debian as a provider hands it over: hv1 has one
IPv4 address, and no IPv6, no bridge, no firewall. Its provider expects every IPv6
address of its /64 to answer on the wire. Two guests wait for their hypervisor.' ''
cat <<'PICTURE'
    you ── 198.51.100.0/24 ── provider's gateway ── 203.0.113.0/24 ── hv1 ┬ guest1
    .2     2001:db8:ffff::/64   .254                  .10                 └ guest2
PICTURE
echo
expect 'hv1 answers over SSH' new_ssh true
expect 'hv1 has no IPv6 route, no bridge' hv1 sh -c '! ip -6 route show default | grep . && ! test -e /sys/class/net/br1'
expect 'guest1 reaches nothing' not guest1 ping -q -c 1 -W 1 198.51.100.2
picture >"$work/plain-host" 2>&1
shown 'A plain Debian host, reached over one address of one link'

# ---------------------------------------------------------------- 2

chapter '2  What would change: rappel plan'
tell 'The plan is made from the files and the live state of the host; nothing is changed.' ''
prompt plan -i inventories/t3 playbooks/t3.yml
run plan -i inventories/t3 playbooks/t3.yml
lines=$(wc -l <"$work/output")
head -n 40 "$work/output" | quote
printf "    $dim… %s more lines …$plain\n" $((lines - 40 - 12))
tail -n 12 "$work/output" | quote
ended 2
expect 'hv1 is as it was' same_picture "$work/plain-host"
shown 'A plan: the diff of files and of live state, and which interfaces are touched'

# ---------------------------------------------------------------- 3

chapter '3  The change: rappel apply'
tell 'hv1 takes its only interface down and up again, with a watchdog armed that would undo
everything. It is confirmed over new connections, after its gateways answered.' ''
prompt apply -i inventories/t3 playbooks/t3.yml --yes
run apply -i inventories/t3 playbooks/t3.yml --yes
progress
ended 0
expect 'hv1 has it as generation 1, and nothing is open or armed any more' soon settled 1
shown 'The change is confirmed, over new connections, and nothing stays armed'

tell '' 'And it works, seen from outside. The provider knows no address before it asks:'
lab flush-neighbours
mac=$(hv1 cat /sys/class/net/eth0/address)
for last in 11 12; do
    address=2001:db8:2:96ce::$last
    expect "the gateway pings guest$((last - 10)) at $address" gateway ping -6 -q -c 3 -W 2 $address
    expect "  and got the MAC of hv1 for it ($mac)" \
        sh -c "'$rappel' lab gateway -- ip -6 neigh show to $address | grep -F '$mac'"
done
expect 'an address of nobody, ::99, does not answer' not gateway ping -6 -q -c 2 -W 1 2001:db8:2:96ce::99
tcpdump -l -n -c 1 -i eth0 'icmp[icmptype] == icmp-echo' >"$work/packets" 2>"$work/capture" &
capture=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    if grep -q 'listening on' "$work/capture" 2>/dev/null; then break; fi
    sleep 0.2
done
expect 'guest1 pings you over IPv4' guest1 ping -q -c 3 -W 2 198.51.100.2
for _ in 1 2 3 4 5 6 7 8 9 10; do
    if [ -s "$work/packets" ]; then break; fi
    sleep 0.2
done
kill "$capture" 2>/dev/null
wait "$capture" 2>/dev/null
expect '  and comes with the address of hv1' grep -F 'IP 203.0.113.10 > 198.51.100.2' "$work/packets"
expect 'guest1 pings you over IPv6, with its own address' guest1 ping -6 -q -c 3 -W 2 2001:db8:ffff::2
shown 'Guests reach outside over both families; IPv6 by proxied neighbour discovery, IPv4 by NAT'

# ---------------------------------------------------------------- 4

chapter '4  Once more: nothing to do'
prompt apply -i inventories/t3 playbooks/t3.yml --yes
run apply -i inventories/t3 playbooks/t3.yml --yes
quote <"$work/output"
ended 0
expect 'hv1 was unchanged' grep -q '^hv1: .*unchanged' "$work/output"
picture >"$work/good-host" 2>&1
shown 'A second apply has nothing to do'

# ---------------------------------------------------------------- 5

# while_running COMMAND…: seconds during which the command failed while `run` was at work.
while_running() {
    away=0
    while kill -0 "$running" 2>/dev/null; do
        before=$(now)
        if ! "$@" >/dev/null 2>&1; then
            sleep 0.2
            away=$((away + $(now) - before))
        else
            sleep 0.2
        fi
    done
    wait "$running"
}

chapter '5  A slip: the wrong gateway'
tell 'Two digits change places. The file is valid, every tool accepts it, and it cuts hv1 off:
it cannot answer anybody beyond its own network, and nobody can log in to mend it.' ''
sed -i 's/gateway: 203\.0\.113\.254/gateway: 203.0.113.245/' $vars
diff -u "$work/vars.good" $vars | sed -n '/^[-+] /p' | quote
expect 'one line of the inventory was changed' test "$(diff "$work/vars.good" $vars | grep -c '^>')" -eq 1
prompt apply -i inventories/t3 playbooks/t3.yml --yes --confirm-window 10
start apply -i inventories/t3 playbooks/t3.yml --yes --confirm-window 10
while_running ping -q -c 1 -W 1 203.0.113.10
quote <"$work/output"
ended 3
expect "hv1 was cut off for a while (${away} s)" test "$away" -ge 3
expect 'hv1 takes a new SSH connection' new_ssh true
expect 'its old gateway is back' hv1 sh -c 'ip -4 route show default | grep -F "via 203.0.113.254 "'
expect 'everything is as it was before: files, addresses, routes, rules, proxies' same_picture "$work/good-host"
expect 'guest1 still reaches outside' guest1 ping -q -c 2 -W 2 198.51.100.2
cp "$work/vars.good" $vars
shown 'A wrong gateway cut the host off, and it came back by itself (exit code 3)'

# ---------------------------------------------------------------- 6

chapter '6  A slip that old connections hide: the firewall'
tell 'SSH only from your own address, but the address is mistyped. The session that loads the
rules lives on, because established connections are let through; the next login is
dropped. A tool that trusts its open session would call this a success.' ''
cat >>$vars <<'FIREWALL'
  firewall:
    ssh_from: [198.51.100.20]
FIREWALL
diff -u "$work/vars.good" $vars | sed -n '/^[-+] /p' | quote
new_ssh 'while :; do date +%s; sleep 0.5; done' >"$work/beats" 2>/dev/null &
session=$!
sleep 1
prompt apply -i inventories/t3 playbooks/t3.yml --yes --confirm-window 10
start apply -i inventories/t3 playbooks/t3.yml --yes --confirm-window 10
while_running new_ssh true
beat=$(tail -n 1 "$work/beats")
quote <"$work/output"
ended 3
expect "new SSH connections were dropped for a while (${away} s)" test "$away" -ge 3
expect 'a session opened before never noticed' test "$(($(date +%s) - ${beat:-0}))" -le 3
kill "$session" 2>/dev/null
expect 'hv1 takes a new SSH connection' new_ssh true
expect 'everything is as it was before' same_picture "$work/good-host"
cp "$work/vars.good" $vars
shown 'A firewall that let only old connections live was not confirmed, and reverted (exit code 3)'

# ---------------------------------------------------------------- 7

chapter '7  The same slip, and the power fails as well'
tell 'The wrong gateway once more. Nobody waits for the watchdog this time: with the change in
force, hv1 loses its power. A unit that was armed before anything changed puts the old
files back before the network starts.' ''
sed -i 's/gateway: 203\.0\.113\.254/gateway: 203.0.113.245/' $vars
prompt apply -i inventories/t3 playbooks/t3.yml --yes
start apply -i inventories/t3 playbooks/t3.yml --yes
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if grep -q 'verifying over new connections' "$work/output"; then break; fi
    sleep 0.5
done
expect 'the change is in force' hv1 grep -F 'gateway 203.0.113.245' /etc/network/interfaces
expect 'the power of hv1 is cut, and comes back' sh -c "'$rappel' lab power-cut hv1 && '$rappel' lab power-on hv1"
wait "$running"
progress
ended 3
expect 'hv1 takes a new SSH connection' new_ssh true
expect 'its files and addresses are as they were before' same_picture "$work/good-host"
expect 'guest1 still reaches outside' guest1 ping -q -c 3 -W 2 198.51.100.2
cp "$work/vars.good" $vars
shown 'Power was lost with a wrong gateway in force, and the host booted into the old one (exit code 3)'

# ---------------------------------------------------------------- 8

chapter '8  Back to the plain host'
prompt history -i inventories/t3
run history -i inventories/t3
quote <"$work/output"
ended 0
counted() { test "$(grep -c "  $1" "$work/output")" -eq "$2"; }
expect 'one change was confirmed' counted 'confirmed as' 1
expect 'three were reverted' counted 'reverted: ' 3
echo
prompt rollback -i inventories/t3 --to 0 --yes
run rollback -i inventories/t3 --to 0 --yes
progress
ended 0
expect 'hv1 is the plain host again: files, addresses, routes, sysctl, no table, no bridge' \
    same_picture "$work/plain-host"
# shellcheck disable=SC2016 # for the host's shell
expect 'nothing of rappel runs, and nothing is left but /var/lib/rappel' soon hv1 sh -c '
    ! find /etc /run/systemd /usr/local -name "*rappel*" | grep . &&
    ! systemctl list-units "rappel*" --no-legend --plain | grep . && test -d /var/lib/rappel'
shown 'A rollback returned the host to what it was before rappel'

# ---------------------------------------------------------------- 9

chapter '9  What was shown'
cat "$work/shown"
if [ -s "$work/unmet" ]; then
    printf "\n$bad%s$plain\n" 'Not met:' >&2
    quote <"$work/unmet" >&2
    exit 1
fi
printf "\n$good%s$plain\n" 'All of it was checked as it happened.'
tell 'Your own hosts: README.md, "Your own hosts". The lab is gone with this program.'
